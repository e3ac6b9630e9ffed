"""Deletion of rows whose time is over, of all tenants: for the retention job."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Column, delete, select, tuple_

from vcounter.adapters.db.repository import Repository
from vcounter.adapters.db.tables.attempts import attempts
from vcounter.adapters.db.tables.evidence import card_readings, codes
from vcounter.adapters.db.tables.journal import outbox
from vcounter.adapters.db.tables.people import agent_sessions
from vcounter.adapters.db.tables.visits import tickets

Ephemeral = Literal["codes", "attempts", "readings", "tickets", "sessions", "events"]

# When each kind's rows fall due. An event that was not sent has no date and is never due.
_DUE: dict[Ephemeral, Column[Any]] = {
    "codes": codes.c.expires_at,
    "attempts": attempts.c.expires_at,
    "readings": card_readings.c.expires_at,
    "tickets": tickets.c.expires_at,
    "sessions": agent_sessions.c.expires_at,
    "events": outbox.c.sent_at,
}


class Housekeeping(Repository):
    """Deletion in small batches, so that no transaction holds the writer for long."""

    async def delete(self, kind: Ephemeral, due_by: datetime, limit: int) -> int:
        """Delete at most `limit` rows that fell due; returns how many went."""
        self._tx.require_writable()
        due = _DUE[kind]
        table = due.table
        key = tuple_(*table.primary_key)
        over = select(*table.primary_key).where(due <= due_by).order_by(due).limit(limit)
        change = delete(table).where(key.in_(over), due <= due_by)
        return (await self._tx.connection.execute(change)).rowcount
