"""Messages of the operator's own to its customers, due at a moment: expiries, cycles, alerts."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from vcounter.adapters.bss.embedded.record import load
from vcounter.adapters.bss.embedded.store import Store
from vcounter.adapters.bss.embedded.vault import Vault
from vcounter.domain.errors import InvalidInput
from vcounter.domain.ids import Msisdn
from vcounter.services.ports import Sms, SmsSender

if TYPE_CHECKING:
    from vcounter.adapters.bss.embedded.bss import EmbeddedBss

UNTRUSTED = frozenset({"lost", "fraud", "police", "closed"})  # the stops of a card


@dataclass(frozen=True, slots=True)
class Notice:
    """One message to come. `id` names it for ever and is its idempotency key."""

    id: str
    sub: str
    template: str
    due_at: datetime
    to: Msisdn = field(repr=False)
    text: str = field(repr=False)


async def add_notice(store: Store, vault: Vault, notice: Notice) -> None:
    """Keep it within the caller's transaction; an `id` that is there already stays as it is."""
    await store.run(
        "INSERT INTO notices (id, sub, template, due_at, recipient, text) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO NOTHING",
        (
            notice.id,
            notice.sub,
            notice.template,
            notice.due_at.isoformat(),
            vault.seal(notice.to, f"notices.recipient/{notice.id}"),
            vault.seal(notice.text, f"notices.text/{notice.id}"),
        ),
    )


async def cancel_notice(store: Store, notice_id: str, now: datetime) -> None:
    """Take back what was not sent yet, within the caller's transaction."""
    await store.run(
        "UPDATE notices SET cancelled_at = ? WHERE id = ? AND sent_at IS NULL",
        (now.isoformat(), notice_id),
    )


async def send_due_notices(bss: EmbeddedBss, sms: SmsSender, limit: int = 100) -> int:
    """Send what is due and return how many were handled. Repeating it, or a crash in the middle,
    sends nothing twice: the message's key is the notice's id.

    A number of ours whose card is lost, stopped by others than its holder, or void gets nothing,
    now or later: whoever holds that card would read it.
    """
    now = bss.clock.now().isoformat()
    async with bss.store.transaction() as store:
        rows = await store.all(
            "SELECT id, template, recipient, text FROM notices WHERE sent_at IS NULL"
            " AND cancelled_at IS NULL AND due_at <= ? ORDER BY due_at LIMIT ?",
            (now, limit),
        )
    for row in rows:
        to = bss.vault.text(row["recipient"], f"notices.recipient/{row['id']}")
        text = bss.vault.text(row["text"], f"notices.text/{row['id']}")
        if not await _is_trusted(bss, to):
            async with bss.store.transaction() as store:
                await cancel_notice(store, row["id"], bss.clock.now())
            continue
        with suppress(InvalidInput):  # no SMS reaches such a number, now or later
            await sms.send(Sms(Msisdn(to), text, row["template"], f"notice-{row['id']}"))
        async with bss.store.transaction() as store:
            await store.run("UPDATE notices SET sent_at = ? WHERE id = ?", (now, row["id"]))
    return len(rows)


async def _is_trusted(bss: EmbeddedBss, number: str) -> bool:
    """Whether a message to this number reaches its holder, as far as we know."""
    async with bss.store.transaction() as store:
        record = await load(store, bss.vault, number)
    return record is None or not UNTRUSTED & set(record.stops)
