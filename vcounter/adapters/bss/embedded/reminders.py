"""Seven days after a loss was reported, remind the customer that it does not end by itself."""

from __future__ import annotations

from contextlib import suppress

from vcounter.adapters.bss.embedded.bss import EmbeddedBss
from vcounter.domain.errors import InvalidInput
from vcounter.domain.ids import Msisdn
from vcounter.services.ports import Sms, SmsSender


async def send_due_reminders(bss: EmbeddedBss, sms: SmsSender, text: str, limit: int = 100) -> int:
    """Send `text` for what is due and return how many were handled. Repeating it, or a crash in
    the middle, sends nothing twice: the message's key is the reminder's id."""
    now = bss.clock.now().isoformat()
    async with bss.store.transaction() as store:
        rows = await store.all(
            "SELECT id, sub, recipient FROM reminders WHERE sent_at IS NULL"
            " AND cancelled_at IS NULL AND due_at <= ? ORDER BY due_at LIMIT ?",
            (now, limit),
        )
    for row in rows:
        to = bss.vault.text(row["recipient"], f"reminders.recipient/{row['sub']}")
        if to:  # a landline without an alternate contact is called by the outbound desk instead
            key = f"loss-reminder-{row['id']}"
            with suppress(InvalidInput):  # no SMS reaches such a number, now or later
                await sms.send(Sms(Msisdn(to), text, "loss_reminder", key))
        async with bss.store.transaction() as store:
            await store.run("UPDATE reminders SET sent_at = ? WHERE id = ?", (now, row["id"]))
    return len(rows)
