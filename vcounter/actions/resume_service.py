"""复机: bring back a number that the customer had stopped; never one stopped by somebody else."""

from __future__ import annotations

from vcounter.actions.base import Action, Facts, Lang, NoInputs, Plain, Receipt, Text
from vcounter.actions.words import cost_line, line, number_line, time_line
from vcounter.domain.identity import Level

_COST = Text(
    "复机不收费。恢复以后按原来的套餐收费。", "Resuming is free. Your usual plan applies again."
)
_WHEN = Text("一般1小时内恢复, 最晚24小时。", "Usually within 1 hour, 24 hours at most.")
_UNDO = Text("以后不用了, 还可以再办停机保号。", "You can stop the number again at any time.")


def plain(facts: Facts, lang: Lang) -> Plain:
    if facts.operator.get("planned") == "yes":
        what = Text(
            f"取消尾号{facts.tail}的停机预约, 号码照常使用。",
            f"Cancel the booked stop of your number ending in {facts.tail}; it stays in use.",
        )
    else:
        what = Text(
            f"恢复尾号{facts.tail}的号码, 电话、短信和上网都能用。",
            f"Bring back your number ending in {facts.tail}: calls, messages and internet.",
        )
    return Plain(what.say(lang), _COST.say(lang), _WHEN.say(lang), _UNDO.say(lang))


def receipt(facts: Facts, lang: Lang) -> Receipt:
    return Receipt(
        Text("复机办好了", "Your number is back").say(lang),
        (
            number_line(facts, lang),
            line("什么时候能用", "Ready", _WHEN.say(lang), lang),
            cost_line(_COST.say(lang), lang),
            time_line(facts, lang),
        ),
        _UNDO.say(lang),
    )


def sms(facts: Facts, lang: Lang) -> str:
    return Text(
        f"您好, 尾号{facts.tail}的号码已办理复机, 一般1小时内恢复, 最晚24小时。"
        "如果没有恢复, 请再联系我们。",
        f"Your number ending in {facts.tail} is being resumed, usually within 1 hour and 24 hours "
        "at most. Please call us if it is not back by then.",
    ).say(lang)


ACTION = Action(
    id="resume_service",
    level=Level.L2,
    needs_independent_reference=False,
    requires_recording=True,
    undo_id="suspend_service",
    inputs=NoInputs,
    plain=plain,
    receipt=receipt,
    sms=sms,
)
