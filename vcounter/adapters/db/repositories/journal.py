"""The audit log's writing side, and the outbox."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update

from vcounter.adapters.db import statements
from vcounter.adapters.db.cipher import RowCipher, canonical_json, text_map
from vcounter.adapters.db.repository import Repository
from vcounter.adapters.db.tables.journal import audit_lines, outbox
from vcounter.adapters.db.transaction import PendingEvent
from vcounter.adapters.keys.keystore import TENANT_OWNER
from vcounter.domain.ids import TenantId, VisitId
from vcounter.services.ports import AuditEntry, AuditLine, Json, OutboxRow

_VISIT_PREFIX = "vis_"


class AuditRepository(Repository):
    """AuditLog. Lines are written unsealed, so that no transaction waits for the chain; the sealer
    chains them later. Without a scope a line belongs to the system as a whole."""

    async def write(self, line: AuditLine) -> None:
        scope = self._tx.scope
        await self._insert(
            audit_lines,
            {
                "tenant_id": "" if scope is None else scope.tenant_id,
                "region": "" if scope is None else scope.region,
                "at": self._tx.clock.now(),
                "actor": line.actor,
                "verb": line.verb,
                "object": line.object,
                "subject": line.subject,
                "detail": canonical_json(dict(line.detail)),
            },
        )

    async def of_object(self, object_id: str) -> list[tuple[datetime, AuditLine]]:
        mine = statements.of_scope(self._tx.require_scope(), object=object_id)
        rows = await self._tx.connection.execute(statements.of_object(audit_lines), mine)
        return [
            (row.at, AuditLine(row.actor, row.verb, row.object, row.subject, text_map(row.detail)))
            for row in rows
        ]

    async def entries(self, object_ids: Sequence[str]) -> list[AuditEntry]:
        query = select(audit_lines).where(
            self._mine(audit_lines), audit_lines.c.object.in_(list(object_ids))
        )
        rows = await self._all(query.order_by(audit_lines.c.id))
        return [
            AuditEntry(
                row.at,
                AuditLine(row.actor, row.verb, row.object, row.subject, text_map(row.detail)),
                row.seq,
                row.hash,
            )
            for row in rows
        ]


class OutboxRepository(Repository):
    """Outbox. Rows are inserted as the last thing before the commit (see engine)."""

    async def add(self, room: str, kind: str, body: Json, audience: Sequence[str] = ()) -> None:
        """Needs a scope. The body is sealed with the visit's key if the room is a visit."""
        self._tx.require_writable()
        scope, uid = self._tx.require_scope(), secrets.token_hex(16)
        owner = room if room.startswith(_VISIT_PREFIX) else TENANT_OWNER
        if owner == TENANT_OWNER:
            cipher = await self._tenant_cipher(scope, outbox, uid)
        else:
            cipher = await self._visit_cipher(outbox, uid, VisitId(room))
        self._tx.events.append(
            PendingEvent(
                tenant_id=scope.tenant_id,
                region=scope.region,
                uid=uid,
                room=room,
                kind=kind,
                audience=canonical_json(list(audience)),
                key_owner=owner,
                body=cipher.seal("body", canonical_json(body)),
                created_at=self._tx.clock.now(),
            )
        )

    async def pending(self, limit: int = 200) -> list[OutboxRow]:
        """Within a room in the order of commit. Of all tenants, whatever the scope."""
        query = select(outbox).where(outbox.c.sent_at.is_(None)).order_by(outbox.c.seq).limit(limit)
        rows, found = await self._all(query), list[OutboxRow]()
        await self._warm(rows, owner="key_owner")
        for row in rows:
            cipher: RowCipher = await self._opener(outbox, row.uid, row, row.key_owner)
            body = json.loads(cipher.open("body", row.body))
            audience = tuple(json.loads(row.audience))
            found.append(
                OutboxRow(row.seq, TenantId(row.tenant_id), row.room, row.kind, audience, body)
            )
        return found

    async def sent(self, seqs: Sequence[int]) -> None:
        """Repeating it changes nothing. Sent rows are deleted by the retention job."""
        self._tx.require_writable()
        if not seqs:
            return
        await self._tx.connection.execute(
            update(outbox)
            .where(outbox.c.seq.in_(list(seqs)), outbox.c.sent_at.is_(None))
            .values(sent_at=self._tx.clock.now())
        )
