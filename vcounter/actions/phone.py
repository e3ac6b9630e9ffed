"""A phone number that somebody dictates: a mobile number, or a landline with its area code."""

from __future__ import annotations

import re

from pydantic_core import PydanticCustomError

# 0 + 2-3 digits of the area, then 7-8 digits, is a landline.
_PHONE = re.compile(r"1[3-9]\d{9}|0\d{2,3}\d{7,8}")
_MOBILE = re.compile(r"1[3-9]\d{9}")


def phone(text: str) -> str:
    """The bare digits. Raises PydanticCustomError `phone`."""
    return _kept(text, _PHONE)


def mobile(text: str) -> str:
    """The same, for a number that must be able to take an SMS."""
    return _kept(text, _MOBILE)


def _kept(text: str, pattern: re.Pattern[str]) -> str:
    digits = re.sub(r"[\s-]", "", text).removeprefix("+86")
    if not (digits.isascii() and pattern.fullmatch(digits)):
        raise PydanticCustomError("phone", "not a phone number")
    return digits
