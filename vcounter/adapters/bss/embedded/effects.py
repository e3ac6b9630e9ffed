"""What each command changes in the operator's tables, within the caller's transaction."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping

from vcounter.adapters.bss.embedded.record import Record, load
from vcounter.adapters.bss.embedded.rules import REMIND_AFTER, Asked
from vcounter.adapters.bss.embedded.store import Store
from vcounter.adapters.bss.embedded.vault import Vault

Values = dict[str, str]
Effect = Callable[[Store, Vault, Asked, str], Awaitable[Values]]


async def bump(store: Store, sub: str) -> None:
    """Every change of a record is a new version of it."""
    await store.run("UPDATE subscribers SET version = version + 1 WHERE sub = ?", (sub,))


async def _suspend(store: Store, vault: Vault, asked: Asked, key: str) -> Values:
    starts = asked.starts_at
    await store.run(
        "INSERT INTO stops (sub, reason, since, starts_at, ordered_by, scope)"
        " VALUES (?, 'voluntary', ?, ?, ?, ?)",
        (
            asked.record.sub,
            asked.now.isoformat(),
            starts.isoformat(),
            key,
            asked.inputs.get("scope", "both"),
        ),
    )
    return {"starts_at": starts.isoformat()}


async def _resume(store: Store, vault: Vault, asked: Asked, key: str) -> Values:
    await store.run("DELETE FROM stops WHERE sub = ? AND reason = 'voluntary'", (asked.record.sub,))
    return {}


async def _report_loss(store: Store, vault: Vault, asked: Asked, key: str) -> Values:
    record = asked.record
    now = asked.now.isoformat()
    card_id = record.card.card_id if record.card else None
    await store.run(
        "INSERT INTO stops (sub, reason, since, starts_at, ordered_by, card_id)"
        " VALUES (?, 'lost', ?, ?, ?, ?)",
        (record.sub, now, now, key, card_id),
    )
    due = (asked.now + REMIND_AFTER).isoformat()
    sealed = vault.seal(_reminded(asked), f"reminders.recipient/{record.sub}")
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


async def _cancel_loss(store: Store, vault: Vault, asked: Asked, key: str) -> Values:
    sub = asked.record.sub
    await store.run("DELETE FROM stops WHERE sub = ? AND reason = 'lost'", (sub,))
    await store.run(
        "UPDATE reminders SET cancelled_at = ?"
        " WHERE sub = ? AND sent_at IS NULL AND cancelled_at IS NULL",
        (asked.now.isoformat(), sub),
    )
    return {}


async def _query_puk(store: Store, vault: Vault, asked: Asked, key: str) -> Values:
    """The code itself is not here: `reveal` reads it for this command alone, for a short time."""
    card = asked.record.card
    left = asked.inputs.get("tries_left", "")
    if card is not None and left:
        await store.run(
            "UPDATE cards SET puk_tries_left = ? WHERE card_id = ?", (int(left), card.card_id)
        )
    return {}


async def set_password(store: Store, asked: Asked, password_hash: str) -> None:
    """Replace the password's hash; the old one is void and the guess counter starts afresh."""
    await store.run(
        "UPDATE subscribers SET password_hash = ?, password_set_at = ?, password_tries = 0,"
        " password_tries_since = NULL WHERE sub = ?",
        (password_hash, asked.now.isoformat(), asked.record.sub),
    )


_EFFECTS: Mapping[str, Effect] = {
    "suspend_service": _suspend,
    "resume_service": _resume,
    "report_loss": _report_loss,
    "cancel_loss": _cancel_loss,
    "query_puk": _query_puk,
}
CHANGES_NOTHING = frozenset({"query_puk"})


async def apply(
    store: Store, vault: Vault, action_id: str, asked: Asked, key: str, password_hash: str
) -> tuple[Record, Values]:
    """Carry the action out; returns the record as it is now and the values of the result."""
    if action_id == "reset_service_password":
        await set_password(store, asked, password_hash)
        values: Values = {}
    else:
        values = await _EFFECTS[action_id](store, vault, asked, key)
    if action_id not in CHANGES_NOTHING:
        await bump(store, asked.record.sub)
    after = await load(store, vault, asked.record.person.msisdn)
    assert after is not None
    return after, {**values, "state_after": after.state(asked.now)}
