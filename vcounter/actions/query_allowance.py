"""套餐余量查询: what is left of the plan this month, in large print and read aloud."""

from __future__ import annotations

from datetime import datetime

from vcounter.actions.base import Action, Facts, Lang, NoInputs, Plain, Receipt, Shown, Text
from vcounter.actions.words import NO_CHARGE, cost_line, day, line, number_line, time_line
from vcounter.domain.identity import Level

_AT_ONCE = Text("您确认后马上显示。", "At once, when you confirm.")
_NO_UNDO = Text("只是查一查, 什么都不改。", "This only looks it up; nothing changes.")


def plain(facts: Facts, lang: Lang) -> Plain:
    what = Text(
        f"查尾号{facts.tail}的套餐这个月还剩多少流量、通话和短信。",
        f"Look up how much data, calls and texts are left this month on your number ending in "
        f"{facts.tail}.",
    )
    return Plain(what.say(lang), NO_CHARGE.say(lang), _AT_ONCE.say(lang), _NO_UNDO.say(lang))


def _left(facts: Facts, kind: str, zh: str, en: str, lang: Lang) -> str:
    left, all_ = (facts.operator.get(f"{kind}_{part}", "0") for part in ("left", "all"))
    return Text(f"{left}{zh}, 一共{all_}{zh}", f"{left} of {all_} {en}").say(lang)


def _reset(facts: Facts, lang: Lang) -> str:
    at = facts.operator.get("reset_on")
    return day(datetime.fromisoformat(at) if at else facts.now, facts.zone, lang)


def _plan(facts: Facts, lang: Lang, which: str = "plan") -> str:
    return facts.operator.get(f"{which}_{'en' if lang == 'en' else 'zh'}", "")


def receipt(facts: Facts, lang: Lang) -> Receipt:
    lines = [
        number_line(facts, lang),
        line("套餐", "Plan", _plan(facts, lang), lang),
        line("流量还剩", "Data left", _left(facts, "data", "兆", "MB", lang), lang),
        line("通话还剩", "Calls left", _left(facts, "voice", "分钟", "minutes", lang), lang),
        line("短信还剩", "Texts left", _left(facts, "texts", "条", "texts", lang), lang),
        line("重新计算", "Starts anew", _reset(facts, lang), lang),
    ]
    coming = _plan(facts, lang, "next_plan")
    if coming:
        lines.append(line("下月套餐", "Plan next month", coming, lang))
    lines += [cost_line(NO_CHARGE.say(lang), lang), time_line(facts, lang)]
    title = Text("套餐余量查好了", "What is left of your plan").say(lang)
    return Receipt(title, tuple(lines))


def sms(facts: Facts, lang: Lang) -> str:
    return Text(
        f"您好, 尾号{facts.tail}的套餐本月流量还剩{_left(facts, 'data', '兆', '', 'zh-CN')}, "
        f"通话还剩{_left(facts, 'voice', '分钟', '', 'zh-CN')}, {_reset(facts, 'zh-CN')}重新计算。",
        f"Left this month on your number ending in {facts.tail}: data "
        f"{_left(facts, 'data', '', 'MB', 'en')}, calls "
        f"{_left(facts, 'voice', '', 'minutes', 'en')}. It starts anew on {_reset(facts, 'en')}.",
    ).say(lang)


def shows(facts: Facts, lang: Lang) -> Shown:
    return Shown(
        Text("您的套餐还剩这些", "This is left of your plan").say(lang),
        (
            Text("流量还剩", "Data left: ").say(lang) + _left(facts, "data", "兆", "MB", lang),
            Text("通话还剩", "Calls left: ").say(lang)
            + _left(facts, "voice", "分钟", "minutes", lang),
            Text("短信还剩", "Texts left: ").say(lang) + _left(facts, "texts", "条", "texts", lang),
            Text(f"{_reset(facts, lang)}重新计算", f"Starts anew on {_reset(facts, lang)}").say(
                lang
            ),
        ),
    )


ACTION = Action(
    id="query_allowance",
    level=Level.L1,
    needs_independent_reference=False,
    requires_recording=False,
    undo_id=None,
    inputs=NoInputs,
    plain=plain,
    receipt=receipt,
    sms=sms,
    shows=shows,
)
