"""紧急开机: a day of service for a number that owes; it stops again by itself."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from pydantic import Field

from vcounter.actions.base import Action, ActionInputs, Facts, Lang, Plain, Receipt, Text
from vcounter.actions.words import cost_line, line, minute, money, number_line, time_line
from vcounter.domain.identity import Level

REASONS = {
    "medical": Text("看病、叫救护", "Illness, an ambulance"),
    "family": Text("家里有急事", "A family emergency"),
    "safety": Text("人在外面, 要联系家人", "Stranded, must reach the family"),
    "other": Text("别的急事", "Another emergency"),
}


class EmergencyInputs(ActionInputs):
    reason: Literal["medical", "family", "safety", "other"] = Field(
        json_schema_extra={
            "x-zh": "为什么急用",
            "x-en": "Why it is urgent",
            "x-options": {k: {"zh": t.zh, "en": t.en} for k, t in REASONS.items()},
        },
    )


_FREE = Text(
    "开机不收费; 打电话、上网照常算钱。", "Reactivation is free; calls and data cost as usual."
)
_UNDO = Text(
    "不用撤销, 到时间自己停。交清欠费就一直能用。每个月只有一次。",
    "Nothing to undo: it stops by itself. Pay what is owed and it stays on. Once a month only.",
)


def _until(facts: Facts, lang: Lang) -> str:
    ends = facts.operator.get("ends_at")
    moment = datetime.fromisoformat(ends) if ends else facts.now + timedelta(hours=24)
    return minute(moment, facts.zone, lang)


def _cap(facts: Facts, lang: Lang) -> str:
    return money(int(facts.operator.get("cap_fen", "0")), lang)


def plain(facts: Facts, lang: Lang) -> Plain:
    until, cap = _until(facts, lang), _cap(facts, lang)
    what = Text(
        f"欠费停机的尾号{facts.tail}先开一天, 用到{until}。用满{cap}就停。",
        f"Turn your number ending in {facts.tail} on again although it owes, until {until}. It "
        f"stops when {cap} are spent.",
    )
    begins = Text("您确认后马上开机。", "At once, when you confirm.")
    return Plain(what.say(lang), _FREE.say(lang), begins.say(lang), _UNDO.say(lang))


def receipt(facts: Facts, lang: Lang) -> Receipt:
    return Receipt(
        Text("紧急开机办好了", "Your number works for a day").say(lang),
        (
            number_line(facts, lang),
            line("能用到", "Works until", _until(facts, lang), lang),
            line("最多用", "Spend at most", _cap(facts, lang), lang),
            cost_line(_FREE.say(lang), lang),
            time_line(facts, lang),
        ),
        _UNDO.say(lang),
    )


def sms(facts: Facts, lang: Lang) -> str:
    return Text(
        f"您好, 尾号{facts.tail}的号码已紧急开机, 能用到{_until(facts, 'zh-CN')}, "
        f"用满{_cap(facts, 'zh-CN')}就停。请尽快充值。",
        f"The number ending in {facts.tail} works again until {_until(facts, 'en')}, or until "
        f"{_cap(facts, 'en')} are spent. Please top up soon.",
    ).say(lang)


ACTION = Action(
    id="emergency_resume",
    level=Level.L1,
    needs_independent_reference=False,
    requires_recording=True,
    undo_id=None,
    inputs=EmergencyInputs,
    plain=plain,
    receipt=receipt,
    sms=sms,
)
