"""防诈防骚扰开通: a guard against nuisance calls, and a relative who is told once they agree."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from vcounter.actions.base import Action, ActionInputs, Facts, Lang, Plain, Receipt, Text, Words
from vcounter.actions.phone import mobile
from vcounter.actions.words import NO_CHARGE, cost_line, line, number_line, time_line
from vcounter.domain.identity import Level
from vcounter.domain.msisdn import mask_msisdn

LEVELS = {
    "low": Text("可疑电话来了提醒您", "you are warned of suspicious calls"),
    "high": Text("可疑电话直接拦住", "suspicious calls are stopped"),
}


class EnableAntiFraudInputs(ActionInputs):
    level: Literal["low", "high"] = Field(
        default="low",
        json_schema_extra={
            "x-zh": "防护多强",
            "x-en": "How strong",
            "x-options": {
                "low": {"zh": "提醒", "en": "Warn"},
                "high": {"zh": "拦截", "en": "Stop"},
            },
        },
    )
    alert_contact: Annotated[str, AfterValidator(mobile)] = Field(
        default="",
        max_length=24,
        json_schema_extra={
            "x-zh": "也告诉哪位家人 (手机号, 可不填; 要家人自己同意)",
            "x-en": "Relative to tell too (mobile, optional; must agree themselves)",
            "x-widget": "phone",
        },
    )


_AT_ONCE = Text("您确认后马上生效。", "At once, when you confirm.")
_UNDO = Text("不想要了, 随时可以取消。", "You can take it back at any time.")


def _means(facts: Facts, lang: Lang) -> str:
    return LEVELS[facts.inputs.get("level", "low")].say(lang)


def _relative(facts: Facts, lang: Lang) -> str:
    """What becomes of the relative: asked first, told only after a yes of their own."""
    contact = facts.inputs.get("alert_contact", "")
    if not contact:
        return Text("不告诉别人", "Nobody else is told").say(lang)
    who = mask_msisdn(contact)
    if facts.operator.get("contact_state") == "agreed":
        return Text(f"也告诉家人{who}", f"Your relative {who} is told too").say(lang)
    return Text(
        f"发短信问家人{who}, 同意后才告诉",
        f"Your relative {who} is asked by SMS and told only then",
    ).say(lang)


def plain(facts: Facts, lang: Lang) -> Plain:
    means, relative = _means(facts, lang), _relative(facts, lang)
    what = Text(
        f"给尾号{facts.tail}开通防诈: {means}。{relative}。",
        f"Guard your number ending in {facts.tail}: {means}. {relative}.",
    )
    return Plain(what.say(lang), NO_CHARGE.say(lang), _AT_ONCE.say(lang), _UNDO.say(lang))


def receipt(facts: Facts, lang: Lang) -> Receipt:
    return Receipt(
        Text("防诈防骚扰开通了", "The call guard is on").say(lang),
        (
            number_line(facts, lang),
            line("怎么防", "How", _means(facts, lang), lang),
            line("家人", "Relative", _relative(facts, lang), lang),
            cost_line(NO_CHARGE.say(lang), lang),
            time_line(facts, lang),
        ),
        _UNDO.say(lang),
    )


def sms(facts: Facts, lang: Lang) -> str:
    return Text(
        f"您好, 尾号{facts.tail}已开通防诈防骚扰: {_means(facts, 'zh-CN')}。"
        f"{_relative(facts, 'zh-CN')}。想取消请找营业员。",
        f"The call guard is on for your number ending in {facts.tail}: {_means(facts, 'en')}. "
        f"{_relative(facts, 'en')}. To take it back, ask us.",
    ).say(lang)


_AGAIN = Text("以后还可以再开通。", "You can switch it on again.")


def undone_plain(facts: Facts, lang: Lang) -> Plain:
    what = Text(
        f"尾号{facts.tail}的防诈防骚扰改回原来的样子。",
        f"Set the call guard of your number ending in {facts.tail} back to what it was.",
    )
    return Plain(what.say(lang), NO_CHARGE.say(lang), _AT_ONCE.say(lang), _AGAIN.say(lang))


def undone_receipt(facts: Facts, lang: Lang) -> Receipt:
    now = Text("和开通以前一样", "As it was before").say(lang)
    return Receipt(
        Text("防诈防骚扰改回去了", "The call guard is as before").say(lang),
        (
            number_line(facts, lang),
            line("现在", "Now", now, lang),
            cost_line(NO_CHARGE.say(lang), lang),
            time_line(facts, lang),
        ),
        _AGAIN.say(lang),
    )


def undone_sms(facts: Facts, lang: Lang) -> str:
    return Text(
        f"您好, 尾号{facts.tail}的防诈防骚扰已改回原来的样子。如果不是本人办理, 请马上联系我们。",
        f"The call guard of your number ending in {facts.tail} is as it was before. If this was "
        "not asked for, please call us at once.",
    ).say(lang)


ACTION = Action(
    id="enable_anti_fraud",
    level=Level.L1,
    needs_independent_reference=False,
    requires_recording=True,
    undo_id="enable_anti_fraud",
    inputs=EnableAntiFraudInputs,
    plain=plain,
    receipt=receipt,
    sms=sms,
    undone=Words(undone_plain, undone_receipt, undone_sms),
)
