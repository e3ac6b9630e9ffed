"""What cards read: personal fields, sealed with the visit's key and gone when they are due."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, select

from vcounter.adapters.db.cipher import canonical_json
from vcounter.adapters.db.dialects import upsert
from vcounter.adapters.db.repository import Repository
from vcounter.adapters.db.tables.evidence import card_readings
from vcounter.adapters.db.tables.visits import visits
from vcounter.domain.documents import DocumentType
from vcounter.domain.errors import NotFound
from vcounter.domain.ids import ImageId, Region, TenantId, VisitId
from vcounter.services.ports import ReadField, ReadingRow


class ReadingRepository(Repository):
    """ReadingRepo; `expired` crosses tenants without a scope."""

    async def put(self, reading: ReadingRow) -> None:
        """Raises NotFound for another tenant's visit, or a picture that another visit has."""
        self._tx.require_writable()
        self._check_scope(reading.tenant_id, reading.region)
        await self._by_id(visits, reading.visit_id)
        await self._require_own(reading)
        cipher = await self._visit_cipher(card_readings, reading.image_id, reading.visit_id)
        values = {
            "image_id": reading.image_id,
            "tenant_id": reading.tenant_id,
            "region": reading.region,
            "visit_id": reading.visit_id,
            "side": reading.side,
            "state": reading.state,
            "document": reading.document.value,
            "fields": cipher.seal("fields", _fields_text(reading.fields)),
            "faults": ",".join(reading.faults),
            "warnings": ",".join(reading.warnings),
            "engine": reading.engine,
            "at": reading.at,
            "expires_at": reading.expires_at,
        }
        await self._tx.connection.execute(upsert(self._tx.dialect, card_readings, values))

    async def _require_own(self, reading: ReadingRow) -> None:
        """An upsert would else take over the row of whoever has it."""
        query = select(card_readings).where(card_readings.c.image_id == reading.image_id)
        for row in await self._all(query):
            mine = (reading.tenant_id, reading.region, reading.visit_id)
            if (row.tenant_id, row.region, row.visit_id) != mine:
                raise NotFound("another visit's picture")

    async def of_visit(self, visit_id: VisitId) -> list[ReadingRow]:
        rows = await self._of_visit(card_readings, visit_id, "at", "image_id")
        found = []
        for row in rows:
            cipher = await self._opener(card_readings, row.image_id, row, row.visit_id)
            found.append(_reading(row, _fields(cipher.open("fields", row.fields))))
        return found

    async def expired(self, now: datetime, limit: int = 200) -> list[ReadingRow]:
        query = select(card_readings).where(
            self._mine_or_all(card_readings), card_readings.c.expires_at <= now
        )
        order = (card_readings.c.expires_at, card_readings.c.image_id)
        return [_reading(row, {}) for row in await self._all(query.order_by(*order).limit(limit))]

    async def delete(self, image_id: ImageId) -> None:
        self._tx.require_writable()
        mine = (self._mine(card_readings), card_readings.c.image_id == image_id)
        change = delete(card_readings).where(*mine)
        if (await self._tx.connection.execute(change)).rowcount != 1:
            raise NotFound("card_readings: no such id")


def _fields_text(fields: Mapping[str, ReadField]) -> str:
    return canonical_json({name: [f.text, f.confidence] for name, f in fields.items()})


def _fields(text: str) -> dict[str, ReadField]:
    return {
        str(name): ReadField(str(value), float(sure))
        for name, (value, sure) in json.loads(text).items()
    }


def _reading(row: Row[Any], fields: Mapping[str, ReadField]) -> ReadingRow:
    return ReadingRow(
        image_id=ImageId(row.image_id),
        tenant_id=TenantId(row.tenant_id),
        region=Region(row.region),
        visit_id=VisitId(row.visit_id),
        side=row.side,
        state=row.state,
        at=row.at,
        expires_at=row.expires_at,
        document=DocumentType(row.document),
        fields=fields,
        faults=_codes(row.faults),
        warnings=_codes(row.warnings),
        engine=row.engine,
    )


def _codes(text: str) -> tuple[str, ...]:
    return tuple(text.split(",")) if text else ()
