"""补换卡: a card is ordered in one visit and comes alive in a later one, with the face again."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from vcounter.actions.base import Action, ActionInputs, Facts, Lang, Plain, Receipt, Text, Words
from vcounter.actions.halls import HALLS, HallCode, options
from vcounter.actions.words import NO_CHARGE, cost_line, line, number_line, time_line
from vcounter.domain.identity import Level


def _new_card(text: str, info: ValidationInfo) -> str:
    """Wanted for activating. ITU-T E.118: 89, then 17-18 more digits."""
    digits = re.sub(r"[\s-]", "", text)
    if not digits and info.data.get("stage") != "activate":
        return ""
    if not digits:
        raise PydanticCustomError("missing", "the new card's number")
    if not (digits.isascii() and re.fullmatch(r"89\d{17,18}", digits)):
        raise PydanticCustomError("iccid", "not a card number")
    return digits


class ReplaceSimInputs(ActionInputs):
    stage: Literal["order", "activate"] = Field(
        default="order",
        json_schema_extra={
            "x-zh": "办哪一步",
            "x-en": "Which stage",
            "x-options": {
                "order": {"zh": "申请新卡", "en": "Order a new card"},
                "activate": {"zh": "激活收到的新卡", "en": "Activate the card received"},
            },
        },
    )
    delivery: Literal["post", "hall"] = Field(
        default="post",
        json_schema_extra={
            "x-zh": "怎么拿卡 (申请时填)",
            "x-en": "How the card comes (when ordering)",
            "x-options": {
                "post": {"zh": "邮寄", "en": "By post"},
                "hall": {"zh": "到营业厅取", "en": "Fetched at a hall"},
            },
        },
    )
    address: str = Field(
        default="",
        max_length=80,
        json_schema_extra={
            "x-zh": "邮寄地址 (不填就寄到登记地址)",
            "x-en": "Address (empty: the registered one)",
        },
    )
    hall: HallCode = Field(
        default="wuyi",
        json_schema_extra={"x-zh": "取卡营业厅", "x-en": "Hall", "x-options": options(HALLS)},
    )
    iccid: Annotated[str, AfterValidator(_new_card)] = Field(
        default="",
        max_length=30,
        validate_default=True,
        json_schema_extra={
            "x-zh": "新卡上的长号码 (激活时填)",
            "x-en": "Long number on the new card (when activating)",
        },
    )


_ORDERED = Text(
    "您确认并复核后马上登记。", "It is booked when you and a second person have agreed."
)
_AT_ONCE = Text("您确认并复核后马上换卡。", "At once, when you and a second person agree.")
_UNDO = Text(
    "新卡激活以前随时可以取消, 旧卡照旧。",
    "You can cancel it any time before the new card is activated; the old card stays as it is.",
)
_NO_UNDO = Text("旧卡作废, 不能再用。", "The old card is void and cannot be used again.")


def _activates(facts: Facts) -> bool:
    return facts.inputs.get("stage") == "activate"


def _way(facts: Facts) -> Text:
    if facts.inputs.get("delivery") != "hall":
        return Text("邮寄给您", "it comes by post")
    hall = HALLS[facts.inputs.get("hall", "wuyi")]
    return Text(f"到{hall.zh}取", f"you fetch it at the {hall.en}")


def plain(facts: Facts, lang: Lang) -> Plain:
    if _activates(facts):
        tail = facts.inputs.get("iccid", "")[-4:]
        what = Text(
            f"激活尾号{facts.tail}的新卡, 卡上长号码尾号{tail}。旧卡马上作废, 挂失也一起解除。",
            f"Activate the new card (long number ending in {tail}) of your number ending in "
            f"{facts.tail}. The old card is void at once and a loss report ends.",
        )
        return Plain(what.say(lang), NO_CHARGE.say(lang), _AT_ONCE.say(lang), _NO_UNDO.say(lang))
    what = Text(
        f"给尾号{facts.tail}的号码补一张新卡, {_way(facts).zh}。收到后再视频刷脸激活才能用。",
        f"A new card for your number ending in {facts.tail}; {_way(facts).en}. It works only "
        "after you activate it in another video visit.",
    )
    return Plain(what.say(lang), NO_CHARGE.say(lang), _ORDERED.say(lang), _UNDO.say(lang))


def receipt(facts: Facts, lang: Lang) -> Receipt:
    tail = facts.operator.get("iccid_tail", "")
    card = line("新卡长号码尾号", "New card ends in", tail or "----", lang)
    last = (cost_line(NO_CHARGE.say(lang), lang), time_line(facts, lang))
    if _activates(facts):
        return Receipt(
            Text("新卡激活好了", "Your new card works").say(lang),
            (
                number_line(facts, lang),
                card,
                line("旧卡", "Old card", Text("已作废", "void").say(lang), lang),
                *last,
            ),
        )
    return Receipt(
        Text("补卡申请好了", "Your new card is ordered").say(lang),
        (
            number_line(facts, lang),
            card,
            line("拿卡", "Delivery", _way(facts).say(lang), lang),
            line("收到以后", "Then", _THEN.say(lang), lang),
            *last,
        ),
        _UNDO.say(lang),
    )


_THEN = Text("再视频刷脸激活, 30天内有效", "activate it by video within 30 days")


def sms(facts: Facts, lang: Lang) -> str:
    if _activates(facts):
        return Text(
            f"您好, 尾号{facts.tail}的号码已换新卡, 旧卡作废。如果不是本人办理, 请马上联系我们。",
            f"The number ending in {facts.tail} has a new card; the old one is void. If this was "
            "not asked for, please call us at once.",
        ).say(lang)
    return Text(
        f"您好, 尾号{facts.tail}的号码申请了新卡, {_way(facts).zh}, 收到后请视频激活。"
        "如果不是本人办理, 请马上联系我们。",
        f"A new card was ordered for the number ending in {facts.tail}: {_way(facts).en}. Activate "
        "it by video. If this was not asked for, please call us at once.",
    ).say(lang)


def undone_plain(facts: Facts, lang: Lang) -> Plain:
    what = Text(
        f"取消尾号{facts.tail}的补卡申请, 寄出的新卡作废, 旧卡照旧。",
        f"Cancel the new card of your number ending in {facts.tail}; the old card stays as it is.",
    )
    return Plain(
        what.say(lang),
        NO_CHARGE.say(lang),
        Text("您确认后马上取消。", "At once, when you confirm.").say(lang),
        Text("需要时可以重新申请。", "You can order one again when you need it.").say(lang),
    )


def undone_receipt(facts: Facts, lang: Lang) -> Receipt:
    return Receipt(
        Text("补卡取消了", "The new card is cancelled").say(lang),
        (
            number_line(facts, lang),
            line("新卡", "New card", Text("已作废", "void").say(lang), lang),
            cost_line(NO_CHARGE.say(lang), lang),
            time_line(facts, lang),
        ),
    )


def undone_sms(facts: Facts, lang: Lang) -> str:
    return Text(
        f"您好, 尾号{facts.tail}的补卡申请已取消, 新卡作废。",
        f"The new card ordered for your number ending in {facts.tail} is cancelled.",
    ).say(lang)


ACTION = Action(
    id="replace_sim",
    level=Level.L3,
    needs_independent_reference=True,
    requires_recording=True,
    undo_id="replace_sim",
    inputs=ReplaceSimInputs,
    plain=plain,
    receipt=receipt,
    sms=sms,
    second_person=True,
    undone=Words(undone_plain, undone_receipt, undone_sms),
)
