"""宽带移机预约: the line goes along to the new home, on a half day that the customer chose."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from vcounter.actions.base import Action, ActionInputs, Facts, Lang, Plain, Receipt, Text, Words
from vcounter.actions.home_words import (
    ACCOUNT,
    CANCELLED_NOW,
    DAY,
    UNTIL_VISIT,
    Account,
    Half,
    case_lines,
    line_tail,
    visit_at,
)
from vcounter.actions.words import NO_CHARGE, cost_line, line, money, number_line, time_line
from vcounter.domain.identity import Level


class RelocateInputs(ActionInputs):
    account: Account = ACCOUNT
    new_address: str = Field(
        min_length=3,
        max_length=60,
        json_schema_extra={
            "x-zh": "新地址 (区、路、门牌号)",
            "x-en": "New address (district, road, number)",
        },
    )
    day: date = DAY
    half: Half = "morning"


def _address(facts: Facts, lang: Lang) -> str:
    return facts.operator.get("address_en" if lang == "en" else "address_zh", "")


def _fee(facts: Facts, lang: Lang) -> str:
    fee = money(facts.price_fen, lang)
    return f"{fee}, once." if lang == "en" else f"移机费{fee}, 只收一次。"


def plain(facts: Facts, lang: Lang) -> Plain:
    what = Text(
        f"把尾号{facts.tail}名下的宽带(账号尾号{line_tail(facts)})移到{_address(facts, 'zh-CN')}。",
        f"Move the broadband (account ending in {line_tail(facts)}) of your number ending in "
        f"{facts.tail} to {_address(facts, 'en')}.",
    )
    when = Text(
        f"师傅{visit_at(facts, 'zh-CN')}上门, 装好就能用。",
        f"The fitter comes on {visit_at(facts, 'en')}; it works from then on.",
    )
    return Plain(what.say(lang), _fee(facts, lang), when.say(lang), UNTIL_VISIT.say(lang))


def receipt(facts: Facts, lang: Lang) -> Receipt:
    return Receipt(
        Text("宽带移机约好了", "Your move is booked").say(lang),
        (
            number_line(facts, lang),
            *case_lines(facts, lang),
            line("新地址", "New address", _address(facts, lang), lang),
            line("师傅上门", "Fitter comes", visit_at(facts, lang), lang),
            cost_line(_fee(facts, lang), lang),
            time_line(facts, lang),
        ),
        UNTIL_VISIT.say(lang),
    )


def sms(facts: Facts, lang: Lang) -> str:
    no = facts.operator.get("case_no", "")
    return Text(
        f"您好, 尾号{facts.tail}名下宽带已约移机, 单号{no}, 师傅{visit_at(facts, 'zh-CN')}上门。"
        f"{_fee(facts, 'zh-CN')}",
        f"Moving the broadband of your number ending in {facts.tail}: order {no}; the fitter comes "
        f"on {visit_at(facts, 'en')}. {_fee(facts, 'en')}",
    ).say(lang)


def _undone_plain(facts: Facts, lang: Lang) -> Plain:
    what = Text(
        f"取消尾号{facts.tail}名下宽带的移机, 宽带留在原来的地方。",
        f"Cancel the move of the broadband of your number ending in {facts.tail}; it stays where "
        "it is.",
    )
    again = Text("想移机可以再约。", "You can book it again at any time.")
    return Plain(what.say(lang), NO_CHARGE.say(lang), CANCELLED_NOW.say(lang), again.say(lang))


def _undone_receipt(facts: Facts, lang: Lang) -> Receipt:
    return Receipt(
        Text("移机取消了", "Your move is cancelled").say(lang),
        (number_line(facts, lang), *case_lines(facts, lang), time_line(facts, lang)),
    )


def _undone_sms(facts: Facts, lang: Lang) -> str:
    return Text(
        f"您好, 尾号{facts.tail}名下宽带的移机已取消, 不收费。",
        f"The move of the broadband of your number ending in {facts.tail} is cancelled, free of "
        "charge.",
    ).say(lang)


ACTION = Action(
    id="broadband_relocate",
    level=Level.L2,
    needs_independent_reference=False,
    requires_recording=True,
    undo_id="broadband_relocate",
    inputs=RelocateInputs,
    plain=plain,
    receipt=receipt,
    sms=sms,
    undone=Words(_undone_plain, _undone_receipt, _undone_sms),
    parts=("appointment",),
)
