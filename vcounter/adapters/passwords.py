"""argon2id password hashes and TOTP second factors (RFC 9106, RFC 6238)."""

from __future__ import annotations

import asyncio

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER = PasswordHasher()  # the library's RFC 9106 low-memory profile
_DUMMY = _HASHER.hash("no such login")


def hash_password(password: str) -> str:
    """argon2id with a fresh salt. Takes tens of milliseconds."""
    return _HASHER.hash(password)


def _verify(password_hash: str, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


class Argon2Passwords:
    """Verifies off the event loop, a few at a time, so that logins cannot starve the calls."""

    def __init__(self, parallel: int = 2) -> None:
        self._gate = asyncio.Semaphore(parallel)

    async def verify(self, password_hash: str, password: str) -> bool:
        async with self._gate:
            return await asyncio.to_thread(_verify, password_hash, password)

    async def burn(self, password: str) -> None:
        """As slow as a verification, so that unknown names cannot be told apart."""
        async with self._gate:
            await asyncio.to_thread(_verify, _DUMMY, password)

    def totp_ok(self, secret: str, code: str) -> bool:
        """One step of 30 s either side is allowed."""
        return pyotp.TOTP(secret).verify(code.strip(), valid_window=1)
