"""Counting how identity was decided, for the operator's published figures."""

from __future__ import annotations

from typing import Protocol


class Tally(Protocol):
    """Codes only: never a number, a name or an id."""

    def identity_path(self, path: str) -> None:
        """One decision: agent, referee, no_face or refused."""
        ...

    def referral(self, reason: str, outcome: str) -> None:
        """One reason why a referee decided, and how (passed or failed)."""
        ...


class NoTally:
    def identity_path(self, path: str) -> None: ...
    def referral(self, reason: str, outcome: str) -> None: ...
