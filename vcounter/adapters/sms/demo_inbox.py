"""The demo's gateway: messages land in an inbox that a page shows as the customer's phone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from vcounter.adapters.bss.embedded.store import Row, Store
from vcounter.adapters.bss.embedded.vault import Vault
from vcounter.domain.ids import Msisdn
from vcounter.domain.sms import require_sendable
from vcounter.services.ports import Clock, Handed, Sms

KEPT = 2000  # the oldest go first

_TABLES = """
CREATE TABLE IF NOT EXISTS messages (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  key TEXT NOT NULL UNIQUE,
  recipient TEXT NOT NULL,            -- keyed hash of the number
  body BLOB NOT NULL,                 -- sealed JSON: number and text
  template TEXT NOT NULL,
  at TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS messages_of ON messages (recipient, seq);
"""


@dataclass(frozen=True, slots=True)
class InboxMessage:
    to: Msisdn
    text: str
    template: str
    at: datetime


class DemoInbox:
    """SmsGateway that delivers at once, durably, each key once. Numbers and texts are sealed."""

    def __init__(self, store: Store, vault: Vault, clock: Clock) -> None:
        self._store, self._vault, self._clock = store, vault, clock

    @classmethod
    async def open(cls, path: Path | str, key: bytes, clock: Clock) -> DemoInbox:
        """Open or create the inbox file, sealed with `key` (32 bytes)."""
        return cls(await Store.open(path, _TABLES, 1), Vault(key), clock)

    async def close(self) -> None:
        await self._store.close()

    async def send(self, sms: Sms) -> None:
        """As SmsSender, without a record of what was sent."""
        await self.submit(sms)

    async def submit(self, sms: Sms) -> Handed:
        """A repeated key sends nothing. It is on the page at once, so no receipt will come."""
        require_sendable(sms.to, sms.text)
        recipient = self._vault.name(sms.to)
        body = json.dumps({"to": sms.to, "text": sms.text}, ensure_ascii=False)
        async with self._store.transaction():
            await self._store.run(
                "INSERT INTO messages (key, recipient, body, template, at)"
                " VALUES (?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING",
                (
                    sms.idempotency_key,
                    recipient,
                    self._vault.seal(body, f"messages.body/{recipient}"),
                    sms.template,
                    self._clock.now().isoformat(),
                ),
            )
            await self._store.run(
                "DELETE FROM messages WHERE seq <= (SELECT max(seq) FROM messages) - ?", (KEPT,)
            )
        return Handed((), delivered=True)

    async def messages(self, msisdn: str, limit: int = 50) -> list[InboxMessage]:
        """What one number received, newest first."""
        return await self._read(
            "SELECT * FROM messages WHERE recipient = ? ORDER BY seq DESC LIMIT ?",
            (self._vault.name(msisdn), limit),
        )

    async def recent(self, limit: int = 50) -> list[InboxMessage]:
        """What anybody received, newest first."""
        return await self._read("SELECT * FROM messages ORDER BY seq DESC LIMIT ?", (limit,))

    async def _read(self, sql: str, values: Sequence[object]) -> list[InboxMessage]:
        async with self._store.transaction():
            rows = await self._store.all(sql, values)
        return [self._message(row) for row in rows]

    def _message(self, row: Row) -> InboxMessage:
        body = json.loads(self._vault.open(row["body"], f"messages.body/{row['recipient']}"))
        at = datetime.fromisoformat(row["at"])
        return InboxMessage(Msisdn(body["to"]), body["text"], row["template"], at)
