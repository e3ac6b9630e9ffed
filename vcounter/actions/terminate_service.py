"""销户申请: the number stops at once, may be taken back for 72 hours, and is closed then."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from vcounter.actions.base import Action, ActionInputs, Facts, Lang, Plain, Receipt, Text, Words
from vcounter.actions.second_party import mobile
from vcounter.actions.words import NO_CHARGE, cost_line, line, minute, number_line, time_line
from vcounter.domain.identity import Level
from vcounter.domain.msisdn import mask_msisdn


def _to(text: str, info: ValidationInfo) -> str:
    """A mobile number, or a bank card (ISO/IEC 7812, with its check digit)."""
    if not text:
        raise PydanticCustomError("missing", "where the money goes")
    if info.data.get("refund") == "number":
        return mobile(text)
    digits = text.replace(" ", "").replace("-", "")
    known = digits.isascii() and digits.isdigit() and 16 <= len(digits) <= 19
    if not (known and _luhn(digits)):
        raise PydanticCustomError("bank_card", "not a bank card")
    return digits


def _luhn(digits: str) -> bool:
    doubled = (int(d) * (2 if n % 2 else 1) for n, d in enumerate(reversed(digits)))
    return sum(v - 9 if v > 9 else v for v in doubled) % 10 == 0


class TerminateInputs(ActionInputs):
    refund: Literal["number", "bank"] = Field(
        json_schema_extra={
            "x-zh": "余额退到哪里",
            "x-en": "Where the balance goes",
            "x-options": {
                "number": {"zh": "转到另一个号码", "en": "To another number"},
                "bank": {"zh": "退到本人银行卡", "en": "To the holder's bank card"},
            },
        },
    )
    refund_to: Annotated[str, AfterValidator(_to)] = Field(
        default="",
        max_length=24,
        validate_default=True,
        json_schema_extra={
            "x-zh": "收款的号码或银行卡号",
            "x-en": "That number, or the card's number",
        },
    )


_NOW = Text(
    "您确认并复核后, 号码马上停用, 72小时后正式销号。",
    "It stops at once when you and a second person agree, and is closed after 72 hours.",
)
_UNDO = Text(
    "72小时内可以撤回, 号码马上恢复。过了就再也拿不回来。",
    "You can take it back within 72 hours. After that the number is gone for good.",
)


def _refund(facts: Facts, lang: Lang) -> str:
    to = facts.inputs.get("refund_to", "")
    if facts.inputs.get("refund") == "number":
        shown = mask_msisdn(to)
        return Text(f"余额转到{shown}", f"the balance goes to {shown}").say(lang)
    tail = to[-4:]
    return Text(
        f"余额退到尾号{tail}的银行卡", f"the balance goes to the bank card ending in {tail}"
    ).say(lang)


def _until(facts: Facts, lang: Lang) -> str:
    text = facts.operator.get("undo_until")
    when = datetime.fromisoformat(text) if text else facts.effective_from
    return minute(when, facts.zone, lang)


def plain(facts: Facts, lang: Lang) -> Plain:
    what = Text(
        f"销掉尾号{facts.tail}的号码: 马上停用, 72小时后作废。{_refund(facts, 'zh-CN')}。",
        f"Close your number ending in {facts.tail}: it stops at once and is gone after 72 hours; "
        f"{_refund(facts, 'en')}.",
    )
    return Plain(what.say(lang), NO_CHARGE.say(lang), _NOW.say(lang), _UNDO.say(lang))


def receipt(facts: Facts, lang: Lang) -> Receipt:
    return Receipt(
        Text("销户申请登记好了", "The closing is booked").say(lang),
        (
            number_line(facts, lang),
            line("现在", "Now", Text("号码已停用", "The number is stopped").say(lang), lang),
            line("正式销号", "Closed for good", _until(facts, lang), lang),
            line("余额", "Balance", _refund(facts, lang), lang),
            cost_line(NO_CHARGE.say(lang), lang),
            time_line(facts, lang),
        ),
        _UNDO.say(lang),
    )


def sms(facts: Facts, lang: Lang) -> str:
    return Text(
        f"您好, 尾号{facts.tail}的号码已申请销户并停用, {_until(facts, 'zh-CN')}正式销号, "
        "在这之前可以撤回。如果不是本人办理, 请马上联系我们。",
        f"The number ending in {facts.tail} is stopped and will be closed at "
        f"{_until(facts, 'en')}; until then it can be taken back. If this was not asked for, "
        "please call us at once.",
    ).say(lang)


def undone_plain(facts: Facts, lang: Lang) -> Plain:
    what = Text(
        f"撤回尾号{facts.tail}的销户申请, 号码恢复成申请前的样子。",
        f"Take back the closing of your number ending in {facts.tail}; it is as it was before.",
    )
    return Plain(
        what.say(lang),
        NO_CHARGE.say(lang),
        Text("您确认后马上恢复。", "At once, when you confirm.").say(lang),
        Text("以后想销, 再重新申请。", "If you change your mind, ask to close it again.").say(lang),
    )


def undone_receipt(facts: Facts, lang: Lang) -> Receipt:
    return Receipt(
        Text("销户撤回了", "The closing is taken back").say(lang),
        (
            number_line(facts, lang),
            line("现在", "Now", Text("号码给您留着", "The number stays yours").say(lang), lang),
            cost_line(NO_CHARGE.say(lang), lang),
            time_line(facts, lang),
        ),
    )


def undone_sms(facts: Facts, lang: Lang) -> str:
    return Text(
        f"您好, 尾号{facts.tail}的销户申请已撤回, 号码给您留着。",
        f"The closing of your number ending in {facts.tail} is taken back; the number stays yours.",
    ).say(lang)


ACTION = Action(
    id="terminate_service",
    level=Level.L3,
    needs_independent_reference=True,
    requires_recording=True,
    undo_id="terminate_service",
    inputs=TerminateInputs,
    plain=plain,
    receipt=receipt,
    sms=sms,
    second_person=True,
    signs=True,
    undone=Words(undone_plain, undone_receipt, undone_sms),
)
