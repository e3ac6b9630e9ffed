"""Mobile numbers of mainland China: parsing and masking."""

from __future__ import annotations

import re

from vcounter.domain.errors import InvalidInput
from vcounter.domain.ids import Msisdn

_MOBILE = re.compile(r"1[3-9]\d{9}")


def parse_msisdn(text: str, field: str = "msisdn") -> Msisdn:
    """Accept spaces, dashes and +86; raises InvalidInput for anything that is not 11 digits."""
    digits = re.sub(r"[\s-]", "", text).removeprefix("+86")
    if not (digits.isascii() and _MOBILE.fullmatch(digits)):
        raise InvalidInput("not a mobile number", field=field, reason="msisdn")
    return Msisdn(digits)


def mask_msisdn(number: str) -> str:
    """138****6021: first three and last four digits."""
    return f"{number[:3]}****{number[-4:]}" if len(number) >= 8 else "****"
