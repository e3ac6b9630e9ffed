"""Data keys and encrypted blobs."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from vcounter.domain.ids import (
    KeyId,
    VisitId,
)
from vcounter.services.ports.scope import Scope


class KeyStore(Protocol):
    """One data key per visit, wrapped by a key-encryption key that never leaves its port."""

    async def data_key(self, scope: Scope, visit_id: VisitId) -> tuple[KeyId, bytes]:
        """The visit's 256-bit data key, made at first use."""
        ...

    async def image_key(self, scope: Scope, visit_id: VisitId) -> tuple[KeyId, bytes]:
        """The key of the visit's pictures, apart from its rows' key, made at first use."""
        ...

    async def destroy_image_key(self, scope: Scope, visit_id: VisitId) -> bool:
        """Make the visit's pictures unreadable for ever; False if there is no such key."""
        ...

    def blind_index(self, value: str) -> str:
        """Keyed hash of a value that must be looked up or named without being readable."""
        ...


class BlobStore(Protocol):
    """Encrypted objects: AES-256-GCM in chunks, bound to their key name."""

    async def put(self, key: str, data: bytes, data_key: bytes) -> None: ...
    async def get(self, key: str, data_key: bytes) -> bytes:
        """Raises NotFound, or InvalidInput if the object was tampered with."""
        ...

    async def delete(self, key: str) -> None: ...
    async def exists(self, key: str) -> bool: ...
    async def names(self, prefix: str) -> list[tuple[str, datetime]]:
        """The keys of all objects below `prefix`, with the time they were written."""
        ...
