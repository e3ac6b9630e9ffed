"""基础功能开关: caller ID, call forwarding, mobile data or long-distance calls, on or off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from vcounter.actions.base import Action, ActionInputs, Facts, Lang, Plain, Receipt, Text, Words
from vcounter.actions.phone import phone
from vcounter.actions.words import NO_CHARGE, cost_line, line, number_line, time_line
from vcounter.domain.identity import Level
from vcounter.domain.msisdn import mask_msisdn

FEATURES = {
    "caller_id": Text("来电显示", "caller ID"),
    "call_forward": Text("呼叫转移", "call forwarding"),
    "mobile_data": Text("手机上网", "mobile data"),
    "long_distance": Text("打长途电话", "long-distance calls"),
}
_MEANS = {
    ("caller_id", "on"): Text("来电话时看得到号码", "you see who calls"),
    ("caller_id", "off"): Text("来电话时看不到号码", "you no longer see who calls"),
    ("call_forward", "off"): Text("电话直接打到您手机上", "calls reach your own phone again"),
    ("mobile_data", "on"): Text("不连无线网也能上网", "you are online without Wi-Fi too"),
    ("mobile_data", "off"): Text("只有连无线网才能上网", "you are online only with Wi-Fi"),
    ("long_distance", "on"): Text("可以打外地电话", "you can call other regions"),
    ("long_distance", "off"): Text("打不了外地电话", "you cannot call other regions"),
}


class ToggleFeatureInputs(ActionInputs):
    feature: Literal["caller_id", "call_forward", "mobile_data", "long_distance"] = Field(
        json_schema_extra={
            "x-zh": "哪个功能",
            "x-en": "Which function",
            "x-options": {
                "caller_id": {"zh": "来电显示", "en": "Caller ID"},
                "call_forward": {"zh": "呼叫转移 (要刷脸)", "en": "Call forwarding (needs L2)"},
                "mobile_data": {"zh": "手机上网", "en": "Mobile data"},
                "long_distance": {"zh": "长途电话", "en": "Long-distance calls"},
            },
        }
    )
    switch: Literal["on", "off"] = Field(
        json_schema_extra={
            "x-zh": "打开还是关闭",
            "x-en": "On or off",
            "x-options": {"on": {"zh": "打开", "en": "On"}, "off": {"zh": "关闭", "en": "Off"}},
        }
    )
    forward_to: Annotated[str, AfterValidator(phone)] = Field(
        default="",
        max_length=24,
        json_schema_extra={
            "x-zh": "转到哪个电话 (只有打开呼叫转移时填)",
            "x-en": "Forward to (only for call forwarding on)",
            "x-widget": "phone",
        },
    )


def level_for(inputs: Mapping[str, str]) -> Level:
    """Whoever forwards calls receives the codes that are told by phone."""
    return Level.L2 if inputs.get("feature") == "call_forward" else Level.L1


def _feature(facts: Facts, lang: Lang) -> str:
    return FEATURES[facts.inputs.get("feature", "caller_id")].say(lang)


def _switch(facts: Facts) -> str:
    return facts.inputs.get("switch", "on")


def _means(facts: Facts, switch: str, lang: Lang) -> str:
    feature = facts.inputs.get("feature", "caller_id")
    if (feature, switch) == ("call_forward", "on"):
        to = facts.inputs.get("forward_to", "")
        other = mask_msisdn(to) if to else Text("原来的电话", "the former number").say(lang)
        return Text(f"打给您的电话都转到{other}", f"calls to you are forwarded to {other}").say(
            lang
        )
    return _MEANS[(feature, switch)].say(lang)


def _cost(facts: Facts, switch: str, lang: Lang) -> str:
    if (facts.inputs.get("feature"), switch) == ("call_forward", "on"):
        return Text(
            "开通不收费。转出去的电话按您打电话的价钱算。",
            "Switching on is free. A forwarded call costs as much as one that you make.",
        ).say(lang)
    return NO_CHARGE.say(lang)


_AT_ONCE = Text("您确认后马上生效。", "At once, when you confirm.")
_UNDO = Text("想改回来, 告诉我们就行。", "To change it back, just tell us.")


def _plain(facts: Facts, switch: str, lang: Lang) -> Plain:
    feature, means = _feature(facts, lang), _means(facts, switch, lang)
    verb = Text("打开", "Switch on") if switch == "on" else Text("关闭", "Switch off")
    what = Text(
        f"{verb.zh}尾号{facts.tail}的{feature}: {means}。",
        f"{verb.en} {feature} on your number ending in {facts.tail}: {means}.",
    )
    return Plain(what.say(lang), _cost(facts, switch, lang), _AT_ONCE.say(lang), _UNDO.say(lang))


def _receipt(facts: Facts, switch: str, lang: Lang) -> Receipt:
    done = Text("已打开", "On") if switch == "on" else Text("已关闭", "Off")
    return Receipt(
        Text("功能改好了", "The function is changed").say(lang),
        (
            number_line(facts, lang),
            line("哪个功能", "Function", _feature(facts, lang), lang),
            line("现在", "Now", done.say(lang), lang),
            line("就是说", "That means", _means(facts, switch, lang), lang),
            cost_line(_cost(facts, switch, lang), lang),
            time_line(facts, lang),
        ),
        _UNDO.say(lang),
    )


def _sms(facts: Facts, switch: str, lang: Lang) -> str:
    feature = _feature(facts, lang)
    done = Text("打开", "on") if switch == "on" else Text("关闭", "off")
    return Text(
        f"您好, 尾号{facts.tail}的{feature}已{done.zh}。如果不是本人办理, 请马上联系我们。",
        f"{feature[0].upper()}{feature[1:]} is {done.en} for your number ending in {facts.tail}. "
        "If this was not asked for, please call us at once.",
    ).say(lang)


def _back(facts: Facts) -> str:
    return "off" if _switch(facts) == "on" else "on"


ACTION = Action(
    id="toggle_feature",
    level=Level.L1,
    needs_independent_reference=False,
    requires_recording=True,
    undo_id="toggle_feature",
    inputs=ToggleFeatureInputs,
    plain=lambda facts, lang: _plain(facts, _switch(facts), lang),
    receipt=lambda facts, lang: _receipt(facts, _switch(facts), lang),
    sms=lambda facts, lang: _sms(facts, _switch(facts), lang),
    level_for=level_for,
    undone=Words(
        lambda facts, lang: _plain(facts, _back(facts), lang),
        lambda facts, lang: _receipt(facts, _back(facts), lang),
        lambda facts, lang: _sms(facts, _back(facts), lang),
    ),
)
