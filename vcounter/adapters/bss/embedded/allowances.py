"""What a plan includes in one billing cycle, and how much of it is used."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from vcounter.adapters.bss.embedded.business.base import Books
from vcounter.adapters.bss.embedded.cycles import cycle_of


class Included(Protocol):
    """What a plan gives each cycle."""

    @property
    def data_mb(self) -> int: ...
    @property
    def minutes(self) -> int: ...
    @property
    def texts(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Allowance:
    """One kind (data in MB, voice in minutes, texts) in one cycle."""

    kind: str
    included: int
    used: int

    @property
    def left(self) -> int:
        return max(0, self.included - self.used)


def included_in(plan: Included) -> tuple[tuple[str, int], ...]:
    return (("data", plan.data_mb), ("voice", plan.minutes), ("texts", plan.texts))


async def open_cycle(
    books: Books, sub: str, plan: Included, moment: datetime, zone: ZoneInfo
) -> None:
    """The cycle of this moment gives what the plan gives; what was used stays used."""
    for kind, amount in included_in(plan):
        await books.store.run(
            "INSERT INTO allowances (sub, cycle, kind, included, used) VALUES (?, ?, ?, ?, 0)"
            " ON CONFLICT (sub, cycle, kind) DO UPDATE SET included = excluded.included",
            (sub, cycle_of(moment, zone), kind, amount),
        )


async def note_use(books: Books, sub: str, moment: datetime, zone: ZoneInfo, **used: int) -> None:
    """Set how much of each kind was used in the cycle of this moment."""
    for kind, amount in used.items():
        await books.store.run(
            "UPDATE allowances SET used = ? WHERE sub = ? AND cycle = ? AND kind = ?",
            (amount, sub, cycle_of(moment, zone), kind),
        )


async def allowances_of(
    books: Books, sub: str, plan: Included, moment: datetime, zone: ZoneInfo
) -> tuple[Allowance, ...]:
    """Every kind in the cycle of this moment; nothing is used in one that was not opened yet."""
    rows = await books.store.all(
        "SELECT kind, included, used FROM allowances WHERE sub = ? AND cycle = ?",
        (sub, cycle_of(moment, zone)),
    )
    found = {r["kind"]: Allowance(r["kind"], r["included"], r["used"]) for r in rows}
    return tuple(found.get(kind, Allowance(kind, n, 0)) for kind, n in included_in(plan))


async def open_due_cycles(books: Books, now: datetime, zone: ZoneInfo) -> int:
    """Open the running cycle for every number that has none yet. Safe to repeat."""
    return await books.store.run(
        "INSERT INTO allowances (sub, cycle, kind, included, used)"
        " SELECT sub, ?, kind, included, 0 FROM (SELECT sub, 'data' AS kind, data_mb AS included"
        "  FROM number_plans JOIN plans USING (code)"
        "  UNION ALL SELECT sub, 'voice', minutes FROM number_plans JOIN plans USING (code)"
        "  UNION ALL SELECT sub, 'texts', texts FROM number_plans JOIN plans USING (code))"
        " WHERE true ON CONFLICT DO NOTHING",
        (cycle_of(now, zone),),
    )
