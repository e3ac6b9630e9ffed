"""投诉建议受理: what the customer says, whoever they are; a number for it, an owner and a date."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from vcounter.actions.base import Action, ActionInputs, Facts, Lang, Plain, Receipt, Text, Words
from vcounter.actions.words import (
    NO_CHARGE,
    cost_line,
    day,
    line,
    minute,
    number_line,
    options,
    time_line,
)
from vcounter.domain.identity import Level

_CATEGORIES = {
    "billing": Text("话费", "charges"),
    "network": Text("信号和网络", "signal and network"),
    "service": Text("服务", "service"),
    "staff": Text("人员态度", "a member of staff"),
    "nuisance": Text("骚扰和诈骗", "nuisance and fraud"),
    "suggestion": Text("提建议", "a suggestion"),
    "other": Text("其他", "something else"),
}
_OWNERS = {
    "billing_disputes": Text("话费核查组", "billing disputes team"),
    "network_quality": Text("网络质量组", "network quality team"),
    "service_quality": Text("服务质量组", "service quality team"),
    "anti_fraud": Text("反诈专员组", "anti-fraud team"),
    "customer_voice": Text("客户之声组", "customer voice team"),
}


class ComplaintInputs(ActionInputs):
    category: Literal[
        "billing", "network", "service", "staff", "nuisance", "suggestion", "other"
    ] = Field(
        json_schema_extra={"x-zh": "关于什么", "x-en": "About", "x-options": options(_CATEGORIES)},
    )
    words: str = Field(
        min_length=2,
        max_length=500,
        json_schema_extra={
            "x-zh": "客户的话",
            "x-en": "In the customer's words",
            "x-widget": "textarea",
        },
    )


def _category(facts: Facts, lang: Lang) -> str:
    return _CATEGORIES[facts.inputs["category"]].say(lang)


def _owner(facts: Facts, lang: Lang) -> str:
    return _OWNERS[facts.operator["owner"]].say(lang)


def _call_back(facts: Facts, lang: Lang) -> str:
    return minute(datetime.fromisoformat(facts.operator["call_back_due"]), facts.zone, lang)


def _answer(facts: Facts, lang: Lang) -> str:
    return day(datetime.fromisoformat(facts.operator["answer_due"]), facts.zone, lang)


_UNDO = Text(
    "不想投诉了可以撤回, 再和营业员视频说一声就行。",
    "You can withdraw it while it is open; just call us by video.",
)


def plain(facts: Facts, lang: Lang) -> Plain:
    what = Text(
        f"为尾号{facts.tail}登记您反映的问题: {_category(facts, 'zh-CN')}。"
        f"由{_owner(facts, 'zh-CN')}负责, 最晚{_answer(facts, 'zh-CN')}答复。",
        f"Take down your case about {_category(facts, 'en')} for your number ending in "
        f"{facts.tail}. The {_owner(facts, 'en')} answers by {_answer(facts, 'en')}.",
    )
    when = Text(
        f"最晚{_call_back(facts, 'zh-CN')}给您回电话。",
        f"We call you by {_call_back(facts, 'en')}.",
    )
    return Plain(what.say(lang), NO_CHARGE.say(lang), when.say(lang), _UNDO.say(lang))


def receipt(facts: Facts, lang: Lang) -> Receipt:
    return Receipt(
        Text("您的意见登记了", "Your case is taken down").say(lang),
        (
            number_line(facts, lang),
            line("受理单号", "Case", facts.operator.get("case_no", ""), lang),
            line("关于", "About", _category(facts, lang), lang),
            line("谁负责", "Owner", _owner(facts, lang), lang),
            line("最晚回电", "We call by", _call_back(facts, lang), lang),
            line("最晚答复", "Answer by", _answer(facts, lang), lang),
            cost_line(NO_CHARGE.say(lang), lang),
            time_line(facts, lang),
        ),
        _UNDO.say(lang),
    )


def sms(facts: Facts, lang: Lang) -> str:
    no = facts.operator.get("case_no", "")
    return Text(
        f"您好, 您反映的问题已登记, 单号{no}, 最晚{_call_back(facts, 'zh-CN')}回电, "
        f"{_answer(facts, 'zh-CN')}前答复。",
        f"Your case {no} is taken down. We call by {_call_back(facts, 'en')} and answer by "
        f"{_answer(facts, 'en')}.",
    ).say(lang)


def _undone_plain(facts: Facts, lang: Lang) -> Plain:
    what = Text(
        f"撤回尾号{facts.tail}反映的问题, 不再处理。",
        f"Withdraw the case of your number ending in {facts.tail}; it is not followed up.",
    )
    return Plain(
        what.say(lang),
        NO_CHARGE.say(lang),
        Text("您确认后马上撤回。", "At once, when you confirm.").say(lang),
        Text("以后还可以再反映。", "You can bring it up again at any time.").say(lang),
    )


def _undone_receipt(facts: Facts, lang: Lang) -> Receipt:
    return Receipt(
        Text("撤回了", "Your case is withdrawn").say(lang),
        (
            number_line(facts, lang),
            line("受理单号", "Case", facts.operator.get("case_no", "-"), lang),
            time_line(facts, lang),
        ),
    )


def _undone_sms(facts: Facts, lang: Lang) -> str:
    return Text(
        f"您好, 尾号{facts.tail}反映的问题已按您的意思撤回。",
        f"The case of your number ending in {facts.tail} is withdrawn as you asked.",
    ).say(lang)


ACTION = Action(
    id="lodge_complaint",
    level=Level.L0,
    needs_independent_reference=False,
    requires_recording=False,
    undo_id="lodge_complaint",
    inputs=ComplaintInputs,
    plain=plain,
    receipt=receipt,
    sms=sms,
    undone=Words(_undone_plain, _undone_receipt, _undone_sms),
)
