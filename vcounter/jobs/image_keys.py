"""Pictures past saving: keys of visits without pictures are destroyed, blobs of nobody swept.

Each visit's pictures have a key of their own (`KeyStore.image_key`). Once that is gone, what may
be left of them anywhere, in a backup or in a block of a disk, cannot be read any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import Protocol

from vcounter.domain.ids import VisitId
from vcounter.services.identity.deletion_proof import BLOB_SWEPT, IMAGE_KEY_DESTROYED
from vcounter.services.ports import AuditLine, AuditLog, BlobStore, KeyStore, Scope

# A picture that is being stored has a key, then a blob, then a row: all within seconds.
SETTLED = timedelta(hours=1)
_BATCH = 200


class LeftOverRepo(Protocol):
    """What is left over, of all tenants."""

    async def idle_image_keys(self, made_by: datetime, limit: int) -> list[tuple[Scope, VisitId]]:
        """Visits that are over and have an image key made by then, but no picture."""
        ...

    async def known_blobs(self, keys: Sequence[str]) -> set[str]:
        """Which of these blobs a picture's row names."""
        ...


class SweepingUnitOfWork(Protocol):
    @property
    def audit(self) -> AuditLog: ...
    @property
    def housekeeping(self) -> LeftOverRepo: ...


class SweepingDatabase(Protocol):
    def write(self, scope: Scope | None) -> AbstractAsyncContextManager[SweepingUnitOfWork]: ...
    def read(self, scope: Scope | None) -> AbstractAsyncContextManager[SweepingUnitOfWork]: ...


async def destroy_idle_keys(database: SweepingDatabase, keys: KeyStore, now: datetime) -> int:
    """Destroy the image keys of visits that are over and have no picture any more; how many."""
    destroyed = 0
    while True:
        async with database.read(None) as uow:
            idle = await uow.housekeeping.idle_image_keys(now - SETTLED, _BATCH)
        for scope, visit_id in idle:
            async with database.write(scope) as uow:
                if await keys.destroy_image_key(scope, visit_id):
                    await uow.audit.write(AuditLine("system", IMAGE_KEY_DESTROYED, visit_id))
                    destroyed += 1
        if len(idle) < _BATCH:
            return destroyed


async def sweep_blobs(database: SweepingDatabase, blobs: BlobStore, now: datetime) -> int:
    """Delete the pictures' blobs that no row names: what a crash between the two left; how many."""
    old = [name for name, at in await blobs.names("images") if at <= now - SETTLED]
    swept = 0
    for start in range(0, len(old), _BATCH):
        batch = old[start : start + _BATCH]
        async with database.read(None) as uow:
            known = await uow.housekeeping.known_blobs(batch)
        for name in sorted(set(batch) - known):
            await blobs.delete(name)
            async with database.write(None) as uow:
                await uow.audit.write(AuditLine("system", BLOB_SWEPT, name.rsplit("/", 1)[-1]))
            swept += 1
    return swept
