"""远程故障视频辅导: steps on the customer's screen and by SMS; a ticket when they did not help."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from vcounter.actions.base import Action, ActionInputs, Facts, Lang, Plain, Receipt, Shown, Text
from vcounter.actions.howto_steps import DEVICES, HOW_TO, SYMPTOMS, numbered, steps_for
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

_OUTCOMES = {
    "shown": Text("先看步骤", "Show the steps"),
    "solved": Text("已经好了", "It works now"),
    "unsolved": Text("没解决, 开工单", "Not solved, open a ticket"),
}


class TutoringInputs(ActionInputs):
    device: Literal["phone", "router", "tv"] = Field(
        json_schema_extra={"x-zh": "什么设备", "x-en": "Device", "x-options": options(DEVICES)},
    )
    symptom: Literal[
        "no_signal",
        "no_data",
        "data_off",
        "airplane_mode",
        "volume_low",
        "text_small",
        "storage_full",
        "calls_blocked",
        "wifi_lights",
        "router_restart",
        "tv_no_signal",
        "tv_source",
    ] = Field(
        json_schema_extra={"x-zh": "什么问题", "x-en": "Trouble", "x-options": options(SYMPTOMS)},
    )
    outcome: Literal["shown", "solved", "unsolved"] = Field(
        default="shown",
        json_schema_extra={"x-zh": "结果", "x-en": "Outcome", "x-options": options(_OUTCOMES)},
    )

    @field_validator("symptom")
    @classmethod
    def _of_the_device(cls, symptom: str, info: ValidationInfo) -> str:
        if info.data.get("device", HOW_TO[symptom].device) != HOW_TO[symptom].device:
            raise PydanticCustomError("other_device", "a trouble of another device")
        return symptom


def _outcome(facts: Facts) -> str:
    return facts.inputs.get("outcome", "shown")


def _trouble(facts: Facts, lang: Lang) -> str:
    return SYMPTOMS[facts.inputs["symptom"]].say(lang)


def plain(facts: Facts, lang: Lang) -> Plain:
    zh, en = _trouble(facts, "zh-CN"), _trouble(facts, "en")
    what = {
        "shown": Text(
            f"教您处理“{zh}”: 步骤显示在屏幕上, 也发短信到尾号{facts.tail}的手机。",
            f"Help with “{en}”: the steps come up on your screen, and by SMS to your number ending "
            f"in {facts.tail}.",
        ),
        "solved": Text(
            f"登记: 尾号{facts.tail}报的“{zh}”已经解决了。",
            f"Note that the trouble “{en}” of your number ending in {facts.tail} is solved.",
        ),
        "unsolved": Text(
            f"“{zh}”没有解决, 给尾号{facts.tail}开一张维修单, 技术人员一天内回电。",
            f"“{en}” is not solved: open a ticket for your number ending in {facts.tail}. A "
            "technician calls you within a day.",
        ),
    }[_outcome(facts)]
    return Plain(
        what.say(lang),
        NO_CHARGE.say(lang),
        Text("您确认后马上开始。", "At once, when you confirm.").say(lang),
        Text("只是看步骤, 不改动您的业务。", "Nothing of your service is changed.").say(lang),
    )


def receipt(facts: Facts, lang: Lang) -> Receipt:
    lines = [
        number_line(facts, lang),
        line("问题", "Trouble", _trouble(facts, lang), lang),
        line("结果", "Outcome", _OUTCOMES[_outcome(facts)].say(lang), lang),
        cost_line(NO_CHARGE.say(lang), lang),
        time_line(facts, lang),
    ]
    if "case_no" in facts.operator:
        due = minute(datetime.fromisoformat(facts.operator["call_back_due"]), facts.zone, lang)
        lines.insert(2, line("工单号", "Ticket", facts.operator["case_no"], lang))
        lines.insert(3, line("最晚回电", "We call by", due, lang))
    return Receipt(Text("故障辅导", "Help with your device").say(lang), tuple(lines))


def sms(facts: Facts, lang: Lang) -> str:
    zh, en = _trouble(facts, "zh-CN"), _trouble(facts, "en")
    if "case_no" in facts.operator:
        no = facts.operator["case_no"]
        return Text(
            f"您好, 您反映的“{zh}”已开工单{no}, 技术人员一天内给您回电。",
            f"Your trouble “{en}” has ticket {no}; a technician calls you within a day.",
        ).say(lang)
    return Text(
        f"您好, 尾号{facts.tail}的“{zh}”已由营业员视频辅导。没好请再找我们。",
        f"We helped you with “{en}” of the number ending in {facts.tail}. If it comes back, call "
        "us again.",
    ).say(lang)


def shows(facts: Facts, lang: Lang) -> Shown:
    steps = how_to(facts, lang)
    return Shown(_trouble(facts, lang), numbered(steps, lang))


def how_to(facts: Facts, lang: Lang) -> tuple[str, ...]:
    """Nothing is shown or sent any more once the outcome is known."""
    return steps_for(facts.inputs["symptom"], lang) if _outcome(facts) == "shown" else ()


ACTION = Action(
    id="remote_fault_tutoring",
    level=Level.L0,
    needs_independent_reference=False,
    requires_recording=False,
    undo_id=None,
    inputs=TutoringInputs,
    plain=plain,
    receipt=receipt,
    sms=sms,
    shows=shows,
    how_to=how_to,
)
