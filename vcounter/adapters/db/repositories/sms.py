"""SMS that were sent, and the operator's own texts for them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from vcounter.adapters.db.cipher import RowCipher, canonical_json
from vcounter.adapters.db.dialects import insert_ignoring, violation_of
from vcounter.adapters.db.repository import Repository, on_unique
from vcounter.adapters.db.tables.sms import sms_messages, sms_parts, sms_templates
from vcounter.adapters.keys.keystore import TENANT_OWNER
from vcounter.domain.errors import NotFound, WrongState
from vcounter.domain.ids import Msisdn, Region, TenantId, VisitId
from vcounter.domain.sms import LANGS, SmsState
from vcounter.domain.sms_text import Encoding
from vcounter.services.ports import DeliveryReceipt, Scope, SmsRow, SmsTemplateRow


class SmsRepository(Repository):
    """SmsRepo."""

    async def add(self, row: SmsRow) -> bool:
        """Raises NotFound for another tenant's visit or scope."""
        scope = self._check_scope(row.tenant_id, row.region)
        self._tx.require_writable()
        cipher = await self._cipher(scope, row)
        values = {
            "id": row.id,
            "tenant_id": row.tenant_id,
            "region": row.region,
            "visit_id": row.visit_id,
            "key": row.key,
            "recipient": cipher.seal("recipient", row.to),
            "recipient_index": self._index(row.to),
            "text": cipher.seal("text", row.text),
            "template": row.template,
            "version": row.version,
            "encoding": row.encoding.value,
            "length": row.length,
            "segments": row.segments,
            "state": row.state.value,
            "reason": row.reason,
            "queued_at": row.queued_at,
            "sent_at": row.sent_at,
            "settled_at": row.settled_at,
            "expires_at": row.expires_at,
        }
        statement = insert_ignoring(self._tx.dialect, sms_messages, values)
        try:
            return (await self._tx.connection.execute(statement)).rowcount == 1
        except IntegrityError as error:
            if violation_of(error) == "foreign_key":
                raise NotFound("sms_messages: no such visit") from error
            raise

    async def _cipher(self, scope: Scope, row: SmsRow) -> RowCipher:
        if row.visit_id is not None:
            return await self._visit_cipher(sms_messages, row.id, row.visit_id)
        return await self._tenant_cipher(scope, sms_messages, row.id)

    async def get(self, sms_id: str) -> SmsRow:
        return await self._row(await self._by_id(sms_messages, sms_id))

    async def by_key(self, key: str) -> SmsRow | None:
        query = select(sms_messages).where(self._mine(sms_messages), sms_messages.c.key == key)
        row = (await self._tx.connection.execute(query)).one_or_none()
        return None if row is None else await self._row(row)

    async def of_visit(self, visit_id: VisitId) -> list[SmsRow]:
        rows = await self._of_visit(sms_messages, visit_id, "queued_at", "id")
        return [await self._row(row) for row in rows]

    async def sent(self, sms_id: str, provider_ids: Sequence[str], at: datetime) -> None:
        scope = self._tx.require_scope()
        await self._move(sms_id, {"state": SmsState.SENT.value, "sent_at": at, "reason": ""})
        gone = delete(sms_parts).where(self._mine(sms_parts), sms_parts.c.sms_id == sms_id)
        await self._tx.connection.execute(gone)  # of an earlier try that was not noted to its end
        for part, provider_id in enumerate(provider_ids):
            await self._insert(
                sms_parts,
                {
                    "tenant_id": scope.tenant_id,
                    "region": scope.region,
                    "sms_id": sms_id,
                    "part": part,
                    "provider_id": provider_id,
                    "delivered": None,
                    "reason": "",
                },
            )

    async def settle(self, sms_id: str, state: SmsState, reason: str, at: datetime) -> None:
        await self._move(sms_id, {"state": state.value, "reason": reason, "settled_at": at})

    async def _move(self, sms_id: str, values: dict[str, object]) -> None:
        """Raises NotFound; a message that reached the phone stays so."""
        self._tx.require_writable()
        change = (
            update(sms_messages)
            .where(
                self._mine(sms_messages),
                sms_messages.c.id == sms_id,
                sms_messages.c.state != SmsState.DELIVERED.value,
            )
            .values(values)
        )
        if (await self._tx.connection.execute(change)).rowcount != 1:
            await self._by_id(sms_messages, sms_id)

    async def whose_part(self, provider_id: str) -> tuple[Scope, str] | None:
        """Crosses tenants."""
        query = (
            select(sms_parts.c.tenant_id, sms_parts.c.region, sms_parts.c.sms_id)
            .where(sms_parts.c.provider_id == provider_id)
            .order_by(sms_parts.c.sms_id.desc())
            .limit(1)
        )
        row = (await self._tx.connection.execute(query)).one_or_none()
        if row is None:
            return None
        return Scope(TenantId(row.tenant_id), Region(row.region)), row.sms_id

    async def receipted(self, sms_id: str, receipt: DeliveryReceipt) -> list[bool | None]:
        self._tx.require_writable()
        held = select(sms_messages.c.id).where(
            self._mine(sms_messages), sms_messages.c.id == sms_id
        )
        await self._tx.connection.execute(held.with_for_update())
        await self._tx.connection.execute(
            update(sms_parts)
            .where(
                self._mine(sms_parts),
                sms_parts.c.sms_id == sms_id,
                sms_parts.c.provider_id == receipt.provider_id,
                sms_parts.c.delivered.is_(None),
            )
            .values(delivered=receipt.delivered, reason=receipt.reason)
        )
        query = select(sms_parts.c.delivered).where(
            self._mine(sms_parts), sms_parts.c.sms_id == sms_id
        )
        return [row.delivered for row in await self._all(query.order_by(sms_parts.c.part))]

    async def _row(self, row: Row[Any]) -> SmsRow:
        cipher = await self._opener(sms_messages, row.id, row, row.visit_id or TENANT_OWNER)
        return SmsRow(
            id=row.id,
            tenant_id=TenantId(row.tenant_id),
            region=Region(row.region),
            key=row.key,
            to=Msisdn(cipher.open("recipient", row.recipient)),
            text=cipher.open("text", row.text),
            template=row.template,
            version=row.version,
            encoding=Encoding(row.encoding),
            length=row.length,
            segments=row.segments,
            state=SmsState(row.state),
            queued_at=row.queued_at,
            expires_at=row.expires_at,
            visit_id=None if row.visit_id is None else VisitId(row.visit_id),
            reason=row.reason,
            sent_at=row.sent_at,
            settled_at=row.settled_at,
        )


class SmsTemplateRepository(Repository):
    """SmsTemplateRepo: texts are added and read, never changed."""

    async def add(self, row: SmsTemplateRow) -> None:
        """Raises WrongState if that version is there, NotFound for another tenant's scope."""
        self._tx.require_writable()
        self._check_scope(row.tenant_id, row.region)
        values = {
            "tenant_id": row.tenant_id,
            "region": row.region,
            "template": row.template,
            "version": row.version,
            "texts": canonical_json(dict(row.texts)),
            "by_staff": row.by,
            "at": row.at,
        }
        try:
            await self._tx.connection.execute(insert(sms_templates).values(values))
        except IntegrityError as error:
            on_unique(error, WrongState("somebody was first", state="changed"))

    async def newest(self, template: str) -> SmsTemplateRow | None:
        found = await self.versions(template)
        return found[0] if found else None

    async def versions(self, template: str) -> list[SmsTemplateRow]:
        query = (
            select(sms_templates)
            .where(self._mine(sms_templates), sms_templates.c.template == template)
            .order_by(sms_templates.c.version.desc())
        )
        return [_template(row) for row in await self._all(query)]

    async def all_newest(self) -> list[SmsTemplateRow]:
        newest = (
            select(sms_templates.c.template, func.max(sms_templates.c.version).label("version"))
            .where(self._mine(sms_templates))
            .group_by(sms_templates.c.template)
            .subquery()
        )
        query = (
            select(sms_templates)
            .where(self._mine(sms_templates))
            .join(
                newest,
                (newest.c.template == sms_templates.c.template)
                & (newest.c.version == sms_templates.c.version),
            )
        )
        return [_template(row) for row in await self._all(query)]


def _template(row: Row[Any]) -> SmsTemplateRow:
    texts = json.loads(row.texts)
    return SmsTemplateRow(
        tenant_id=TenantId(row.tenant_id),
        region=Region(row.region),
        template=row.template,
        version=row.version,
        texts={lang: str(texts[lang]) for lang in LANGS},
        by=row.by_staff,
        at=row.at,
    )
