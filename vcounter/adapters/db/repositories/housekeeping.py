"""Deletion of rows whose time is over, of all tenants: for the retention job."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, Table, delete, select

from vcounter.adapters.db.repository import Repository
from vcounter.adapters.db.tables.evidence import codes
from vcounter.adapters.db.tables.journal import outbox
from vcounter.adapters.db.tables.people import agent_sessions
from vcounter.adapters.db.tables.visits import tickets


class Housekeeping(Repository):
    """Each method deletes at most `limit` rows: no transaction holds the writer for long."""

    async def delete_codes(self, expired_by: datetime, limit: int) -> int:
        """SMS codes that ended; returns how many."""
        self._tx.require_writable()
        over = select(codes.c.visit_id, codes.c.msisdn_index).where(
            codes.c.expires_at <= expired_by
        )
        deleted = 0
        for row in await self._all(over.limit(limit)):
            change = delete(codes).where(
                codes.c.visit_id == row.visit_id,
                codes.c.msisdn_index == row.msisdn_index,
                codes.c.expires_at <= expired_by,
            )
            deleted += (await self._tx.connection.execute(change)).rowcount
        return deleted

    async def delete_tickets(self, expired_by: datetime, limit: int) -> int:
        """Signaling tickets that nobody took; returns how many."""
        return await self._purge(
            tickets, tickets.c.token_hash, tickets.c.expires_at, expired_by, limit
        )

    async def delete_sessions(self, expired_by: datetime, limit: int) -> int:
        """Logins that ended; returns how many."""
        sessions = agent_sessions
        return await self._purge(
            sessions, sessions.c.token_hash, sessions.c.expires_at, expired_by, limit
        )

    async def delete_events(self, sent_by: datetime, limit: int) -> int:
        """Outbox rows that were sent; returns how many."""
        return await self._purge(outbox, outbox.c.seq, outbox.c.sent_at, sent_by, limit)

    async def _purge(
        self,
        table: Table,
        key: Column[object],
        due: Column[object],
        by: datetime,
        limit: int,
    ) -> int:
        self._tx.require_writable()
        over = select(key).where(due <= by).order_by(due).limit(limit)
        change = delete(table).where(key.in_(over))
        return (await self._tx.connection.execute(change)).rowcount
