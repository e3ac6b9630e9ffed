"""Faults that tests plan for a remote system: silence before or after the deed, repeats."""

from __future__ import annotations

from collections import defaultdict, deque
from enum import StrEnum


class Fault(StrEnum):
    """What happens to one call."""

    TIMEOUT_BEFORE = "timeout_before"  # silent, and nothing was done
    TIMEOUT_AFTER = "timeout_after"  # done, but the answer was lost
    SLOW = "slow"  # done after the caller's patience is over
    STALE = "stale"  # sees the caller's version as outdated
    DUPLICATE = "duplicate"  # the network delivers the call twice


class Faults:
    """A plan of faults by method name (`execute`, `query`, ...), used up in order, one per call."""

    def __init__(self) -> None:
        self._planned: dict[str, deque[Fault]] = defaultdict(deque)

    def plan(self, method: str, *faults: Fault) -> None:
        """The next calls of `method` get these, in order; afterwards all is well again."""
        self._planned[method].extend(faults)

    def take(self, method: str) -> Fault | None:
        queue = self._planned[method]
        return queue.popleft() if queue else None
