"""解挂: the card was found; only its holder, seen live, may bring it back."""

from __future__ import annotations

from vcounter.actions.base import Action, Facts, Lang, NoInputs, Plain, Receipt, Text
from vcounter.actions.words import NO_CHARGE, cost_line, line, number_line, time_line
from vcounter.domain.identity import Level

_UNDO = Text("要是又丢了, 随时可以再挂失。", "If it gets lost again, report it at any hour.")
_AT_ONCE = Text("您确认后马上生效。", "At once, when you confirm.")
_IN_USE = Text("电话、短信和上网马上能用", "calls, messages and internet work at once")
_STILL_STOPPED = Text(
    "但号码还在停机, 要用请再办复机", "but the number stays stopped for another reason"
)


def _after(facts: Facts) -> Text:
    return _IN_USE if facts.operator.get("state_after", "ACTIVE") == "ACTIVE" else _STILL_STOPPED


def plain(facts: Facts, lang: Lang) -> Plain:
    after = _after(facts).say(lang)
    what = Text(
        f"取消尾号{facts.tail}的挂失, {after}。",
        f"Cancel the loss report of your number ending in {facts.tail}: {after}.",
    )
    return Plain(what.say(lang), NO_CHARGE.say(lang), _AT_ONCE.say(lang), _UNDO.say(lang))


def receipt(facts: Facts, lang: Lang) -> Receipt:
    return Receipt(
        Text("解挂办好了", "The loss report is cancelled").say(lang),
        (
            number_line(facts, lang),
            line("现在", "Now", _after(facts).say(lang), lang),
            cost_line(NO_CHARGE.say(lang), lang),
            time_line(facts, lang),
        ),
        _UNDO.say(lang),
    )


def sms(facts: Facts, lang: Lang) -> str:
    return Text(
        f"您好, 尾号{facts.tail}的号码已解除挂失, {_after(facts).zh}。"
        "如果不是本人办理, 请马上联系我们。",
        f"The loss report of your number ending in {facts.tail} is cancelled: {_after(facts).en}. "
        "If you did not ask for this, please call us at once.",
    ).say(lang)


ACTION = Action(
    id="cancel_loss",
    level=Level.L2,
    needs_independent_reference=False,
    requires_recording=True,
    undo_id="report_loss",
    inputs=NoInputs,
    plain=plain,
    receipt=receipt,
    sms=sms,
)
