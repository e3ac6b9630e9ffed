"""Months as bills name them: 2026-10, and as people say them."""

from __future__ import annotations

import re

from pydantic_core import PydanticCustomError

from vcounter.actions.base import Lang
from vcounter.actions.words import MONTHS

_MONTH = re.compile(r"20\d{2}-(0[1-9]|1[0-2])")


def billing_month(text: str) -> str:
    """Takes 2026-10, 2026-1, 2026年10月, 202610; gives 2026-10."""
    digits = re.sub(r"[年./]", "-", text.strip()).replace("月", "")
    if re.fullmatch(r"20\d{4}", digits):
        digits = f"{digits[:4]}-{digits[4:]}"
    year, dash, number = digits.partition("-")
    plain = f"{year}{dash}{number:0>2}"
    if not (plain.isascii() and _MONTH.fullmatch(plain)):
        raise PydanticCustomError("month", "not a month")
    return plain


def say_month(text: str, lang: Lang) -> str:
    """October 2026, 2026年10月."""
    year, number = text.split("-")
    if lang == "en":
        return f"{MONTHS[int(number) - 1]} {year}"
    return f"{year}年{int(number)}月"
