"""Deleting what has fallen due, with an audit line as proof."""

from __future__ import annotations

import asyncio
import glob
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, Protocol

from vcounter.domain.errors import NotFound
from vcounter.jobs.image_keys import LeftOverRepo, destroy_idle_keys, sweep_blobs
from vcounter.services.identity.deletion_proof import deletion_line
from vcounter.services.ports import (
    AuditLine,
    AuditLog,
    BlobStore,
    Clock,
    ImageRepo,
    ImageRow,
    KeyStore,
    RecordingRepo,
    RecordingRow,
    Scope,
)

SENT_EVENTS_KEPT = timedelta(hours=24)  # for looking into what a client missed
ENDED_LOGINS_KEPT = timedelta(days=30)
_BATCH = 200

Ephemeral = Literal["sms", "codes", "attempts", "readings", "tickets", "sessions", "events"]


@dataclass(frozen=True, slots=True)
class RetentionReport:
    """How many of each kind one run deleted."""

    images: int
    recordings: int
    image_keys: int
    blobs: int
    sms: int
    codes: int
    attempts: int
    readings: int
    tickets: int
    sessions: int
    events: int

    def as_json(self) -> dict[str, object]:
        return asdict(self)


class BlobStays(Exception):
    """A blob was deleted and is still there: the store does not do what it says."""


class HousekeepingRepo(LeftOverRepo, Protocol):
    """Deletion in small batches, of all tenants."""

    async def delete(self, kind: Ephemeral, due_by: datetime, limit: int) -> int:
        """Delete at most `limit` rows that fell due; returns how many went."""
        ...


class RetentionUnitOfWork(Protocol):
    @property
    def images(self) -> ImageRepo: ...
    @property
    def recordings(self) -> RecordingRepo: ...
    @property
    def audit(self) -> AuditLog: ...
    @property
    def housekeeping(self) -> HousekeepingRepo: ...


class RetentionDatabase(Protocol):
    """The part of the database port this job needs."""

    def write(self, scope: Scope | None) -> AbstractAsyncContextManager[RetentionUnitOfWork]: ...
    def read(self, scope: Scope | None) -> AbstractAsyncContextManager[RetentionUnitOfWork]: ...


async def run_once(
    database: RetentionDatabase, blobs: BlobStore, keys: KeyStore, clock: Clock
) -> RetentionReport:
    """Delete everything due by now, of all tenants, in many small transactions.

    Bytes go before their row, and are looked for again: a crash between the two leaves a row whose
    bytes are gone, which the next run deletes. After a visit's last picture its image key goes.
    Safe to repeat and to run on two nodes at once.
    """
    now = clock.now()
    images = await _delete_images(database, blobs, now)
    recordings = await _delete_recordings(database, blobs, now)
    return RetentionReport(
        images=images,
        recordings=recordings,
        image_keys=await destroy_idle_keys(database, keys, now),
        blobs=await sweep_blobs(database, blobs, now),
        sms=await _purge(database, "sms", now),
        codes=await _purge(database, "codes", now),
        attempts=await _purge(database, "attempts", now),
        readings=await _purge(database, "readings", now),
        tickets=await _purge(database, "tickets", now),
        sessions=await _purge(database, "sessions", now - ENDED_LOGINS_KEPT),
        events=await _purge(database, "events", now - SENT_EVENTS_KEPT),
    )


async def _delete_images(database: RetentionDatabase, blobs: BlobStore, now: datetime) -> int:
    deleted = 0
    while True:
        async with database.read(None) as uow:
            due = await uow.images.expired(now, _BATCH)
        for image in due:
            await blobs.delete(image.blob_key)
            if await blobs.exists(image.blob_key):
                raise BlobStays(image.blob_key)
            deleted += await _forget_image(database, image)
        if len(due) < _BATCH:
            return deleted


async def _forget_image(database: RetentionDatabase, image: ImageRow) -> int:
    line = deletion_line(image, image.expires_at, "expired")
    try:
        async with database.write(Scope(image.tenant_id, image.region)) as uow:
            await uow.images.delete(image.id)
            await uow.audit.write(line)
    except NotFound:
        return 0  # another node was first, and wrote the line
    return 1


async def _delete_recordings(database: RetentionDatabase, blobs: BlobStore, now: datetime) -> int:
    deleted = 0
    while True:
        async with database.read(None) as uow:
            due = await uow.recordings.expired(now, _BATCH)
        for recording in due:
            for key in recording.files.values():
                await blobs.delete(key)
            await asyncio.to_thread(_remove_raw, Path(recording.raw_path))
            deleted += await _forget_recording(database, recording)
        if len(due) < _BATCH:
            return deleted


async def _forget_recording(database: RetentionDatabase, recording: RecordingRow) -> int:
    detail = {"recording": recording.id, **{f"sha256_{k}": v for k, v in recording.sha256.items()}}
    line = AuditLine("system", "recording.delete", recording.visit_id, "", detail)
    try:
        async with database.write(Scope(recording.tenant_id, recording.region)) as uow:
            await uow.recordings.delete(recording.id)
            await uow.audit.write(line)
    except NotFound:
        return 0
    return 1


def _remove_raw(base: Path) -> None:
    """The raw file, its later segments and its side files share a beginning."""
    for path in base.parent.glob(glob.escape(base.name) + "*"):
        path.unlink(missing_ok=True)


async def _purge(database: RetentionDatabase, kind: Ephemeral, by: datetime) -> int:
    total, count = 0, _BATCH
    while count >= _BATCH:
        async with database.write(None) as uow:
            count = await uow.housekeeping.delete(kind, by, _BATCH)
        total += count
    return total
