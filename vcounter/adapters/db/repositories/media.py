"""Pictures and recordings: their rows; the bytes are in the blob store."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.exc import IntegrityError

from vcounter.adapters.db.cipher import canonical_json, text_map
from vcounter.adapters.db.repository import Repository, on_unique
from vcounter.adapters.db.tables.evidence import images, recordings
from vcounter.domain.errors import WrongState
from vcounter.domain.ids import ImageId, RecordingId, Region, TenantId, VisitId
from vcounter.services.ports import ImageRow, RecordingRow


class ImageRepository(Repository):
    """ImageRepo; `expired` crosses tenants without a scope."""

    async def add(self, image: ImageRow) -> None:
        self._check_scope(image.tenant_id, image.region)
        await self._insert(
            images,
            {
                "id": image.id,
                "tenant_id": image.tenant_id,
                "region": image.region,
                "visit_id": image.visit_id,
                "kind": image.kind,
                "blob_key": image.blob_key,
                "sha256": image.sha256,
                "width": image.width,
                "height": image.height,
                "at": image.at,
                "expires_at": image.expires_at,
            },
        )

    async def get(self, image_id: ImageId) -> ImageRow:
        return _image(await self._by_id(images, image_id))

    async def of_visit(self, visit_id: VisitId) -> list[ImageRow]:
        return [_image(row) for row in await self._of_visit(images, visit_id, "at", "id")]

    async def expired(self, now: datetime, limit: int = 200) -> list[ImageRow]:
        query = select(images).where(self._mine_or_all(images), images.c.expires_at <= now)
        rows = await self._all(query.order_by(images.c.expires_at, images.c.id).limit(limit))
        return [_image(row) for row in rows]

    async def set_expiry(self, image_id: ImageId, expires_at: datetime) -> None:
        await self._update(images, image_id, {"expires_at": expires_at})

    async def delete(self, image_id: ImageId) -> None:
        await self._delete(images, image_id)


class RecordingRepository(Repository):
    """RecordingRepo; `in_state` and `expired` cross tenants without a scope."""

    async def add(self, recording: RecordingRow) -> None:
        """Raises WrongState if the visit has one already: a visit has one, in segments."""
        self._check_scope(recording.tenant_id, recording.region)
        fixed = {
            "id": recording.id,
            "tenant_id": recording.tenant_id,
            "region": recording.region,
            "visit_id": recording.visit_id,
            "started_at": recording.started_at,
        }
        try:
            await self._insert(recordings, {**fixed, **_changeable(recording)})
        except IntegrityError as error:
            on_unique(error, WrongState("the visit has a recording", state=recording.state))

    async def get(self, recording_id: RecordingId) -> RecordingRow:
        return _recording(await self._by_id(recordings, recording_id))

    async def save(self, recording: RecordingRow) -> None:
        self._check_scope(recording.tenant_id, recording.region)
        await self._update(recordings, recording.id, _changeable(recording))

    async def of_visit(self, visit_id: VisitId) -> RecordingRow | None:
        rows = await self._of_visit(recordings, visit_id, "started_at")
        return _recording(rows[0]) if rows else None

    async def recorded(self, visit_ids: Sequence[VisitId]) -> set[VisitId]:
        query = select(recordings.c.visit_id).where(
            self._mine(recordings), recordings.c.visit_id.in_(visit_ids)
        )
        return {VisitId(row.visit_id) for row in await self._all(query)}

    async def in_state(self, state: str) -> list[RecordingRow]:
        query = select(recordings).where(self._mine_or_all(recordings), recordings.c.state == state)
        rows = await self._all(query.order_by(recordings.c.started_at, recordings.c.id))
        return [_recording(row) for row in rows]

    async def expired(self, now: datetime, limit: int = 200) -> list[RecordingRow]:
        query = select(recordings).where(
            self._mine_or_all(recordings), recordings.c.expires_at <= now
        )
        rows = await self._all(
            query.order_by(recordings.c.expires_at, recordings.c.id).limit(limit)
        )
        return [_recording(row) for row in rows]

    async def delete(self, recording_id: RecordingId) -> None:
        await self._delete(recordings, recording_id)


def _changeable(recording: RecordingRow) -> dict[str, object]:
    return {
        "state": recording.state,
        "raw_path": recording.raw_path,
        "expires_at": recording.expires_at,
        "files": canonical_json(dict(recording.files)),
        "sha256": canonical_json(dict(recording.sha256)),
        "duration_ms": recording.duration_ms,
    }


def _image(row: Row[Any]) -> ImageRow:
    return ImageRow(
        id=ImageId(row.id),
        tenant_id=TenantId(row.tenant_id),
        region=Region(row.region),
        visit_id=VisitId(row.visit_id),
        kind=row.kind,
        blob_key=row.blob_key,
        sha256=row.sha256,
        width=row.width,
        height=row.height,
        at=row.at,
        expires_at=row.expires_at,
    )


def _recording(row: Row[Any]) -> RecordingRow:
    return RecordingRow(
        id=RecordingId(row.id),
        tenant_id=TenantId(row.tenant_id),
        region=Region(row.region),
        visit_id=VisitId(row.visit_id),
        state=row.state,
        raw_path=row.raw_path,
        started_at=row.started_at,
        expires_at=row.expires_at,
        files=text_map(row.files),
        sha256=text_map(row.sha256),
        duration_ms=row.duration_ms,
    )
