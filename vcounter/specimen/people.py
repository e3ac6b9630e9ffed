"""The portraits that fictitious subscribers borrow, and what each kind of person is for.

Every portrait is in the public domain (portraits/SOURCES.md). Names, numbers and addresses that
are drawn beside them are invented; see `card.Person`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Portraits:
    """JPEGs of one person. `live` is frontal and large enough for HeadModel.

    `independent` tells whether `enrolment` is another photograph than `live`; where only one
    public-domain photograph exists, the same one serves for all three.
    """

    live: bytes = field(repr=False)
    enrolment: bytes = field(repr=False)
    card: bytes = field(repr=False)
    independent: bool = True


_FILES = {
    "obama": ("obama_2012", "obama_blue_room", "obama_2009"),
    "biden": ("biden_blue_room", "biden_blue_room", "biden_blue_room"),
    "collins": ("collins", "collins", "collins"),
}


def portrait_file(name: str) -> bytes:
    """One committed JPEG by its file name without the suffix. Raises FileNotFoundError."""
    return (files("vcounter.specimen") / "portraits" / f"{name}.jpg").read_bytes()


@cache
def portraits() -> dict[str, Portraits]:
    """Person key -> portraits; the keys are stable: obama, biden, collins."""
    return {
        key: Portraits(
            portrait_file(live), portrait_file(enrolment), portrait_file(card), live != enrolment
        )
        for key, (live, enrolment, card) in _FILES.items()
    }
