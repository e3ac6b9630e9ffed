"""Time and identifiers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

Json = Mapping[str, object]


class Clock(Protocol):
    def now(self) -> datetime:
        """UTC, aware."""
        ...

    def monotonic(self) -> float:
        """Seconds; for durations only."""
        ...


class IdFactory(Protocol):
    def new(self, prefix: str) -> str:
        """A fresh id such as `vis_01J…`: prefix, underscore, 26 Crockford base32, time-ordered."""
        ...

    def token(self, n_bytes: int = 32) -> str:
        """An unguessable URL-safe secret."""
        ...

    def number(self, below: int) -> int:
        """An unguessable integer, 0 <= n < below; for codes and challenges."""
        ...
