"""Value-added services of a number, by the operator's catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from vcounter.adapters.bss.embedded.business.base import Books, bump
from vcounter.adapters.bss.embedded.store import Store


@dataclass(frozen=True, slots=True)
class AddOn:
    """A service that a number has or had. `ends` tells whether a cancelled one runs to the end of
    the month; `state` is on, ending or ended."""

    code: str
    state: str
    fee_fen: int
    ends: str
    cancelled_by: str | None


async def add_ons_of(books: Books, sub: str) -> tuple[AddOn, ...]:
    rows = await books.store.all(
        "SELECT a.code, a.state, a.cancelled_by, s.fee_fen, s.ends FROM add_ons a"
        " JOIN services s USING (code) WHERE a.sub = ? ORDER BY a.code",
        (sub,),
    )
    return tuple(
        AddOn(r["code"], r["state"], r["fee_fen"], r["ends"], r["cancelled_by"]) for r in rows
    )


async def subscribe(store: Store, sub: str, codes: Sequence[str], since: datetime) -> None:
    """Add services within the caller's transaction; one that is there already stays."""
    for code in codes:
        await store.run(
            "INSERT INTO add_ons (sub, code, since, state) VALUES (?, ?, ?, 'on')"
            " ON CONFLICT DO NOTHING",
            (sub, code, since.isoformat()),
        )


async def end_due_add_ons(books: Books, now: datetime, _: ZoneInfo) -> int:
    """End what runs out by now. Safe to repeat."""
    rows = await books.store.all(
        "SELECT sub, code FROM add_ons WHERE state = 'ending' AND ends_at <= ?", (now.isoformat(),)
    )
    for row in rows:
        await books.store.run(
            "UPDATE add_ons SET state = 'ended' WHERE sub = ? AND code = ?",
            (row["sub"], row["code"]),
        )
        await bump(books.store, row["sub"])
    return len(rows)
