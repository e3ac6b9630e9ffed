"""费用争议受理: hold one item of a bill, open a case, name the day of the answer."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from vcounter.actions.base import (
    Action,
    ActionInputs,
    Facts,
    Lang,
    Line,
    Plain,
    Receipt,
    Text,
    Words,
)
from vcounter.actions.bill_words import NAMES
from vcounter.actions.months import billing_month, say_month
from vcounter.actions.words import NO_CHARGE, cost_line, day, line, money, number_line, time_line
from vcounter.domain.identity import Level

REASONS = {
    "not_ordered": Text("没有订过", "Never ordered"),
    "not_used": Text("没有用过", "Never used"),
    "wrong_amount": Text("金额不对", "Wrong amount"),
    "other": Text("别的原因", "Another reason"),
}


class DisputeInputs(ActionInputs):
    month: Annotated[str, AfterValidator(billing_month)] = Field(
        max_length=12,
        json_schema_extra={
            "x-zh": "哪个月的账单 (如 2026-10)",
            "x-en": "Bill of which month (such as 2026-10)",
        },
    )
    item: int = Field(
        ge=1,
        le=20,
        json_schema_extra={"x-zh": "第几项", "x-en": "Which item (number on the bill)"},
    )
    reason: Literal["not_ordered", "not_used", "wrong_amount", "other"] = Field(
        json_schema_extra={
            "x-zh": "为什么",
            "x-en": "Why",
            "x-options": {k: {"zh": t.zh, "en": t.en} for k, t in REASONS.items()},
        },
    )
    note: str = Field(
        default="",
        max_length=200,
        json_schema_extra={"x-zh": "客户怎么说的", "x-en": "In the customer's words"},
    )


_FROM = Text("您确认后, 这笔钱马上先不收。", "From your yes on, this sum is not demanded.")
_UNDO = Text(
    "改主意了, 随时可以撤回, 找营业员视频办就行。",
    "You can withdraw it at any time: call us by video.",
)


def _item(facts: Facts, lang: Lang) -> str:
    """October 2026, item 3, Extra service, 5 yuan."""
    when = say_month(facts.inputs["month"], lang) if "month" in facts.inputs else ""
    kind = facts.operator.get("kind", "")
    name = NAMES[kind].say(lang) if kind in NAMES else ""
    amount = money(int(facts.operator.get("amount_fen", "0")), lang)
    no = facts.inputs.get("item", "")
    if lang == "en":
        return ", ".join(part for part in (when, f"item {no}", name, amount) if part)
    return f"{when}第{no}项{name}{amount}"


def _call_back(facts: Facts, lang: Lang) -> str:
    due = facts.operator.get("call_back_on")
    return day(datetime.fromisoformat(due) if due else facts.now, facts.zone, lang)


def plain(facts: Facts, lang: Lang) -> Plain:
    item, due = _item(facts, lang), _call_back(facts, lang)
    what = Text(
        f"尾号{facts.tail}的号码, {item}有争议: 先不收, {due}前回电话给您。",
        f"Dispute a charge of your number ending in {facts.tail} ({item}). It is held, and we call "
        f"you by {due}.",
    )
    return Plain(what.say(lang), NO_CHARGE.say(lang), _FROM.say(lang), _UNDO.say(lang))


def _case_line(facts: Facts, lang: Lang) -> Line:
    return line("受理单号", "Case number", facts.operator.get("ticket_no", "-"), lang)


def receipt(facts: Facts, lang: Lang) -> Receipt:
    return Receipt(
        Text("费用争议受理了", "Your dispute is taken up").say(lang),
        (
            number_line(facts, lang),
            line("哪一项", "Charge", _item(facts, lang), lang),
            _case_line(facts, lang),
            line("最晚回电", "Call-back by", _call_back(facts, lang), lang),
            cost_line(NO_CHARGE.say(lang), lang),
            time_line(facts, lang),
        ),
        _UNDO.say(lang),
    )


def sms(facts: Facts, lang: Lang) -> str:
    number = facts.operator.get("ticket_no", "-")
    return Text(
        f"您好, 尾号{facts.tail}的费用争议已受理, 单号{number}, 这笔钱先不收, "
        f"{_call_back(facts, 'zh-CN')}前给您回电话。",
        f"Your dispute about the number ending in {facts.tail} is case {number}. The sum is held; "
        f"we call you by {_call_back(facts, 'en')}.",
    ).say(lang)


_AGAIN = Text("撤回以后, 还可以再提一次。", "After withdrawing you may dispute it once more.")
_NORMAL = Text("这笔钱照账单收。", "The sum is charged as billed.")
_AT_ONCE = Text("您确认后马上撤回。", "At once, when you confirm.")


def _undone_plain(facts: Facts, lang: Lang) -> Plain:
    what = Text(
        f"撤回尾号{facts.tail}的费用争议, 这件事不再处理。",
        f"Withdraw the dispute about your number ending in {facts.tail}; the case is closed.",
    )
    return Plain(what.say(lang), _NORMAL.say(lang), _AT_ONCE.say(lang), _AGAIN.say(lang))


def _undone_receipt(facts: Facts, lang: Lang) -> Receipt:
    return Receipt(
        Text("费用争议撤回了", "The dispute is withdrawn").say(lang),
        (
            number_line(facts, lang),
            _case_line(facts, lang),
            cost_line(_NORMAL.say(lang), lang),
            time_line(facts, lang),
        ),
    )


def _undone_sms(facts: Facts, lang: Lang) -> str:
    return Text(
        f"您好, 尾号{facts.tail}的费用争议已撤回, 这笔钱照账单收。",
        f"The dispute about the number ending in {facts.tail} is withdrawn; the sum is charged as "
        "billed.",
    ).say(lang)


ACTION = Action(
    id="dispute_charge",
    level=Level.L1,
    needs_independent_reference=False,
    requires_recording=True,
    undo_id="dispute_charge",
    inputs=DisputeInputs,
    plain=plain,
    receipt=receipt,
    sms=sms,
    undone=Words(_undone_plain, _undone_receipt, _undone_sms),
)
