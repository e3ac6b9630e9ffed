"""副卡使用人/实名补登: who really uses a number that another person holds, agreed by both."""

from __future__ import annotations

from vcounter.actions.base import Action, Facts, Lang, Plain, Receipt, Text
from vcounter.actions.second_party import TwoHolders
from vcounter.actions.words import NO_CHARGE, cost_line, line, minute, number_line, time_line
from vcounter.domain.identity import Level
from vcounter.domain.msisdn import mask_msisdn


class UpdateUserInputs(TwoHolders):
    """The user is the second holder; their own record says who they are."""


_WHEN = Text(
    "两位都确认并复核后, 再过72小时生效。",
    "72 hours after both of you and a second person have agreed.",
)
_NO_UNDO = Text(
    "生效后不能撤销, 要改就重新登记。",
    "It cannot be taken back; to change it, register again.",
)


def _user(facts: Facts) -> str:
    return mask_msisdn(facts.inputs.get("second_msisdn", ""))


def plain(facts: Facts, lang: Lang) -> Plain:
    what = Text(
        f"把尾号{facts.tail}的使用人登记成{_user(facts)}的机主本人。号码还是您的, 费用也由您付。",
        f"Register the holder of {_user(facts)} as the user of your number ending in {facts.tail}. "
        "The number stays yours, and so does the bill.",
    )
    return Plain(what.say(lang), NO_CHARGE.say(lang), _WHEN.say(lang), _NO_UNDO.say(lang))


def second_plain(facts: Facts, lang: Lang) -> Plain:
    what = Text(
        f"把您登记成尾号{facts.tail}这个号码的使用人。号码和费用还是机主的。",
        f"Register you as the user of the number ending in {facts.tail}. The number and its bill "
        "stay its holder's.",
    )
    return Plain(what.say(lang), NO_CHARGE.say(lang), _WHEN.say(lang), _NO_UNDO.say(lang))


def receipt(facts: Facts, lang: Lang) -> Receipt:
    return Receipt(
        Text("使用人登记好了", "The user is registered").say(lang),
        (
            number_line(facts, lang),
            line("使用人", "User", _user(facts), lang),
            line("生效时间", "From", minute(facts.effective_from, facts.zone, lang), lang),
            cost_line(NO_CHARGE.say(lang), lang),
            time_line(facts, lang),
        ),
    )


def sms(facts: Facts, lang: Lang) -> str:
    when = minute(facts.effective_from, facts.zone, lang)
    return Text(
        f"您好, 尾号{facts.tail}的号码登记了新的使用人, {when}生效。"
        "如果不是本人办理, 请马上联系我们。",
        f"A new user of the number ending in {facts.tail} is registered, from {when}. If this was "
        "not asked for, please call us at once.",
    ).say(lang)


ACTION = Action(
    id="update_real_name_user",
    level=Level.L3,
    needs_independent_reference=True,
    requires_recording=True,
    undo_id=None,
    inputs=UpdateUserInputs,
    plain=plain,
    receipt=receipt,
    sms=sms,
    second_person=True,
    second_party=True,
    second_plain=second_plain,
    signs=True,
)
