"""PUK码查询: show the unlocking code of the card, on the customer's screen and nowhere else."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from vcounter.actions.base import Action, ActionInputs, Facts, Lang, Plain, Receipt, Text
from vcounter.actions.words import NO_CHARGE, cost_line, line, number_line, time_line
from vcounter.domain.identity import Level


def _iccid(text: str) -> str:
    """ITU-T E.118: 89, then 17-18 more digits (China prints a letter in some; not taken)."""
    digits = re.sub(r"[\s-]", "", text)
    if digits and not (digits.isascii() and re.fullmatch(r"89\d{17,18}", digits)):
        raise PydanticCustomError("iccid", "not a card number")
    return digits


class QueryPukInputs(ActionInputs):
    iccid: Annotated[str, AfterValidator(_iccid)] = Field(
        default="",
        max_length=30,
        json_schema_extra={
            "x-zh": "卡上的长号码 (ICCID, 可不填)",
            "x-en": "Long number on the card (ICCID, optional)",
        },
    )
    tries_left: int | None = Field(
        default=None,
        ge=0,
        le=10,
        json_schema_extra={
            "x-zh": "手机上显示还能试几次 (问客户)",
            "x-en": "Tries left shown on the phone (ask the customer)",
        },
    )


_SHOWN = Text("您确认后马上显示。", "At once, when you confirm.")
_NO_UNDO = Text(
    "看过就收不回了。请别告诉别人, 也别念出来。",
    "It cannot be unseen. Please tell nobody, and do not read it out.",
)
_CARE = Text(
    "按错10次卡就作废, 请慢慢输入。", "After 10 wrong tries the card is dead, so take your time."
)


def plain(facts: Facts, lang: Lang) -> Plain:
    what = Text(
        f"把尾号{facts.tail}这张卡的解锁码(PUK)显示在您的屏幕上。只有您看得到, 营业员看不到。",
        f"Show the unlocking code (PUK) of the card of your number ending in {facts.tail} on your "
        "screen. Only you see it; the agent does not.",
    )
    return Plain(what.say(lang), NO_CHARGE.say(lang), _SHOWN.say(lang), _NO_UNDO.say(lang))


def receipt(facts: Facts, lang: Lang) -> Receipt:
    return Receipt(
        Text("解锁码查好了", "Your unlocking code was shown").say(lang),
        (
            number_line(facts, lang),
            line("请注意", "Please note", _CARE.say(lang), lang),
            cost_line(NO_CHARGE.say(lang), lang),
            time_line(facts, lang),
        ),
    )


def sms(facts: Facts, lang: Lang) -> str:
    return Text(
        f"您好, 尾号{facts.tail}的号码刚刚查询了卡的解锁码(PUK)。"
        "如果不是本人办理, 请马上联系我们。",
        f"The unlocking code (PUK) of the number ending in {facts.tail} was looked up just now. "
        "If this was not asked for, please call us at once.",
    ).say(lang)


ACTION = Action(
    id="query_puk",
    level=Level.L2,
    needs_independent_reference=True,
    requires_recording=True,
    undo_id=None,
    inputs=QueryPukInputs,
    plain=plain,
    receipt=receipt,
    sms=sms,
    discloses="puk",
    locks_sim=True,
)
