"""What all actions of two holders share: the second one is named by a number of their own.

The second holder is checked by a record of their own at the operator, so they need a number of
their own; who has none yet goes to a hall.
"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from vcounter.actions.base import ActionInputs

SECOND_MSISDN = "second_msisdn"


def mobile(text: str) -> str:
    """A mobile number without blanks and country code."""
    digits = re.sub(r"[\s-]", "", text).removeprefix("+86")
    if not (digits.isascii() and re.fullmatch(r"1[3-9]\d{9}", digits)):
        raise PydanticCustomError("phone", "not a mobile number")
    return digits


class TwoHolders(ActionInputs):
    """Base of the input models of actions with `second_party`."""

    second_msisdn: Annotated[str, AfterValidator(mobile)] = Field(
        max_length=24,
        json_schema_extra={
            "x-zh": "另一位办理人自己的手机号",
            "x-en": "The second holder's own number",
            "x-widget": "phone",
        },
    )
