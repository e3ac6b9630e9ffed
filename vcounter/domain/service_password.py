"""Service passwords that a stranger would try first: the operator and the counter refuse them."""

from __future__ import annotations

import re
from datetime import date
from itertools import pairwise

from vcounter.domain.ids import Msisdn

LENGTH = 6


def refuse_password(digits: str, msisdn: Msisdn, birth: date | None) -> str | None:
    """Why six digits cannot be a service password: `format`, `too_simple`, or None when they can.

    Too simple are: one digit repeated, steps up or down, two equal halves, fewer than three
    different digits, any part of the number itself, and the holder's birth date.
    """
    if not re.fullmatch(r"[0-9]{6}", digits):
        return "format"
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(digits)}
    if len(steps) == 1 and steps <= {0, 1, 9}:
        return "too_simple"
    if digits in msisdn or digits[:3] == digits[3:] or len(set(digits)) < 3:
        return "too_simple"
    if birth is not None and digits in (f"{birth:%y%m%d}", f"{birth:%Y%m}", f"{birth:%d%m%y}"):
        return "too_simple"
    return None
