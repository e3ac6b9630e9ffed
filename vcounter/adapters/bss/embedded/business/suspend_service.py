"""停机保号: one voluntary stop, now or booked for a day."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from vcounter.adapters.bss.embedded.business.base import Asked, Books, Business, Values, not_lost
from vcounter.adapters.bss.embedded.record import ACTIVE
from vcounter.services.ports import Check

KEEP_NUMBER_FEN_A_MONTH = 500
BOOKING_DAYS = 90


def _start_date(asked: Asked) -> date:
    """The day it is asked from; today when none was given."""
    text = asked.inputs.get("start_date", "")
    return date.fromisoformat(text) if text else asked.today


def _starts_at(asked: Asked) -> datetime:
    """Now for today, else the midnight that begins the day."""
    start = _start_date(asked)
    if start <= asked.today:
        return asked.now
    return datetime.combine(start, time(), asked.zone).astimezone(asked.now.tzinfo)


def _checks(asked: Asked) -> tuple[Check, ...]:
    record = asked.record
    latest = asked.today + timedelta(days=BOOKING_DAYS)
    return (
        not_lost(asked),
        Check("is_active", record.state(asked.now) == ACTIVE),
        Check("no_open_order", not record.open_orders and "voluntary" not in record.stops),
        Check("start_date_allowed", asked.today <= _start_date(asked) <= latest),
    )


async def _apply(books: Books, asked: Asked) -> Values:
    starts = _starts_at(asked).isoformat()
    await books.store.run(
        "INSERT INTO stops (sub, reason, since, starts_at, ordered_by, scope)"
        " VALUES (?, 'voluntary', ?, ?, ?, ?)",
        (
            asked.record.sub,
            asked.now.isoformat(),
            starts,
            asked.key,
            asked.inputs.get("scope", "both"),
        ),
    )
    return {"starts_at": starts}


BUSINESS = Business(
    id="suspend_service",
    checks=_checks,
    apply=_apply,
    price_fen=lambda _: KEEP_NUMBER_FEN_A_MONTH,
    effective_from=_starts_at,
    facts=lambda _: {"price_per": "month"},
)
