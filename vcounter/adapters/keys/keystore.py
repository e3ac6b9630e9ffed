"""Data keys: one per visit and one per (tenant, region), wrapped in the database."""

from __future__ import annotations

import hashlib
import hmac
import os
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from vcounter.adapters.keys.errors import KeyMissing, KeyStoreError
from vcounter.adapters.keys.kek import KeyEncryptionKey, Wrapped
from vcounter.domain.ids import KeyId, VisitId
from vcounter.services.ports import IdFactory, Scope

DATA_KEY_BYTES = 32
TENANT_OWNER = "tenant"
IMAGES_PREFIX = "images:"  # owner of a visit's image key: this and the visit's id
_CACHED_KEYS = 4096
_REWRAP_BATCH = 200


@dataclass(frozen=True, slots=True)
class StoredKey:
    """One row of the key table. `committed` is False while the transaction that made it is open."""

    id: KeyId
    scope: Scope
    owner: str
    wrapped: Wrapped
    committed: bool = True


class KeyTable(Protocol):
    """Where wrapped keys are kept. Within a writing transaction of the calling task every method
    takes part in it, so that a key is never waited for behind one's own writer lock."""

    async def find(self, scope: Scope, owners: Iterable[str]) -> list[StoredKey]: ...
    async def remove(self, scope: Scope, owner: str) -> bool:
        """Delete the owner's key for ever; False if there is none."""
        ...

    async def add(self, key: StoredKey) -> StoredKey:
        """Store it unless the owner has one by now; returns the one in force."""
        ...

    async def older_than(self, version: int, limit: int) -> list[StoredKey]: ...
    async def rewrap(self, key: StoredKey, wrapped: Wrapped) -> None:
        """Replace the wrapping if it is still the one in `key`."""
        ...


class DatabaseKeyStore:
    """KeyStore port over a table of wrapped keys. `make_database` attaches the table.

    A key is cached (the 4,096 last used) only once its row is committed: a rolled back transaction
    leaves no key in memory that is not in the database.
    """

    def __init__(self, kek: KeyEncryptionKey, ids: IdFactory) -> None:
        self._kek = kek
        self._ids = ids
        self._table: KeyTable | None = None
        self._cache: OrderedDict[tuple[Scope, str], tuple[KeyId, bytes]] = OrderedDict()
        self._index_key = kek.index_key()

    def attach(self, table: KeyTable) -> None:
        """Say where keys are kept; once, before the first use."""
        self._table = table

    async def data_key(self, scope: Scope, visit_id: VisitId) -> tuple[KeyId, bytes]:
        """The visit's key, made at first use; of two racing makers both get the same one.

        Called within a writing transaction a new key becomes durable with that transaction.
        """
        return await self._ensure(scope, visit_id)

    async def tenant_key(self, scope: Scope) -> tuple[KeyId, bytes]:
        """The key for rows of a (tenant, region) that belong to no visit, made at first use."""
        return await self._ensure(scope, TENANT_OWNER)

    async def image_key(self, scope: Scope, visit_id: VisitId) -> tuple[KeyId, bytes]:
        """The key of the visit's pictures, made at first use; destroyed after the last of them."""
        return await self._ensure(scope, f"{IMAGES_PREFIX}{visit_id}")

    async def destroy_image_key(self, scope: Scope, visit_id: VisitId) -> bool:
        """Delete it from the database and from this process; False if there is none.

        Another process forgets its copy when it ends or after 4,096 other keys.
        """
        owner = f"{IMAGES_PREFIX}{visit_id}"
        self._cache.pop((scope, owner), None)
        return await self._keys().remove(scope, owner)

    async def existing(self, scope: Scope, owner: str) -> bytes:
        """The key that sealed something earlier; raises KeyMissing instead of making one."""
        found = (await self.existing_many(scope, [owner])).get(owner)
        if found is None:
            raise KeyMissing("the key of a sealed value is gone")
        return found

    async def existing_many(self, scope: Scope, owners: Iterable[str]) -> dict[str, bytes]:
        """The keys of several owners in one query; owners without a key are left out."""
        wanted = set(owners)
        keys: dict[str, bytes] = {}
        for owner in wanted:
            cached = self._cached(scope, owner)
            if cached is not None:
                keys[owner] = cached[1]
        missing = wanted - keys.keys()
        if missing:
            for stored in await self._keys().find(scope, missing):
                keys[stored.owner] = await self._open(stored)
        return keys

    def blind_index(self, value: str) -> str:
        """HMAC-SHA-256 in hex; equal values give equal indexes, in every tenant."""
        return hmac.new(self._index_key, value.encode(), hashlib.sha256).hexdigest()

    async def rotate(self) -> tuple[int, int]:
        """A new key-encryption key for all data keys: its version, and how many were rewrapped.

        A running server goes on meanwhile and takes the new one up by itself.
        """
        version = await self._kek.rotate()
        return version, await self.rewrap()

    async def rewrap(self) -> int:
        """Wrap every data key under the newest key-encryption key; returns how many changed.

        Runs beside a working server: readers take either wrapping. Safe to repeat.
        """
        version, changed = await self._kek.version(), 0
        while batch := await self._keys().older_than(version, _REWRAP_BATCH):
            for stored in batch:
                plain = await self._kek.unwrap(stored.wrapped, _context(stored))
                await self._keys().rewrap(stored, await self._kek.wrap(plain, _context(stored)))
                changed += 1
        return changed

    async def _ensure(self, scope: Scope, owner: str) -> tuple[KeyId, bytes]:
        cached = self._cached(scope, owner)
        if cached is not None:
            return cached
        found = await self._keys().find(scope, [owner])
        stored = found[0] if found else await self._make(scope, owner)
        return stored.id, await self._open(stored)

    async def _make(self, scope: Scope, owner: str) -> StoredKey:
        draft = StoredKey(KeyId(self._ids.new("key")), scope, owner, Wrapped(0, b""))
        wrapped = await self._kek.wrap(os.urandom(DATA_KEY_BYTES), _context(draft))
        return await self._keys().add(StoredKey(draft.id, scope, owner, wrapped))

    async def _open(self, stored: StoredKey) -> bytes:
        plain = await self._kek.unwrap(stored.wrapped, _context(stored))
        if stored.committed:
            self._cache[stored.scope, stored.owner] = (stored.id, plain)
            while len(self._cache) > _CACHED_KEYS:
                self._cache.popitem(last=False)
        return plain

    def _cached(self, scope: Scope, owner: str) -> tuple[KeyId, bytes] | None:
        found = self._cache.get((scope, owner))
        if found is not None:
            self._cache.move_to_end((scope, owner))
        return found

    def _keys(self) -> KeyTable:
        if self._table is None:
            raise KeyStoreError("the key store has no table; make_database attaches one")
        return self._table


def _context(key: StoredKey) -> bytes:
    """Binds a wrapped key to its row, so that rows cannot be swapped."""
    return "\0".join((key.id, key.scope.tenant_id, key.scope.region, key.owner)).encode()
