"""Time-ordered identifiers (ULID, https://github.com/ulid/spec) and secrets."""

from __future__ import annotations

import secrets
import threading

from vcounter.services.ports import Clock

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_RANDOM_BITS = 80
_RANDOM_MASK = (1 << _RANDOM_BITS) - 1
_LENGTH = 26  # 130 bits of base 32 hold the 128 bits of a ULID


class UlidFactory:
    """Ids that sort by the time of making, strictly within one process, also in one millisecond.

    The order survives a clock that steps back: the last time used is kept until the clock catches
    up. Safe to call from several threads.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._last_ms = 0
        self._last_random = 0

    def new(self, prefix: str) -> str:
        """`vis_01J…`: prefix, underscore, 26 characters of Crockford base 32."""
        return f"{prefix}_{_encode(self._next())}"

    def token(self, n_bytes: int = 32) -> str:
        """An unguessable URL-safe text of `n_bytes` random bytes."""
        return secrets.token_urlsafe(n_bytes)

    def number(self, below: int) -> int:
        """An unguessable integer, 0 <= n < below."""
        return secrets.randbelow(below)

    def _next(self) -> int:
        now_ms = int(self._clock.now().timestamp() * 1000)
        with self._lock:
            if now_ms > self._last_ms:
                # The top bit stays clear so that counting up within a millisecond cannot overflow.
                self._last_ms, self._last_random = now_ms, secrets.randbits(_RANDOM_BITS - 1)
            else:
                self._last_random = (self._last_random + 1 + secrets.randbits(16)) & _RANDOM_MASK
            return (self._last_ms << _RANDOM_BITS) | self._last_random


def _encode(value: int) -> str:
    return "".join(_CROCKFORD[(value >> shift) & 31] for shift in range((_LENGTH - 1) * 5, -1, -5))
