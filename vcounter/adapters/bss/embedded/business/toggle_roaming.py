"""国际/港澳台漫游开通关闭: on for some days in one zone, off by itself; or off at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from vcounter.adapters.bss.embedded.accounts import Account, account_of
from vcounter.adapters.bss.embedded.business.base import (
    Asked,
    Books,
    Business,
    Undo,
    Values,
    not_lost,
)
from vcounter.adapters.bss.embedded.closings import no_arrears
from vcounter.adapters.bss.embedded.cycles import midnight
from vcounter.adapters.bss.embedded.features import Feature, features_of
from vcounter.adapters.bss.embedded.record import Record
from vcounter.adapters.bss.embedded.roaming import (
    Period,
    day_price,
    periods_of,
    switch_due_roaming,
)
from vcounter.services.ports import Check

BOOKING_DAYS = 180
LONGEST_DAYS = 90


@dataclass(frozen=True, slots=True)
class _Found:
    periods: tuple[Period, ...]
    day_fen: int | None
    features: Mapping[str, Feature]
    account: Account | None


async def _read(books: Books, record: Record, inputs: Mapping[str, str], _: datetime) -> _Found:
    return _Found(
        await periods_of(books, record.sub),
        await day_price(books, inputs.get("zone", "")),
        await features_of(books, record.sub),
        await account_of(books.store, record.sub),
    )


def _is_on(asked: Asked) -> bool:
    return asked.inputs.get("switch", "on") == "on"


def _days(asked: Asked) -> tuple[date, date] | None:
    """The first and the last day; the first is today when it is not given, the last never is."""
    first, last = asked.inputs.get("from_date", ""), asked.inputs.get("until_date", "")
    if not last:
        return None
    return (date.fromisoformat(first) if first else asked.today, date.fromisoformat(last))


def _dates_allowed(asked: Asked) -> bool:
    days = _days(asked)
    if days is None:
        return False
    first, last = days
    soon = asked.today <= first <= asked.today + timedelta(days=BOOKING_DAYS)
    return soon and first <= last < first + timedelta(days=LONGEST_DAYS)


def _span(asked: Asked) -> tuple[datetime, datetime]:
    days = _days(asked)
    if days is None:
        return asked.now, asked.now
    first, last = days
    until = midnight(last + timedelta(days=1), asked.zone, asked.now)
    return max(asked.now, midnight(first, asked.zone, asked.now)), until


def _standing(asked: Asked) -> list[Period]:
    zone = asked.inputs.get("zone", "")
    return [p for p in asked.read_as(_Found).periods if p.zone == zone and p.stands]


def _checks(asked: Asked) -> tuple[Check, ...]:
    found = asked.read_as(_Found)
    known = Check("zone_known", found.day_fen is not None)
    if not _is_on(asked):
        return (not_lost(asked), known, Check("roaming_is_on", bool(_standing(asked))))
    begins, ends = _span(asked)
    overlaps = any(p.from_at < ends and begins < p.until_at for p in _standing(asked))
    return (
        not_lost(asked),
        _owes_nothing(asked),
        known,
        Check("roaming_dates", _dates_allowed(asked)),
        Check("no_overlap", not overlaps),
        Check("data_is_on", found.features["mobile_data"].is_on),
        Check("device_checked", asked.inputs.get("device_checked") == "yes"),
    )


def _owes_nothing(asked: Asked) -> Check:
    """Neither a stop for debt nor, where the number has an account, anything demanded."""
    paid = no_arrears(asked.read_as(_Found).account).ok
    return Check("no_arrears", paid and "debt" not in asked.record.stops)


def _effective(asked: Asked) -> datetime:
    return _span(asked)[0] if _is_on(asked) else asked.now


def _price(asked: Asked) -> int:
    return asked.read_as(_Found).day_fen or 0 if _is_on(asked) else 0


def _facts(asked: Asked) -> Values:
    days = _days(asked) if _is_on(asked) else None
    if days is None:
        return {}
    return {
        "first_day": days[0].isoformat(),
        "last_day": days[1].isoformat(),
        "days": str((days[1] - days[0]).days + 1),
    }


async def _apply(books: Books, asked: Asked) -> Values:
    if not _is_on(asked):
        await books.store.run(
            "UPDATE roaming SET state = 'over', ended_by = ?"
            " WHERE sub = ? AND zone = ? AND state <> 'over'",
            (asked.key, asked.record.sub, asked.inputs["zone"]),
        )
        latest = max(p.until_at for p in _standing(asked))
        return {"undo_until": latest.isoformat()}
    begins, ends = _span(asked)
    await books.store.run(
        "INSERT INTO roaming (made_by, sub, zone, from_at, until_at, state)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (
            asked.key,
            asked.record.sub,
            asked.inputs["zone"],
            begins.isoformat(),
            ends.isoformat(),
            "on" if begins <= asked.now else "booked",
        ),
    )
    return {**_facts(asked), "undo_until": ends.isoformat()}


def _undoable(asked: Asked) -> list[Period]:
    """What the command switched on and still stands, or switched off and would still stand."""
    assert asked.original is not None
    key = asked.original.key
    return [
        p
        for p in asked.read_as(_Found).periods
        if (p.made_by == key and p.stands) or (p.ended_by == key and p.until_at > asked.now)
    ]


def _may_undo(asked: Asked) -> tuple[Check, ...]:
    return (not_lost(asked), Check("not_changed_since", bool(_undoable(asked))))


async def _undo(books: Books, asked: Asked) -> Values:
    for period in _undoable(asked):
        back = "booked" if period.from_at > asked.now else "on"
        state, by = ("over", asked.key) if period.stands else (back, None)
        await books.store.run(
            "UPDATE roaming SET state = ?, ended_by = ? WHERE made_by = ?",
            (state, by, period.made_by),
        )
    return {}


BUSINESS = Business(
    id="toggle_roaming",
    checks=_checks,
    apply=_apply,
    read=_read,
    price_fen=_price,
    effective_from=_effective,
    facts=_facts,
    undo=Undo(_may_undo, _undo),
    due=switch_due_roaming,
)
