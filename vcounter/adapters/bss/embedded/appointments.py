"""A fitter's visit on a half day in a district: as many as there are crews, and no more."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from vcounter.adapters.bss.embedded.business.base import Asked, Books, Part, Values
from vcounter.adapters.bss.embedded.cases import case_of
from vcounter.services.ports import Check

HALVES = ("morning", "afternoon")
CREWS = 3  # of a district on a half day, where `slots` says nothing else
BOOKABLE_DAYS = 14


@dataclass(frozen=True, slots=True)
class Window:
    """One half day in one district, and whether a crew is left."""

    district: str
    day: date
    half: str
    left: int


def day_allowed(asked: Asked) -> bool:
    """From tomorrow on, two weeks ahead."""
    first = asked.today + timedelta(days=1)
    return first <= _day(asked) <= asked.today + timedelta(days=BOOKABLE_DAYS)


def _day(asked: Asked) -> date:
    """The day of the visit, of the command that is undone if there is one; else tomorrow."""
    given = asked.original.values if asked.original is not None else asked.inputs
    text = given.get("day", "")
    return date.fromisoformat(text) if text else asked.today + timedelta(days=1)


async def window(books: Books, district: str, inputs: Mapping[str, str]) -> Window | None:
    """The half day that `day` and `half` name; None where they name none."""
    if "day" not in inputs:
        return None
    day, half = date.fromisoformat(inputs["day"]), inputs.get("half", HALVES[0])
    where = (district, day.isoformat(), half)
    row = await books.store.one(
        "SELECT capacity FROM slots WHERE district = ? AND day = ? AND half = ?", where
    )
    taken = await books.store.one(
        "SELECT COUNT(*) AS n FROM bookings"
        " WHERE district = ? AND day = ? AND half = ? AND state = 'booked'",
        where,
    )
    assert taken is not None
    capacity = int(row["capacity"]) if row is not None else CREWS
    return Window(district, day, half, capacity - int(taken["n"]))


async def set_capacity(books: Books, district: str, day: date, half: str, crews: int) -> None:
    """The operator's own word on a half day: a holiday, or crews elsewhere."""
    await books.store.run(
        "INSERT INTO slots (district, day, half, capacity) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (district, day, half) DO UPDATE SET capacity = excluded.capacity",
        (district, day.isoformat(), half, crews),
    )


async def book(books: Books, asked: Asked, case_no: str, at: Window) -> None:
    """Take the place within the caller's transaction, which asked before whether one is left."""
    await books.store.run(
        "INSERT INTO bookings (made_by, sub, case_no, district, day, half, state)"
        " VALUES (?, ?, ?, ?, ?, ?, 'booked')",
        (asked.key, asked.record.sub, case_no, at.district, at.day.isoformat(), at.half),
    )


async def free(books: Books, case_no: str) -> None:
    """Give the place of a case back."""
    await books.store.run("UPDATE bookings SET state = 'cancelled' WHERE case_no = ?", (case_no,))


def visit_begins(asked: Asked) -> datetime:
    """Until then it can be called off: the midnight before the visit's day."""
    return datetime.combine(_day(asked), time(), asked.zone)


def place_left(asked: Asked, at: Window | None) -> tuple[Check, ...]:
    """The day may be booked, and a crew is left on its half."""
    return (
        Check("visit_day_allowed", day_allowed(asked)),
        Check("visit_slot_free", at is not None and at.left > 0),
    )


def main_key(asked: Asked) -> str:
    """The key of the command that a part follows: the part's own is made from it."""
    return asked.key.rpartition("#")[0]


def appointment(place_of: Callable[[Asked], Window | None]) -> Part:
    """The fitter's visit of a case as a part of its order: refused once the half day is gone."""

    def checks(asked: Asked) -> tuple[Check, ...]:
        return place_left(asked, place_of(asked))

    async def apply(books: Books, asked: Asked) -> Values:
        place, case = place_of(asked), await case_of(books, main_key(asked))
        assert place is not None
        assert case is not None
        await book(books, asked, case["no"], place)
        return {"work_order": case["work_order"], "half": place.half}

    return Part(checks, apply)


def may_call_off(asked: Asked, mine: Collection[str]) -> tuple[Check, ...]:
    """The case that is to be undone stands open, and the day of its visit has not begun."""
    assert asked.original is not None
    return (
        Check("case_open", asked.original.key in mine),
        Check("before_visit", asked.now < visit_begins(asked)),
    )
