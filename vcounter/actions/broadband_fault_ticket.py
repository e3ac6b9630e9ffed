"""宽带故障报修派单: a ticket, and a fitter at home on a half day that the customer chose."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from vcounter.actions.base import (
    Action,
    ActionInputs,
    Facts,
    Lang,
    Plain,
    Receipt,
    Text,
    Words,
)
from vcounter.actions.home_words import (
    ACCOUNT,
    CANCELLED_NOW,
    DAY,
    UNTIL_VISIT,
    Account,
    Half,
    case_lines,
    line_tail,
    visit_at,
)
from vcounter.actions.words import (
    NO_CHARGE,
    cost_line,
    line,
    minute,
    number_line,
    options,
    time_line,
)
from vcounter.domain.identity import Level

_SYMPTOMS = {
    "no_internet": Text("不能上网", "no internet"),
    "red_light": Text("光猫亮红灯", "red light on the modem"),
    "drops": Text("经常断线", "it keeps dropping"),
    "slow": Text("网速慢", "slow"),
    "other": Text("其他", "something else"),
}


class FaultInputs(ActionInputs):
    account: Account = ACCOUNT
    symptom: Literal["no_internet", "red_light", "drops", "slow", "other"] = Field(
        json_schema_extra={"x-zh": "什么毛病", "x-en": "Trouble", "x-options": options(_SYMPTOMS)},
    )
    day: date = DAY
    half: Half = "morning"
    words: str = Field(
        default="",
        max_length=120,
        json_schema_extra={"x-zh": "补充说明", "x-en": "In the customer's words"},
    )


def _symptom(facts: Facts, lang: Lang) -> str:
    return _SYMPTOMS[facts.inputs["symptom"]].say(lang)


def _call_back(facts: Facts, lang: Lang) -> str:
    due = datetime.fromisoformat(facts.operator["call_back_due"])
    return minute(due, facts.zone, lang)


def plain(facts: Facts, lang: Lang) -> Plain:
    what = Text(
        f"给尾号{facts.tail}名下的宽带(账号尾号{line_tail(facts)})报修: "
        f"{_symptom(facts, 'zh-CN')}。师傅上门修。",
        f"Report the broadband (account ending in {line_tail(facts)}) of your number ending in "
        f"{facts.tail}: {_symptom(facts, 'en')}. A fitter comes to your home.",
    )
    when = Text(
        f"师傅{visit_at(facts, 'zh-CN')}上门。", f"The fitter comes on {visit_at(facts, 'en')}."
    )
    return Plain(what.say(lang), NO_CHARGE.say(lang), when.say(lang), UNTIL_VISIT.say(lang))


def receipt(facts: Facts, lang: Lang) -> Receipt:
    return Receipt(
        Text("宽带报修受理了", "Your fault is reported").say(lang),
        (
            number_line(facts, lang),
            *case_lines(facts, lang),
            line("师傅上门", "Fitter comes", visit_at(facts, lang), lang),
            line("最晚回访", "We call by", _call_back(facts, lang), lang),
            cost_line(NO_CHARGE.say(lang), lang),
            time_line(facts, lang),
        ),
        UNTIL_VISIT.say(lang),
    )


def sms(facts: Facts, lang: Lang) -> str:
    no = facts.operator.get("case_no", "")
    return Text(
        f"您好, 尾号{facts.tail}名下宽带已报修, 单号{no}, 师傅{visit_at(facts, 'zh-CN')}上门。",
        f"Broadband of your number ending in {facts.tail}: fault {no}; the fitter comes on "
        f"{visit_at(facts, 'en')}.",
    ).say(lang)


def _undone_plain(facts: Facts, lang: Lang) -> Plain:
    what = Text(
        f"取消尾号{facts.tail}名下宽带的报修, 师傅不来了。",
        f"Cancel the fault of the broadband of your number ending in {facts.tail}; no fitter "
        "comes.",
    )
    again = Text("还有毛病可以再报修。", "You can report it again at any time.")
    return Plain(what.say(lang), NO_CHARGE.say(lang), CANCELLED_NOW.say(lang), again.say(lang))


def _undone_receipt(facts: Facts, lang: Lang) -> Receipt:
    return Receipt(
        Text("报修取消了", "Your fault report is cancelled").say(lang),
        (number_line(facts, lang), *case_lines(facts, lang), time_line(facts, lang)),
    )


def _undone_sms(facts: Facts, lang: Lang) -> str:
    return Text(
        f"您好, 尾号{facts.tail}名下宽带的报修已取消, 师傅不再上门。",
        f"The fault report of your number ending in {facts.tail} is cancelled; no fitter comes.",
    ).say(lang)


ACTION = Action(
    id="broadband_fault_ticket",
    level=Level.L1,
    needs_independent_reference=False,
    requires_recording=False,
    undo_id="broadband_fault_ticket",
    inputs=FaultInputs,
    plain=plain,
    receipt=receipt,
    sms=sms,
    undone=Words(_undone_plain, _undone_receipt, _undone_sms),
    parts=("appointment",),
)
