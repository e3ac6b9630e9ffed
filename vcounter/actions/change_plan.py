"""套餐变更: another plan from the next billing cycle on, with what it costs and changes said."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from vcounter.actions.base import Action, ActionInputs, Facts, Lang, Plain, Receipt, Text, Words
from vcounter.actions.words import NO_CHARGE, cost_line, day, line, money, number_line, time_line
from vcounter.domain.identity import Level


class ChangePlanInputs(ActionInputs):
    target_plan: Literal["basic8", "second9", "care19", "easy39", "easy59", "easy99", "easy129"] = (
        Field(
            json_schema_extra={
                "x-zh": "换成哪个套餐",
                "x-en": "Which plan to change to",
                "x-options": {
                    "basic8": {"zh": "安心卡8元", "en": "Basic card, 8 yuan"},
                    "second9": {"zh": "副卡9元", "en": "Second card, 9 yuan"},
                    "care19": {"zh": "孝心卡19元 (60岁以上)", "en": "Care card, 19 yuan (60+)"},
                    "easy39": {"zh": "畅享39元", "en": "Easy plan, 39 yuan"},
                    "easy59": {"zh": "畅享59元", "en": "Easy plan, 59 yuan"},
                    "easy99": {"zh": "畅享99元", "en": "Easy plan, 99 yuan"},
                    "easy129": {
                        "zh": "畅享129元 (签约12个月)",
                        "en": "Easy plan, 129 yuan (12 months' contract)",
                    },
                },
            }
        )
    )


_KINDS = (
    ("data_more", "流量", "兆", "MB of data"),
    ("minutes_more", "通话", "分钟", "minutes"),
    ("texts_more", "短信", "条", "texts"),
)


def _name(facts: Facts, which: str, lang: Lang) -> str:
    return facts.operator.get(f"{which}_{'en' if lang == 'en' else 'zh'}", "")


def _difference(facts: Facts, lang: Lang) -> str:
    """What is gained and lost each month; what stays is not said."""
    parts = []
    for key, zh, unit, en in _KINDS:
        more = int(facts.operator.get(key, "0"))
        if more:
            zh_text = f"{zh}{'多' if more > 0 else '少'}{abs(more)}{unit}"
            en_text = f"{abs(more)} {en} {'more' if more > 0 else 'less'}"
            parts.append(Text(zh_text, en_text).say(lang))
    same = Text("流量、通话和短信都不变", "data, calls and texts stay the same").say(lang)
    return (", " if lang == "en" else "、").join(parts) or same


def _fee(facts: Facts, lang: Lang) -> str:
    before = int(facts.operator.get("fee_before_fen", "0"))
    now, old = money(facts.price_fen, lang), money(before, lang)
    text = Text(f"每月{now}, 原来是{old}。", f"{now} a month instead of {old}.").say(lang)
    months = facts.operator.get("contract_months", "0")
    if months == "0":
        return text
    bound = Text(f"要用满{months}个月才能再换。", f"It cannot be changed for {months} months.").say(
        lang
    )
    return f"{text} {bound}" if lang == "en" else text + bound


def _from(facts: Facts, lang: Lang) -> str:
    when = day(facts.effective_from, facts.zone, lang)
    return Text(
        f"下个月生效, 从{when}起。这个月还是原来的套餐。",
        f"From {when}, the next billing month. Until then your present plan stays.",
    ).say(lang)


def _undo(facts: Facts, lang: Lang) -> str:
    when = day(facts.effective_from, facts.zone, lang)
    return Text(f"{when}以前都可以视频取消。", f"You can take it back by video until {when}.").say(
        lang
    )


def plain(facts: Facts, lang: Lang) -> Plain:
    old, new, more = _name(facts, "from", lang), _name(facts, "to", lang), _difference(facts, lang)
    what = Text(
        f"尾号{facts.tail}: {old}换成{new}, 每月{more}。",
        f"Change your number ending in {facts.tail} from {old} to {new}. Each month: {more}.",
    )
    return Plain(what.say(lang), _fee(facts, lang), _from(facts, lang), _undo(facts, lang))


def receipt(facts: Facts, lang: Lang) -> Receipt:
    return Receipt(
        Text("套餐变更登记好了", "Your change of plan is booked").say(lang),
        (
            number_line(facts, lang),
            line("原来的套餐", "Present plan", _name(facts, "from", lang), lang),
            line("新套餐", "New plan", _name(facts, "to", lang), lang),
            line("每月变化", "Each month", _difference(facts, lang), lang),
            line("从哪天", "From", day(facts.effective_from, facts.zone, lang), lang),
            cost_line(_fee(facts, lang), lang),
            time_line(facts, lang),
        ),
        _undo(facts, lang),
    )


def sms(facts: Facts, lang: Lang) -> str:
    when = day(facts.effective_from, facts.zone, lang)
    return Text(
        f"您好, 尾号{facts.tail}的套餐{when}起换成{_name(facts, 'to', 'zh-CN')}, "
        f"{_fee(facts, 'zh-CN')}在那以前可以视频取消。",
        f"Your number ending in {facts.tail} changes to {_name(facts, 'to', 'en')} on {when}: "
        f"{_fee(facts, 'en')} Until then you can take it back by video.",
    ).say(lang)


_STAYS = Text("您可以以后再换套餐。", "You can change the plan again later.")


def undone_plain(facts: Facts, lang: Lang) -> Plain:
    what = Text(
        f"取消尾号{facts.tail}下个月的套餐变更, 继续用原来的套餐。",
        f"Take back next month's change of plan of your number ending in {facts.tail}; the present "
        "plan stays.",
    )
    at_once = Text("您确认后马上取消。", "At once, when you confirm.")
    return Plain(what.say(lang), NO_CHARGE.say(lang), at_once.say(lang), _STAYS.say(lang))


def undone_receipt(facts: Facts, lang: Lang) -> Receipt:
    return Receipt(
        Text("套餐变更取消了", "The change of plan is taken back").say(lang),
        (
            number_line(facts, lang),
            line("现在", "Now", Text("套餐不变", "Your plan stays as it is").say(lang), lang),
            cost_line(NO_CHARGE.say(lang), lang),
            time_line(facts, lang),
        ),
        _STAYS.say(lang),
    )


def undone_sms(facts: Facts, lang: Lang) -> str:
    return Text(
        f"您好, 尾号{facts.tail}的套餐变更已取消, 套餐不变。如果不是本人办理, 请马上联系我们。",
        f"The change of plan of your number ending in {facts.tail} is taken back. If this was not "
        "asked for, please call us at once.",
    ).say(lang)


ACTION = Action(
    id="change_plan",
    level=Level.L2,
    needs_independent_reference=False,
    requires_recording=True,
    undo_id="change_plan",
    inputs=ChangePlanInputs,
    plain=plain,
    receipt=receipt,
    sms=sms,
    undone=Words(undone_plain, undone_receipt, undone_sms),
)
