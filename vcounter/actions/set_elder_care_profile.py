"""长辈关爱设置: how an elderly customer wants to be served, who helps, and a watched balance."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from vcounter.actions.base import Action, ActionInputs, Facts, Lang, Plain, Receipt, Text, Words
from vcounter.actions.words import NO_CHARGE, cost_line, line, number_line, options, time_line
from vcounter.domain.identity import Level
from vcounter.domain.msisdn import mask_msisdn

_YES_NO = {"yes": Text("是", "yes"), "no": Text("否", "no")}
_DIALECTS = {
    "mandarin": Text("普通话", "Mandarin"),
    "changsha": Text("长沙话", "Changsha dialect"),
    "hengyang": Text("衡阳话", "Hengyang dialect"),
    "cantonese": Text("粤语", "Cantonese"),
    "english": Text("英语", "English"),
}


def mobile(text: str) -> str:
    digits = re.sub(r"[\s-]", "", text).removeprefix("+86")
    if digits and not (digits.isascii() and re.fullmatch(r"1[3-9]\d{9}", digits)):
        raise PydanticCustomError("phone", "not a mobile number")
    return digits


class CareInputs(ActionInputs):
    elder: Literal["yes", "no"] = Field(
        default="yes",
        json_schema_extra={
            "x-zh": "直接接长辈专席",
            "x-en": "Straight to the elder-care desk",
            "x-options": options(_YES_NO),
        },
    )
    on_request: Literal["no", "yes"] = Field(
        default="no",
        json_schema_extra={
            "x-zh": "不到65岁, 本人要求",
            "x-en": "Under 65, at their own request",
            "x-options": options(_YES_NO),
        },
    )
    dialect: Literal["mandarin", "changsha", "hengyang", "cantonese", "english"] = Field(
        default="mandarin",
        json_schema_extra={
            "x-zh": "说什么话",
            "x-en": "Language or dialect",
            "x-options": options(_DIALECTS),
        },
    )
    large_print: Literal["yes", "no"] = Field(
        default="yes",
        json_schema_extra={
            "x-zh": "大字",
            "x-en": "Large print",
            "x-options": options(_YES_NO),
        },
    )
    helper: Annotated[str, AfterValidator(mobile)] = Field(
        default="",
        max_length=24,
        json_schema_extra={
            "x-zh": "帮手的手机号 (可不填)",
            "x-en": "Helper's mobile number (optional)",
            "x-widget": "phone",
        },
    )
    watch_yuan: int | None = Field(
        default=None,
        ge=1,
        le=500,
        json_schema_extra={
            "x-zh": "话费低于多少元就提醒 (不填不提醒)",
            "x-en": "Tell when the balance is under (yuan; empty: never)",
        },
    )


def _wishes(facts: Facts, lang: Lang) -> str:
    """What was chosen, as one sentence."""
    inputs, zh = facts.inputs, lang != "en"
    said = []
    if inputs.get("elder", "yes") == "yes":
        said.append("来电先接长辈专席" if zh else "straight to the elder-care desk")
    said.append(_DIALECTS[inputs.get("dialect", "mandarin")].say(lang))
    if inputs.get("large_print", "yes") == "yes":
        said.append("大字" if zh else "large print")
    if inputs.get("watch_yuan"):
        yuan = inputs["watch_yuan"]
        said.append(f"话费低于{yuan}元提醒" if zh else f"an alert under {yuan} yuan")
    return "、".join(said) if zh else ", ".join(said)


def _helper(facts: Facts, lang: Lang) -> str:
    number = facts.inputs.get("helper", "")
    if not number:
        return Text("没有帮手", "No helper").say(lang)
    masked = mask_msisdn(number)
    if facts.operator.get("helper_state") == "agreed":
        return Text(f"帮手{masked}", f"Helper {masked}").say(lang)
    return Text(f"帮手{masked}, 本人点头才算", f"Helper {masked}, once they agree").say(lang)


_UNDO = Text(
    "随时可以改或者取消, 再和营业员视频说一声就行。",
    "You can change or cancel it at any time; just call us by video.",
)
_AT_ONCE = Text("您确认后马上生效。", "At once, when you confirm.")


def plain(facts: Facts, lang: Lang) -> Plain:
    what = Text(
        f"给尾号{facts.tail}设长辈关爱: {_wishes(facts, 'zh-CN')}。{_helper(facts, 'zh-CN')}。",
        f"Elder care for your number ending in {facts.tail}: {_wishes(facts, 'en')}. "
        f"{_helper(facts, 'en')}.",
    )
    return Plain(what.say(lang), NO_CHARGE.say(lang), _AT_ONCE.say(lang), _UNDO.say(lang))


def receipt(facts: Facts, lang: Lang) -> Receipt:
    return Receipt(
        Text("长辈关爱设好了", "Elder care is set").say(lang),
        (
            number_line(facts, lang),
            line("怎么服务您", "How we serve you", _wishes(facts, lang), lang),
            line("帮手", "Helper", _helper(facts, lang), lang),
            cost_line(NO_CHARGE.say(lang), lang),
            time_line(facts, lang),
        ),
        _UNDO.say(lang),
    )


def sms(facts: Facts, lang: Lang) -> str:
    return Text(
        f"您好, 尾号{facts.tail}的长辈关爱设好了: {_wishes(facts, 'zh-CN')}。"
        f"{_helper(facts, 'zh-CN')}。",
        f"Elder care of your number ending in {facts.tail}: {_wishes(facts, 'en')}. "
        f"{_helper(facts, 'en')}.",
    ).say(lang)


def _undone_plain(facts: Facts, lang: Lang) -> Plain:
    what = Text(
        f"把尾号{facts.tail}的长辈关爱改回原来的样子。",
        f"Put the elder care of your number ending in {facts.tail} back as it was.",
    )
    again = Text("以后可以再设。", "You can set it again at any time.")
    return Plain(what.say(lang), NO_CHARGE.say(lang), _AT_ONCE.say(lang), again.say(lang))


def _undone_receipt(facts: Facts, lang: Lang) -> Receipt:
    return Receipt(
        Text("长辈关爱改回来了", "Elder care is as it was").say(lang),
        (number_line(facts, lang), time_line(facts, lang)),
    )


def _undone_sms(facts: Facts, lang: Lang) -> str:
    return Text(
        f"您好, 尾号{facts.tail}的长辈关爱已改回原来的样子。",
        f"The elder care of your number ending in {facts.tail} is as it was before.",
    ).say(lang)


ACTION = Action(
    id="set_elder_care_profile",
    level=Level.L2,
    needs_independent_reference=False,
    requires_recording=True,
    undo_id="set_elder_care_profile",
    inputs=CareInputs,
    plain=plain,
    receipt=receipt,
    sms=sms,
    undone=Words(_undone_plain, _undone_receipt, _undone_sms),
)
