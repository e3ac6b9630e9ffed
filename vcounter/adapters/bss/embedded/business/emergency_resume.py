"""紧急开机: a day of service for a number that owes, once a month, up to a cap; then it stops again
by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from vcounter.adapters.bss.embedded.accounts import TRUSTED_CLASSES, account_of
from vcounter.adapters.bss.embedded.business.base import (
    Asked,
    Books,
    Business,
    Values,
    bump,
    not_lost,
)
from vcounter.adapters.bss.embedded.record import Record
from vcounter.services.ports import Check

GRANT = timedelta(hours=24)
CAP_FEN = 2000


@dataclass(frozen=True, slots=True)
class _Credit:
    """Whether the account is trusted, and the months in which a grant was given."""

    trusted: bool
    granted: frozenset[str]


async def _read(books: Books, record: Record, _: Mapping[str, str], __: datetime) -> object:
    account = await account_of(books.store, record.sub)
    rows = await books.store.all("SELECT period FROM grants WHERE sub = ?", (record.sub,))
    trusted = account is not None and account.credit_class in TRUSTED_CLASSES
    return _Credit(trusted, frozenset(row["period"] for row in rows))


def _period(asked: Asked) -> str:
    return f"{asked.today.year}-{asked.today.month:02d}"


def _checks(asked: Asked) -> tuple[Check, ...]:
    credit = asked.read_as(_Credit)
    return (
        not_lost(asked),
        Check("stopped_for_debt", asked.record.state(asked.now) == "SUSPENDED_DEBT"),
        Check("no_grant_this_month", _period(asked) not in credit.granted),
        Check("credit_allows", credit.trusted),
    )


def _facts(asked: Asked) -> Values:
    return {"ends_at": (asked.now + GRANT).isoformat(), "cap_fen": str(CAP_FEN)}


async def _apply(books: Books, asked: Asked) -> Values:
    values = _facts(asked)
    await books.store.run(
        "INSERT INTO grants (made_by, sub, period, granted_at, ends_at, cap_fen)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (
            asked.key,
            asked.record.sub,
            _period(asked),
            asked.now.isoformat(),
            values["ends_at"],
            CAP_FEN,
        ),
    )
    return values


async def _due(books: Books, now: datetime, _: ZoneInfo) -> int:
    rows = await books.store.all(
        "SELECT made_by, sub FROM grants WHERE ended_at IS NULL AND ends_at <= ?",
        (now.isoformat(),),
    )
    for row in rows:
        await books.store.run(
            "UPDATE grants SET ended_at = ends_at WHERE made_by = ?", (row["made_by"],)
        )
        await bump(books.store, row["sub"])
    return len(rows)


BUSINESS = Business(
    id="emergency_resume", checks=_checks, apply=_apply, read=_read, facts=_facts, due=_due
)
