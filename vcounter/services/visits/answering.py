"""What every answer of the customer's is handled with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from vcounter.domain.errors import InvalidInput
from vcounter.domain.steps import Step
from vcounter.domain.visit import Visit
from vcounter.services.context import Deps
from vcounter.services.ports import UnitOfWork

Answer = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Answering:
    """One answer within its transaction. `gone` collects the keys of blobs whose rows it deleted:
    their bytes go after the commit."""

    uow: UnitOfWork
    deps: Deps
    visit: Visit
    step: Step
    given: Answer
    gone: list[str] = field(default_factory=list)

    def flag(self, name: str) -> bool:
        """A yes or a no. Raises InvalidInput."""
        value = self.given.get(name)
        if not isinstance(value, bool):
            raise InvalidInput(name, field=f"answer.{name}", reason="boolean")
        return value

    def digits(self) -> str:
        """What was keyed. Raises InvalidInput."""
        return digits_of(self.given)


def digits_of(given: Answer) -> str:
    """ASCII digits, 20 at most. Raises InvalidInput."""
    digits = str(given.get("digits", ""))
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 20):
        raise InvalidInput("digits only", field="answer.digits", reason="digits")
    return digits
