"""Small phrases that all actions share: money, days, outcomes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, tzinfo

from pydantic.config import JsonDict

from vcounter.actions.base import Facts, Lang, Line, Text
from vcounter.domain.msisdn import mask_msisdn

NO_CHARGE = Text("不收费。", "Free of charge.")
SHOWN_AT_ONCE = Text("您确认后马上显示。", "At once, when you confirm.")
NO_CHANGE = Text("只是看一看, 什么都不会变。", "It is only looked at; nothing is changed.")

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def money(fen: int, lang: Lang) -> str:
    """Whole yuan without decimals: 5元, 5 yuan; otherwise two decimals."""
    amount = str(fen // 100) if fen % 100 == 0 else f"{fen / 100:.2f}"
    return f"{amount} yuan" if lang == "en" else f"{amount}元"


def day(moment: datetime, zone: tzinfo, lang: Lang) -> str:
    return date_words(moment.astimezone(zone).date(), lang)


def date_words(when: date, lang: Lang) -> str:
    if lang == "en":
        return f"{when.day} {MONTHS[when.month - 1]} {when.year}"
    return f"{when.year}年{when.month}月{when.day}日"


def minute(moment: datetime, zone: tzinfo, lang: Lang) -> str:
    local = moment.astimezone(zone)
    return f"{day(moment, zone, lang)} {local:%H:%M}"


def number_line(facts: Facts, lang: Lang) -> Line:
    return Line("Number" if lang == "en" else "号码", mask_msisdn(facts.msisdn))


def line(zh: str, en: str, value: str, lang: Lang) -> Line:
    return Line(Text(zh, en).say(lang), value)


def time_line(facts: Facts, lang: Lang) -> Line:
    return line("办理时间", "Done at", minute(facts.now, facts.zone, lang), lang)


def cost_line(value: str, lang: Lang) -> Line:
    return line("费用", "Cost", value, lang)


def options(texts: Mapping[str, Text]) -> JsonDict:
    """The names of a choice's values, as the form's schema holds them."""
    return {code: {"zh": text.zh, "en": text.en} for code, text in texts.items()}
