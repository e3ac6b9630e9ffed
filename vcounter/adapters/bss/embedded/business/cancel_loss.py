"""解挂: ends a reported loss while the lost card is still the one in use."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from vcounter.adapters.bss.embedded.business.base import Asked, Books, Business, Values
from vcounter.adapters.bss.embedded.record import Record
from vcounter.services.ports import Check


def _checks(asked: Asked) -> tuple[Check, ...]:
    lost = asked.record.stops.get("lost")
    card = asked.record.card
    same = lost is not None and card is not None and card.card_id == lost.card_id
    return (Check("is_lost", lost is not None), Check("not_replaced", lost is None or same))


async def _apply(books: Books, asked: Asked) -> Values:
    sub = asked.record.sub
    await books.store.run("DELETE FROM stops WHERE sub = ? AND reason = 'lost'", (sub,))
    await books.store.run(
        "UPDATE reminders SET cancelled_at = ?"
        " WHERE sub = ? AND sent_at IS NULL AND cancelled_at IS NULL",
        (asked.now.isoformat(), sub),
    )
    return {}


def _state_without(record: Record, reason: str, now: datetime) -> str:
    """The state that would be left if one stop were lifted."""
    left = {r: s for r, s in record.stops.items() if r != reason}
    return replace(record, stops=left).state(now)


BUSINESS = Business(
    id="cancel_loss",
    checks=_checks,
    apply=_apply,
    facts=lambda asked: {"state_after": _state_without(asked.record, "lost", asked.now)},
)
