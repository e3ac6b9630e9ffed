"""Deletion of rows whose time is over, of all tenants: for the retention job."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Column, ColumnElement, Select, Table, delete, func, select, tuple_

from vcounter.adapters.db.repository import Repository
from vcounter.adapters.db.tables.attempts import attempts
from vcounter.adapters.db.tables.evidence import card_readings, codes, images
from vcounter.adapters.db.tables.journal import outbox
from vcounter.adapters.db.tables.keys import data_keys
from vcounter.adapters.db.tables.people import agent_sessions
from vcounter.adapters.db.tables.sms import sms_messages
from vcounter.adapters.db.tables.visits import tickets, visits
from vcounter.adapters.keys.keystore import IMAGES_PREFIX
from vcounter.domain.ids import Region, TenantId, VisitId
from vcounter.domain.visit import OPEN_STATES
from vcounter.services.ports import Scope

Ephemeral = Literal["sms", "codes", "attempts", "readings", "tickets", "sessions", "events"]

# When each kind's rows fall due. An event that was not sent has no date and is never due.
_DUE: dict[Ephemeral, Column[Any]] = {
    "sms": sms_messages.c.expires_at,
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

    async def idle_image_keys(self, made_by: datetime, limit: int) -> list[tuple[Scope, VisitId]]:
        """Visits that are over and have an image key made by then, but no picture."""
        visit_id = func.substr(data_keys.c.owner, len(IMAGES_PREFIX) + 1)
        query = (
            select(data_keys.c.tenant_id, data_keys.c.region, visit_id.label("visit_id"))
            .where(
                data_keys.c.owner.startswith(IMAGES_PREFIX, autoescape=True),
                data_keys.c.created_at <= made_by,
                ~_same_visit(images, visit_id).exists(),
                ~_same_visit(visits, visit_id)
                .where(visits.c.state.in_([state.value for state in OPEN_STATES]))
                .exists(),
            )
            .limit(limit)
        )
        return [
            (Scope(TenantId(row.tenant_id), Region(row.region)), VisitId(row.visit_id))
            for row in await self._all(query)
        ]

    async def known_blobs(self, keys: Sequence[str]) -> set[str]:
        """Which of these blobs a picture's row names."""
        query = select(images.c.blob_key).where(images.c.blob_key.in_(list(keys)))
        return {row.blob_key for row in await self._all(query)}


def _same_visit(table: Table, visit_id: ColumnElement[str]) -> Select[Any]:
    """Rows of the visit that an image key belongs to."""
    column = table.c.id if table is visits else table.c.visit_id
    return select(table.c.id).where(
        table.c.tenant_id == data_keys.c.tenant_id,
        table.c.region == data_keys.c.region,
        column == visit_id,
    )
