"""Roaming periods of a number: per zone, from a day to a day, off by itself afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from vcounter.adapters.bss.embedded.business.base import Books, bump

BY_CLOCK = "clock"


@dataclass(frozen=True, slots=True)
class Period:
    """`state` is booked, on or over; `until_at` is the midnight that ends the last day."""

    made_by: str
    zone: str
    from_at: datetime
    until_at: datetime
    state: str
    ended_by: str | None

    @property
    def stands(self) -> bool:
        return self.state != "over"


async def periods_of(books: Books, sub: str) -> tuple[Period, ...]:
    rows = await books.store.all(
        "SELECT * FROM roaming WHERE sub = ? ORDER BY from_at, made_by", (sub,)
    )
    return tuple(
        Period(
            r["made_by"],
            r["zone"],
            datetime.fromisoformat(r["from_at"]),
            datetime.fromisoformat(r["until_at"]),
            r["state"],
            r["ended_by"],
        )
        for r in rows
    )


async def day_price(books: Books, zone: str) -> int | None:
    """In fen, for each day on which it is used; None for an unknown zone."""
    row = await books.store.one("SELECT day_fen FROM roaming_zones WHERE code = ?", (zone,))
    return int(row["day_fen"]) if row is not None else None


async def switch_due_roaming(books: Books, now: datetime, _: ZoneInfo) -> int:
    """Begin and end periods whose moment has come. Safe to repeat."""
    at = now.isoformat()
    begun = await books.store.all(
        "SELECT made_by, sub FROM roaming WHERE state = 'booked' AND from_at <= ?", (at,)
    )
    for row in begun:
        await books.store.run(
            "UPDATE roaming SET state = 'on' WHERE made_by = ?", (row["made_by"],)
        )
    ended = await books.store.all(
        "SELECT made_by, sub FROM roaming WHERE state = 'on' AND until_at <= ?", (at,)
    )
    for row in ended:
        await books.store.run(
            "UPDATE roaming SET state = 'over', ended_by = ? WHERE made_by = ?",
            (BY_CLOCK, row["made_by"]),
        )
    for row in (*begun, *ended):
        await bump(books.store, row["sub"])
    return len(begun) + len(ended)
