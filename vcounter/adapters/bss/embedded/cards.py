"""SIM cards: making one, putting it in the place of another, and what makes that risky."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from vcounter.adapters.bss.embedded.record import Record
from vcounter.adapters.bss.embedded.store import Store
from vcounter.adapters.bss.embedded.vault import Vault

SWAP_EVERY = timedelta(days=30)
CONTACT_IS_FRESH = timedelta(days=7)
PASSWORD_IS_FRESH = timedelta(hours=24)
FRAUD, CONTACT_CHANGED = "fraud", "contact_changed"


@dataclass(frozen=True, slots=True)
class NewCard:
    """A card that was made; `iccid` is printed on it."""

    card_id: str
    iccid: str


async def add_card(
    store: Store,
    vault: Vault,
    sub: str,
    *,
    puk: str | None = None,
    iccid: str | None = None,
    status: str = "in_use",
) -> NewCard:
    """Make a card with a random PUK, in use or `issued` (made, not active).

    ITU-T E.118: 89 86 (telecom, China), issuer, random account digits; 20 in all.
    """
    iccid = iccid or "898600" + "".join(secrets.choice("0123456789") for _ in range(14))
    card_id = vault.name(iccid)
    code = puk or f"{secrets.randbelow(10**8):08d}"
    await store.run(
        "INSERT INTO cards (card_id, sub, iccid, iccid_tail, imsi_tail, pin, puk,"
        " puk_tries_left, status) VALUES (?, ?, ?, ?, ?, ?, ?, 10, ?)",
        (
            card_id,
            sub,
            vault.seal(iccid, f"cards.iccid/{card_id}"),
            iccid[-4:],
            f"{secrets.randbelow(10**4):04d}",
            vault.seal("1234", f"cards.pin/{card_id}"),
            vault.seal(code, f"cards.puk/{card_id}"),
            status,
        ),
    )
    return NewCard(card_id, iccid)


async def void_cards(store: Store, sub: str) -> None:
    """No card of the number works any more, nor can one that is on its way."""
    await store.run("UPDATE cards SET status = 'void' WHERE sub = ?", (sub,))


async def note_swap(store: Store, sub: str, now: datetime, by: str) -> None:
    """Another card is in use now."""
    await store.run(
        "INSERT INTO sim_swaps (sub, at, made_by) VALUES (?, ?, ?)", (sub, now.isoformat(), by)
    )


async def end_loss(store: Store, sub: str, now: datetime) -> None:
    """The lost card is replaced: the loss and its reminder are over."""
    await store.run("DELETE FROM stops WHERE sub = ? AND reason = 'lost'", (sub,))
    await store.run(
        "UPDATE reminders SET cancelled_at = ?"
        " WHERE sub = ? AND sent_at IS NULL AND cancelled_at IS NULL",
        (now.isoformat(), sub),
    )


async def swapped_since(store: Store, sub: str, since: datetime) -> bool:
    row = await store.one(
        "SELECT 1 FROM sim_swaps WHERE sub = ? AND at > ? LIMIT 1", (sub, since.isoformat())
    )
    return row is not None


async def note_risk(store: Store, sub: str, kind: str, now: datetime) -> None:
    """Mark a number `fraud`, or its contact as just changed, in the caller's transaction."""
    await store.run(
        "INSERT INTO risk_marks (sub, kind, since) VALUES (?, ?, ?)"
        " ON CONFLICT (sub, kind) DO UPDATE SET since = excluded.since",
        (sub, kind, now.isoformat()),
    )


async def is_risky(store: Store, record: Record, now: datetime) -> bool:
    """Signs of somebody taking the number over: a fraud mark, a contact changed within 7 days, a
    password reset within 24 hours."""
    rows = await store.all("SELECT kind, since FROM risk_marks WHERE sub = ?", (record.sub,))
    for row in rows:
        fresh = now - datetime.fromisoformat(row["since"]) < CONTACT_IS_FRESH
        if row["kind"] == FRAUD or fresh:
            return True
    since = record.password_set_at
    return since is not None and now - since < PASSWORD_IS_FRESH
