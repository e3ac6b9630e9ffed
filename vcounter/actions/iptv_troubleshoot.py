"""网络电视(IPTV)故障排查: steps for the television, or a reset of the box from afar.

The steps want no level; a reset cuts what is being watched, so that it wants a code.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from vcounter.actions.base import Action, ActionInputs, Facts, Lang, Plain, Receipt, Shown, Text
from vcounter.actions.home_words import ACCOUNT, Account, line_tail
from vcounter.actions.howto_steps import numbered, steps_for
from vcounter.actions.words import NO_CHARGE, cost_line, line, number_line, options, time_line
from vcounter.domain.identity import Level

_SYMPTOMS = {
    "no_signal": Text("没有信号", "no signal"),
    "black_screen": Text("黑屏", "black screen"),
    "error_code": Text("屏幕上有错误码", "an error code on the screen"),
    "stutter": Text("画面卡顿", "the picture stops and starts"),
    "wrong_source": Text("信号源不对", "wrong input"),
}
_REMEDIES = {
    "guide": Text("教客户一步步检查", "Guide the customer"),
    "reset": Text("远程重启机顶盒", "Reset the box from afar"),
}
_STEPS = {"wrong_source": "tv_source", "stutter": "router_restart"}


class IptvInputs(ActionInputs):
    account: Account = ACCOUNT
    symptom: Literal["no_signal", "black_screen", "error_code", "stutter", "wrong_source"] = Field(
        json_schema_extra={
            "x-zh": "电视上看到什么",
            "x-en": "What the television shows",
            "x-options": options(_SYMPTOMS),
        },
    )
    error_code: str = Field(
        default="",
        max_length=20,
        json_schema_extra={"x-zh": "错误码 (照片上的)", "x-en": "Error code (from the photo)"},
    )
    remedy: Literal["guide", "reset"] = Field(
        default="guide",
        json_schema_extra={
            "x-zh": "怎么处理",
            "x-en": "What to do",
            "x-options": options(_REMEDIES),
        },
    )


def needed(inputs: Mapping[str, str]) -> Level:
    return Level.L1 if inputs.get("remedy") == "reset" else Level.L0


def _resets(facts: Facts) -> bool:
    return facts.inputs.get("remedy") == "reset"


def plain(facts: Facts, lang: Lang) -> Plain:
    box = facts.operator.get("box_tail", "")
    what = (
        Text(
            f"从远程重启尾号{facts.tail}名下的电视机顶盒(尾号{box}), 大约三分钟没有画面。",
            f"Restart the television box (serial ending in {box}) of your number ending in "
            f"{facts.tail} from here. There is no picture for about three minutes.",
        )
        if _resets(facts)
        else Text(
            f"教您检查尾号{facts.tail}名下的网络电视: 步骤显示在屏幕上, 也发短信给您。",
            f"Help with the television of your number ending in {facts.tail}: the steps come up on "
            "your screen, and by SMS.",
        )
    )
    return Plain(
        what.say(lang),
        NO_CHARGE.say(lang),
        Text("您确认后马上开始。", "At once, when you confirm.").say(lang),
        Text("您的套餐和节目都不变。", "Your plan and your channels stay as they are.").say(lang),
    )


def _outcome(facts: Facts, lang: Lang) -> str:
    match facts.operator.get("port"):
        case "up":
            return Text("信号正常, 等三分钟就有画面", "the signal is back; wait 3 minutes").say(
                lang
            )
        case "down":
            return Text("线路不通, 要报修", "the line itself is down and must be reported").say(
                lang
            )
        case _:
            return Text("步骤已经给您", "the steps were given").say(lang)


def receipt(facts: Facts, lang: Lang) -> Receipt:
    return Receipt(
        Text("网络电视检查", "Your television was looked at").say(lang),
        (
            number_line(facts, lang),
            line("电视账号尾号", "Account ending", line_tail(facts), lang),
            line("结果", "Outcome", _outcome(facts, lang), lang),
            cost_line(NO_CHARGE.say(lang), lang),
            time_line(facts, lang),
        ),
    )


def sms(facts: Facts, lang: Lang) -> str:
    return Text(
        f"您好, 尾号{facts.tail}名下的网络电视: {_outcome(facts, 'zh-CN')}。",
        f"Television of your number ending in {facts.tail}: {_outcome(facts, 'en')}.",
    ).say(lang)


def how_to(facts: Facts, lang: Lang) -> tuple[str, ...]:
    """A reset leaves nothing to do but wait."""
    if _resets(facts):
        return ()
    return steps_for(_STEPS.get(facts.inputs["symptom"], "tv_no_signal"), lang)


def shows(facts: Facts, lang: Lang) -> Shown:
    title = Text("网络电视", "Television").say(lang)
    steps = how_to(facts, lang)
    return Shown(title, numbered(steps, lang) or (_outcome(facts, lang),))


ACTION = Action(
    id="iptv_troubleshoot",
    level=Level.L0,
    needs_independent_reference=False,
    requires_recording=False,
    undo_id=None,
    inputs=IptvInputs,
    plain=plain,
    receipt=receipt,
    sms=sms,
    level_for=needed,
    shows=shows,
    how_to=how_to,
)
