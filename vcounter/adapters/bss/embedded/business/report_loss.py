"""挂失: bars the number until it is cancelled or the card replaced, reminds after seven days."""

from __future__ import annotations

import re
from datetime import timedelta

from vcounter.adapters.bss.embedded.business.base import Asked, Books, Business, Values, not_lost
from vcounter.adapters.bss.embedded.record import ACTIVE
from vcounter.services.ports import Check

REMIND_AFTER = timedelta(days=7)


def _checks(asked: Asked) -> tuple[Check, ...]:
    record = asked.record
    return (
        not_lost(asked),
        Check("active_or_suspended", record.state(asked.now) in (ACTIVE, "SUSPENDED_VOL")),
        Check("other_call_back", asked.inputs.get("call_back", "") != record.person.msisdn),
    )


async def _apply(books: Books, asked: Asked) -> Values:
    record, store = asked.record, books.store
    now = asked.now.isoformat()
    card_id = record.card.card_id if record.card else None
    await store.run(
        "INSERT INTO stops (sub, reason, since, starts_at, ordered_by, card_id)"
        " VALUES (?, 'lost', ?, ?, ?, ?)",
        (record.sub, now, now, asked.key, card_id),
    )
    due = (asked.now + REMIND_AFTER).isoformat()
    sealed = books.vault.seal(_reminded(asked), f"reminders.recipient/{record.sub}")
    await store.run(
        "INSERT INTO reminders (sub, due_at, recipient) VALUES (?, ?, ?)",
        (record.sub, due, sealed),
    )
    return {"reminder_on": due}


def _reminded(asked: Asked) -> str:
    """The call-back number when it can take an SMS, else the alternate contact, else nobody."""
    call_back = asked.inputs.get("call_back", "")
    if re.fullmatch(r"1[3-9]\d{9}", call_back) and call_back != asked.record.person.msisdn:
        return call_back
    return asked.record.person.alternate_contact or ""


BUSINESS = Business(
    id="report_loss",
    checks=_checks,
    apply=_apply,
    facts=lambda asked: {"reminder_on": (asked.now + REMIND_AFTER).isoformat()},
)
