"""停机保号: the customer's own wish to stop a number for a while and keep it."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from vcounter.actions.base import Action, ActionInputs, Facts, Lang, Plain, Receipt, Text
from vcounter.actions.words import cost_line, day, line, money, number_line, time_line
from vcounter.domain.identity import Level

SCOPES = {
    "both": Text("打不出、也接不到电话", "no calls in or out"),
    "out": Text("打不出电话, 别人还能打进来", "no calls out, but people can still call you"),
    "in": Text("接不到电话, 您还能打出去", "no calls in, but you can still call out"),
}


class SuspendInputs(ActionInputs):
    scope: Literal["both", "out", "in"] = Field(
        default="both",
        json_schema_extra={
            "x-zh": "停哪些",
            "x-en": "What to stop",
            "x-options": {
                "both": {"zh": "呼入呼出都停", "en": "Calls in and out"},
                "out": {"zh": "只停呼出", "en": "Calls out only"},
                "in": {"zh": "只停呼入", "en": "Calls in only"},
            },
        },
    )
    start_date: date | None = Field(
        default=None,
        json_schema_extra={
            "x-zh": "从哪天起 (不填就是今天)",
            "x-en": "From which day (empty: today)",
        },
    )


def _fee(facts: Facts, lang: Lang) -> str:
    fee = money(facts.price_fen, lang)
    return f"{fee} a month while stopped." if lang == "en" else f"停机期间每月{fee}保号费。"


def _from(facts: Facts, lang: Lang) -> str:
    if not facts.starts_later:
        return Text("您确认后马上停机。", "At once, when you confirm.").say(lang)
    when = day(facts.effective_from, facts.zone, lang)
    return f"From {when}." if lang == "en" else f"从{when}起停机。"


_UNDO = Text(
    "想用的时候, 再和营业员视频办一次复机就行, 最晚24小时恢复。",
    "When you want it back, call us by video and ask to resume; it takes 24 hours at most.",
)


def plain(facts: Facts, lang: Lang) -> Plain:
    scope = SCOPES[facts.inputs.get("scope", "both")].say(lang)
    what = Text(
        f"把尾号{facts.tail}的号码先停下来: {scope}。号码一直给您留着。",
        f"Stop your number ending in {facts.tail} for now: {scope}. The number stays yours.",
    )
    return Plain(what.say(lang), _fee(facts, lang), _from(facts, lang), _UNDO.say(lang))


def receipt(facts: Facts, lang: Lang) -> Receipt:
    return Receipt(
        Text("停机保号办好了", "Your number is stopped").say(lang)
        if not facts.starts_later
        else Text("停机保号登记好了", "The stop is booked").say(lang),
        (
            number_line(facts, lang),
            line("停哪些", "Stopped", SCOPES[facts.inputs.get("scope", "both")].say(lang), lang),
            line("从哪天", "From", day(facts.effective_from, facts.zone, lang), lang),
            cost_line(_fee(facts, lang), lang),
            time_line(facts, lang),
        ),
        _UNDO.say(lang),
    )


def sms(facts: Facts, lang: Lang) -> str:
    when = day(facts.effective_from, facts.zone, lang)
    return Text(
        f"您好, 尾号{facts.tail}的号码已办理停机保号, {when}起生效, {_fee(facts, 'zh-CN')}"
        "想恢复请再找营业员办理复机。",
        f"Your number ending in {facts.tail} is stopped from {when}. {_fee(facts, 'en')} "
        "To use it again, ask us to resume it.",
    ).say(lang)


ACTION = Action(
    id="suspend_service",
    level=Level.L2,
    needs_independent_reference=False,
    requires_recording=True,
    undo_id="resume_service",
    inputs=SuspendInputs,
    plain=plain,
    receipt=receipt,
    sms=sms,
)
