"""过户预约: an appointment of both holders at a hall; the owner changes there, never by this."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from vcounter.adapters.bss.embedded.accounts import Account, account_of
from vcounter.adapters.bss.embedded.business.base import (
    Asked,
    Books,
    Business,
    Undo,
    Values,
    no_other_stop,
    not_lost,
)
from vcounter.adapters.bss.embedded.closings import no_arrears
from vcounter.adapters.bss.embedded.holders import document_name, months_before
from vcounter.adapters.bss.embedded.record import Record, load
from vcounter.services.ports import Check

KIND = "ownership_transfer"
AT_ONCE = 2  # clerks for transfers in a hall
BOOKING_DAYS = 30
OWNED_MONTHS = 3
_BEGINS = {"am": time(9), "pm": time(14)}


@dataclass(frozen=True, slots=True)
class _Found:
    second: Record | None
    is_other: bool
    taken: int
    account: Account | None
    booked: str  # the command that booked what still stands, or empty


async def _read(books: Books, record: Record, inputs: Mapping[str, str], now: datetime) -> _Found:
    store, vault = books.store, books.vault
    second = await load(store, vault, inputs.get("second_msisdn", ""))
    if second is not None and second.is_closed:
        second = None
    same = second is not None and document_name(vault, second.person) == document_name(
        vault, record.person
    )
    taken = await store.one(
        "SELECT count(*) AS n FROM hall_bookings"
        " WHERE hall = ? AND day = ? AND half = ? AND cancelled_at IS NULL",
        (inputs.get("hall", ""), inputs.get("day", ""), inputs.get("half", "")),
    )
    booked = await store.one(
        "SELECT made_by FROM hall_bookings"
        " WHERE sub = ? AND kind = ? AND day >= ? AND cancelled_at IS NULL LIMIT 1",
        (record.sub, KIND, now.date().isoformat()),
    )
    return _Found(
        second=second,
        is_other=not same,
        taken=taken["n"] if taken else 0,
        account=await account_of(store, record.sub),
        booked=booked["made_by"] if booked else "",
    )


def _day(asked: Asked) -> date:
    return date.fromisoformat(asked.inputs.get("day", "") or asked.today.isoformat())


def _starts_at(asked: Asked) -> datetime:
    begins = _BEGINS[asked.inputs.get("half", "am")]
    return datetime.combine(_day(asked), begins, asked.zone).astimezone(asked.now.tzinfo)


def _checks(asked: Asked) -> tuple[Check, ...]:
    found, record = asked.read_as(_Found), asked.record
    known = found.second is not None
    old = months_before(asked.now.astimezone(asked.zone), OWNED_MONTHS)
    day, first = _day(asked), asked.today + timedelta(days=1)
    return (
        not_lost(asked),
        Check("held_three_months", record.person.opened_on <= old),
        *no_other_stop(asked),
        no_arrears(found.account),
        Check("no_open_order", not record.open_orders),
        Check("second_known", known),
        Check("other_person", not known or found.is_other),
        Check("not_booked_yet", not found.booked),
        Check("day_allowed", first <= day <= asked.today + timedelta(days=BOOKING_DAYS)),
        Check("slot_free", found.taken < AT_ONCE),
    )


async def _apply(books: Books, asked: Asked) -> Values:
    starts = _starts_at(asked)
    await books.store.run(
        "INSERT INTO hall_bookings (made_by, sub, kind, hall, day, half, other)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            asked.key,
            asked.record.sub,
            KIND,
            asked.inputs.get("hall", ""),
            asked.inputs.get("day", ""),
            asked.inputs.get("half", ""),
            books.vault.name(asked.inputs.get("second_msisdn", "")),
        ),
    )
    return {"starts_at": starts.isoformat(), "undo_until": starts.isoformat()}


def _undo_checks(asked: Asked) -> tuple[Check, ...]:
    original = asked.original
    assert original is not None
    starts = datetime.fromisoformat(original.values["starts_at"])
    return (
        Check("still_booked", asked.read_as(_Found).booked == original.key),
        Check("before_appointment", asked.now < starts),
    )


async def _undo(books: Books, asked: Asked) -> Values:
    assert asked.original is not None
    await books.store.run(
        "UPDATE hall_bookings SET cancelled_at = ? WHERE made_by = ? AND cancelled_at IS NULL",
        (asked.now.isoformat(), asked.original.key),
    )
    return {}


BUSINESS = Business(
    id="book_ownership_transfer",
    checks=_checks,
    apply=_apply,
    read=_read,
    effective_from=_starts_at,
    undo=Undo(_undo_checks, _undo),
    changes=False,
)
