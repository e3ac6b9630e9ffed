"""移动服务密码重置: the customer keys a new password on their own pad; nobody else ever has it.

It cannot be taken back, so the card's own portrait does not carry it (actions need an independent
reference unless they are reversible and disclose nothing).
"""

from __future__ import annotations

from vcounter.actions.base import Action, Facts, Lang, NoInputs, Plain, Receipt, Text
from vcounter.actions.words import NO_CHARGE, cost_line, line, number_line, time_line
from vcounter.domain.identity import Level
from vcounter.domain.service_password import refuse_password

_AT_ONCE = Text("设好以后马上生效, 旧密码作废。", "At once, when it is set; the old one is void.")
_NO_UNDO = Text(
    "不能改回旧密码。24小时以后可以再换新的。",
    "The old one cannot come back. You can change it again after 24 hours.",
)
_NOT_TOLD = Text("请记好新密码, 别告诉任何人。", "Please remember it and tell nobody.")


def plain(facts: Facts, lang: Lang) -> Plain:
    what = Text(
        f"给尾号{facts.tail}的号码换一个新的服务密码。您自己按6个数字, 营业员看不到。",
        f"Set a new service password for your number ending in {facts.tail}. You key in 6 digits "
        "yourself; the agent does not see them.",
    )
    return Plain(what.say(lang), NO_CHARGE.say(lang), _AT_ONCE.say(lang), _NO_UNDO.say(lang))


def receipt(facts: Facts, lang: Lang) -> Receipt:
    return Receipt(
        Text("服务密码换好了", "Your service password is changed").say(lang),
        (
            number_line(facts, lang),
            line("请注意", "Please note", _NOT_TOLD.say(lang), lang),
            cost_line(NO_CHARGE.say(lang), lang),
            time_line(facts, lang),
        ),
    )


def sms(facts: Facts, lang: Lang) -> str:
    return Text(
        f"您好, 尾号{facts.tail}的号码刚刚换了服务密码, 旧密码已作废。"
        "如果不是本人办理, 请马上联系我们。",
        f"The service password of the number ending in {facts.tail} was changed just now. "
        "If this was not asked for, please call us at once.",
    ).say(lang)


ACTION = Action(
    id="reset_service_password",
    level=Level.L2,
    needs_independent_reference=True,
    requires_recording=True,
    undo_id=None,
    inputs=NoInputs,
    plain=plain,
    receipt=receipt,
    sms=sms,
    secret="new_password",  # noqa: S106 - the kind, not a value
    check_secret=refuse_password,
)
