"""Call and data records of a number: sealed, kept for six months, for its holder's eyes alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from vcounter.adapters.bss.embedded.business.base import Books
from vcounter.adapters.bss.embedded.cycles import months_before

KEEP_MONTHS = 6
_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Usage:
    """`kind` is call_out, call_in, text or data; `amount` is seconds, texts or MB."""

    at: datetime
    kind: str
    amount: int
    fee_fen: int
    other: str = field(default="", repr=False)

    def day(self, zone: ZoneInfo) -> date:
        return self.at.astimezone(zone).date()


def kept_since(today: date) -> date:
    """The oldest day whose records are kept."""
    return months_before(today, KEEP_MONTHS)


async def add_usage(books: Books, sub: str, records: Sequence[Usage], zone: ZoneInfo) -> None:
    """Within the caller's transaction."""
    for start in range(0, len(records), _AT_ONCE):
        some = records[start : start + _AT_ONCE]
        values: list[object] = []
        for usage in some:
            sealed = books.vault.seal(_dump(usage), f"usage_records.detail/{sub}")
            values += [sub, usage.day(zone).isoformat(), sealed]
        places = ", ".join(["(?, ?, ?)"] * len(some))
        await books.store.run(
            f"INSERT INTO usage_records (sub, day, detail) VALUES {places}",  # noqa: S608 - no input
            values,
        )


async def usage_between(
    books: Books, sub: str, first: date, last: date, limit: int
) -> tuple[list[Usage], int]:
    """The latest records of some days, newest first, and how many older ones are left out."""
    rows = await books.store.all(
        "SELECT detail FROM usage_records WHERE sub = ? AND day BETWEEN ? AND ?",
        (sub, first.isoformat(), last.isoformat()),
    )
    place = f"usage_records.detail/{sub}"
    found = [_load(books.vault.text(row["detail"], place)) for row in rows]
    found.sort(key=lambda usage: usage.at, reverse=True)
    return found[:limit], max(0, len(found) - limit)


async def forget_old_usage(books: Books, now: datetime, zone: ZoneInfo) -> int:
    """Delete what is older than it may be kept. Safe to repeat."""
    oldest = kept_since(now.astimezone(zone).date())
    return await books.store.run("DELETE FROM usage_records WHERE day < ?", (oldest.isoformat(),))


def _dump(usage: Usage) -> str:
    return json.dumps({**asdict(usage), "at": usage.at.isoformat()})


def _load(text: str) -> Usage:
    said = json.loads(text)
    return Usage(**{**said, "at": datetime.fromisoformat(said["at"])})
