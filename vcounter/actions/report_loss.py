"""挂失: bar a lost card at any hour. Protective: L1a and no recording suffice."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field

from vcounter.actions.base import Action, ActionInputs, Facts, Lang, Plain, Receipt, Text
from vcounter.actions.phone import phone
from vcounter.actions.words import NO_CHARGE, cost_line, day, line, number_line, time_line
from vcounter.domain.identity import Level
from vcounter.domain.msisdn import mask_msisdn


class ReportLossInputs(ActionInputs):
    call_back: Annotated[str, AfterValidator(phone)] = Field(
        max_length=24,
        json_schema_extra={
            "x-zh": "回拨电话 (不能是丢的这个号)",
            "x-en": "Call-back number (not the lost one)",
            "x-widget": "phone",
        },
    )
    lost_at: datetime | None = Field(
        default=None,
        json_schema_extra={"x-zh": "什么时候丢的", "x-en": "When it was lost"},
    )
    place: str = Field(
        default="",
        max_length=60,
        json_schema_extra={"x-zh": "在哪里丢的", "x-en": "Where it was lost"},
    )


_UNDO = Text(
    "找到了卡, 带上身份证再和营业员视频办解挂; 找不到就补一张卡。卡不会自己恢复。",
    "If you find the card, call us by video with your identity card; if not, get a new card. "
    "It never comes back by itself.",
)
_AT_ONCE = Text("您确认后马上生效。", "At once, when you confirm.")


def plain(facts: Facts, lang: Lang) -> Plain:
    back = mask_msisdn(facts.inputs.get("call_back", ""))
    what = Text(
        f"挂失尾号{facts.tail}的卡: 别人捡到也不能打电话、收发短信和上网。"
        f"7天后我们会用{back}提醒您。",
        f"Bar the lost card of your number ending in {facts.tail}: nobody can call, text or go "
        f"online with it. We will remind you at {back} after 7 days.",
    )
    return Plain(what.say(lang), NO_CHARGE.say(lang), _AT_ONCE.say(lang), _UNDO.say(lang))


def receipt(facts: Facts, lang: Lang) -> Receipt:
    lines = [
        number_line(facts, lang),
        line("现在", "Now", Text("这张卡已经不能用了", "The card is barred").say(lang), lang),
        line("回拨电话", "Call-back", mask_msisdn(facts.inputs.get("call_back", "")), lang),
        cost_line(NO_CHARGE.say(lang), lang),
        time_line(facts, lang),
    ]
    due = facts.operator.get("reminder_on")
    if due:
        when = day(datetime.fromisoformat(due), facts.zone, lang)
        lines.insert(3, line("提醒您", "Reminder", when, lang))
    return Receipt(
        Text("挂失办好了", "The loss is reported").say(lang), tuple(lines), _UNDO.say(lang)
    )


def sms(facts: Facts, lang: Lang) -> str:
    return Text(
        f"您好, 尾号{facts.tail}的号码已挂失, 电话、短信和上网都已停用, 不会自动恢复。"
        "找到卡后请视频办理解挂。如果不是本人办理, 请马上联系我们。",
        f"The number ending in {facts.tail} is reported lost: calls, texts and internet are barred "
        "until it is cancelled by video. If this was not asked for, please call us at once.",
    ).say(lang)


ACTION = Action(
    id="report_loss",
    level=Level.L1A,
    needs_independent_reference=False,
    requires_recording=False,
    undo_id="cancel_loss",
    inputs=ReportLossInputs,
    plain=plain,
    receipt=receipt,
    sms=sms,
    locks_sim=True,
)
