"""Service passwords: argon2id off the event loop, and a limit on guesses."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from vcounter.adapters.bss.embedded.store import Store
from vcounter.adapters.bss.embedded.vault import Vault
from vcounter.domain.errors import TooMany
from vcounter.domain.ids import Msisdn

MAX_TRIES = 5
TRIES_WINDOW = timedelta(hours=24)

# OWASP Password Storage Cheat Sheet, argon2id: 19 MiB, 2 passes, 1 lane.
DEFAULT_HASHER = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)


class Passwords:
    """Peppered with the database's key before hashing: six digits alone are guessed at once."""

    def __init__(self, store: Store, vault: Vault, hasher: PasswordHasher) -> None:
        self._store, self._vault, self._hasher = store, vault, hasher

    async def hash(self, password: str) -> str:
        return await asyncio.to_thread(self._hasher.hash, self._vault.pepper(password))

    async def check(self, msisdn: Msisdn, password: str, now: datetime) -> bool:
        """Spend one try before looking, so that parallel guesses count too.

        Raises TooMany after five wrong ones until 24 hours after the first; a right one clears.
        """
        sub = self._vault.name(msisdn)
        stored = await self._take_try(sub, now)
        if not stored or not await asyncio.to_thread(self._verify, stored, password):
            return False
        async with self._store.transaction():
            await self._store.run(
                "UPDATE subscribers SET password_tries = 0, password_tries_since = NULL"
                " WHERE sub = ?",
                (sub,),
            )
        return True

    def _verify(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, self._vault.pepper(password))
        except (VerifyMismatchError, InvalidHashError):
            return False

    async def _take_try(self, sub: str, now: datetime) -> str:
        async with self._store.transaction():
            row = await self._store.one("SELECT * FROM subscribers WHERE sub = ?", (sub,))
            if row is None:
                return ""
            tries, since = row["password_tries"], row["password_tries_since"]
            begun = datetime.fromisoformat(since) if since else now
            if now - begun >= TRIES_WINDOW:
                tries, begun = 0, now
            if tries >= MAX_TRIES:
                wait = (begun + TRIES_WINDOW - now).total_seconds()
                raise TooMany("password tries used up", retry_after_s=round(wait))
            await self._store.run(
                "UPDATE subscribers SET password_tries = ?, password_tries_since = ? WHERE sub = ?",
                (tries + 1, begun.isoformat(), sub),
            )
            return str(row["password_hash"])
