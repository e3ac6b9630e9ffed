"""话费余额查询: what the account holds and owes, in large print and read aloud."""

from __future__ import annotations

from vcounter.actions.base import (
    Action,
    Facts,
    Lang,
    Line,
    NoInputs,
    Plain,
    Receipt,
    Shown,
    Text,
)
from vcounter.actions.words import (
    NO_CHANGE,
    NO_CHARGE,
    SHOWN_AT_ONCE,
    cost_line,
    line,
    money,
    number_line,
    time_line,
)
from vcounter.domain.identity import Level


def plain(facts: Facts, lang: Lang) -> Plain:
    what = Text(
        f"查尾号{facts.tail}的话费还有多少, 用大字显示在屏幕上, 并念给您听。",
        f"Look up the balance of your number ending in {facts.tail}, show it in large print and "
        "read it aloud.",
    )
    return Plain(what.say(lang), NO_CHARGE.say(lang), SHOWN_AT_ONCE.say(lang), NO_CHANGE.say(lang))


def _fen(facts: Facts, name: str) -> int:
    return int(facts.operator.get(name, "0"))


def shows(facts: Facts, lang: Lang) -> Shown:
    owed, held = _fen(facts, "arrears_fen"), _fen(facts, "held_fen")
    balance = money(max(0, _fen(facts, "balance_fen")), lang)
    lines = [Text(f"话费余额: {balance}。", f"Your balance is {balance}.").say(lang)]
    if owed:
        due = money(owed, lang)
        lines.append(
            Text(f"还欠费: {due}, 请尽快充值。", f"You owe {due}; please top up.").say(lang)
        )
    else:
        lines.append(Text("没有欠费。", "You owe nothing.").say(lang))
    if held:
        put_by = money(held, lang)
        lines.append(
            Text(f"有争议、先不收的: {put_by}。", f"In dispute and not demanded: {put_by}.").say(
                lang
            )
        )
    title = Text(f"尾号{facts.tail}的话费", f"Balance of the number ending in {facts.tail}")
    return Shown(title.say(lang), tuple(lines))


def receipt(facts: Facts, lang: Lang) -> Receipt:
    lines: list[Line] = [
        number_line(facts, lang),
        line("余额", "Balance", money(max(0, _fen(facts, "balance_fen")), lang), lang),
        line("欠费", "Owed", money(_fen(facts, "arrears_fen"), lang), lang),
        cost_line(NO_CHARGE.say(lang), lang),
        time_line(facts, lang),
    ]
    return Receipt(Text("余额查好了", "Your balance").say(lang), tuple(lines))


def sms(facts: Facts, lang: Lang) -> str:
    return Text(
        f"您好, 尾号{facts.tail}的号码刚刚查询了话费余额。如果不是本人办理, 请马上联系我们。",
        f"The balance of the number ending in {facts.tail} was looked up just now. If this was not "
        "asked for, please call us at once.",
    ).say(lang)


ACTION = Action(
    id="query_balance",
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
