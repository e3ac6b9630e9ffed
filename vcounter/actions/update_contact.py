"""联系方式/地址更新: the new contact confirms a code, and the old one if it can be reached."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from vcounter.actions.base import Action, ActionInputs, Facts, Lang, Plain, Receipt, Text, Words
from vcounter.actions.set_elder_care_profile import mobile
from vcounter.actions.words import (
    NO_CHARGE,
    cost_line,
    day,
    line,
    number_line,
    options,
    time_line,
)
from vcounter.domain.identity import Level
from vcounter.domain.msisdn import mask_msisdn


class ContactInputs(ActionInputs):
    new_contact: Annotated[str, AfterValidator(mobile)] = Field(
        default="",
        max_length=24,
        json_schema_extra={
            "x-zh": "新的联系人手机号",
            "x-en": "New contact's mobile number",
            "x-widget": "phone",
        },
    )
    new_address: str = Field(
        default="",
        max_length=80,
        json_schema_extra={"x-zh": "新的联系地址", "x-en": "New postal address"},
    )
    old_reachable: Literal["yes", "no"] = Field(
        default="yes",
        json_schema_extra={
            "x-zh": "旧联系人还能收短信吗",
            "x-en": "Old contact can still take a code",
            "x-options": options(
                {
                    "yes": Text("能, 已输入验证码", "Yes, its code was keyed"),
                    "no": Text("不能, 7天后才生效", "No, takes effect after 7 days"),
                }
            ),
        },
    )


def _new(facts: Facts, lang: Lang) -> str:
    """What is new. An address is the customer's own words and stands in no English sentence."""
    said = []
    if number := facts.inputs.get("new_contact", ""):
        said.append(Text(f"联系人换成{mask_msisdn(number)}", f"contact {mask_msisdn(number)}"))
    if facts.inputs.get("new_address"):
        said.append(Text("联系地址换成新的", "the new postal address"))
    return ("、" if lang != "en" else ", ").join(text.say(lang) for text in said)


def _from(facts: Facts, lang: Lang) -> str:
    if not facts.starts_later:
        return Text("您确认后马上生效。", "At once, when you confirm.").say(lang)
    when = day(facts.effective_from, facts.zone, lang)
    return Text(f"先通知旧联系人, {when}生效。", f"The old contact is told; from {when}.").say(lang)


_UNDO = Text(
    "7天内可以改回来, 再和营业员视频说一声就行。",
    "Within 7 days you can have it put back; just call us by video.",
)


def plain(facts: Facts, lang: Lang) -> Plain:
    what = Text(
        f"更新尾号{facts.tail}的联系方式: {_new(facts, 'zh-CN')}。旧联系人会收到通知。",
        f"Change how we reach the holder of the number ending in {facts.tail}: "
        f"{_new(facts, 'en')}. The old contact is told.",
    )
    return Plain(what.say(lang), NO_CHARGE.say(lang), _from(facts, lang), _UNDO.say(lang))


def receipt(facts: Facts, lang: Lang) -> Receipt:
    return Receipt(
        Text("联系方式更新了", "Your contact is changed").say(lang),
        (
            number_line(facts, lang),
            line("更新了什么", "Changed", _new(facts, lang), lang),
            line("什么时候", "From", _from(facts, lang), lang),
            cost_line(NO_CHARGE.say(lang), lang),
            time_line(facts, lang),
        ),
        _UNDO.say(lang),
    )


def sms(facts: Facts, lang: Lang) -> str:
    return Text(
        f"您好, 尾号{facts.tail}的联系方式已更新: {_new(facts, 'zh-CN')}。{_from(facts, 'zh-CN')}"
        "如果不是本人办理, 请马上联系我们。",
        f"Contact of the number ending in {facts.tail} changed: {_new(facts, 'en')}. "
        f"{_from(facts, 'en')} If this was not asked for, please call us at once.",
    ).say(lang)


def _undone_plain(facts: Facts, lang: Lang) -> Plain:
    what = Text(
        f"把尾号{facts.tail}的联系方式改回原来的。",
        f"Put the contact of the number ending in {facts.tail} back as it was.",
    )
    again = Text("以后还可以再改。", "You can change it again at any time.")
    at_once = Text("您确认后马上生效。", "At once, when you confirm.")
    return Plain(what.say(lang), NO_CHARGE.say(lang), at_once.say(lang), again.say(lang))


def _undone_receipt(facts: Facts, lang: Lang) -> Receipt:
    return Receipt(
        Text("联系方式改回来了", "Your contact is as it was").say(lang),
        (number_line(facts, lang), time_line(facts, lang)),
    )


def _undone_sms(facts: Facts, lang: Lang) -> str:
    return Text(
        f"您好, 尾号{facts.tail}的联系方式已改回原来的。",
        f"The contact of the number ending in {facts.tail} is as it was before.",
    ).say(lang)


ACTION = Action(
    id="update_contact",
    level=Level.L2,
    needs_independent_reference=False,
    requires_recording=True,
    undo_id="update_contact",
    inputs=ContactInputs,
    plain=plain,
    receipt=receipt,
    sms=sms,
    undone=Words(_undone_plain, _undone_receipt, _undone_sms),
    confirms="new_contact",
)
