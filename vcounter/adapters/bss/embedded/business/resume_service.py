"""复机: lifts the customer's own stop, or withdraws a booked one; never anybody else's."""

from __future__ import annotations

from datetime import timedelta

from vcounter.adapters.bss.embedded.business.base import (
    Asked,
    Books,
    Business,
    Values,
    no_other_stop,
    not_lost,
)
from vcounter.services.ports import Check

RESUME_WITHIN = timedelta(hours=24)


def _checks(asked: Asked) -> tuple[Check, ...]:
    return (
        not_lost(asked),
        Check("stopped_by_customer", "voluntary" in asked.record.stops),
        *no_other_stop(asked),
    )


def _facts(asked: Asked) -> Values:
    stop = asked.record.stops.get("voluntary")
    planned = stop is not None and not stop.bites(asked.now)
    latest = asked.now + RESUME_WITHIN
    return {"planned": "yes" if planned else "no", "latest": latest.isoformat()}


async def _apply(books: Books, asked: Asked) -> Values:
    await books.store.run(
        "DELETE FROM stops WHERE sub = ? AND reason = 'voluntary'", (asked.record.sub,)
    )
    return {}


BUSINESS = Business(id="resume_service", checks=_checks, apply=_apply, facts=_facts)
