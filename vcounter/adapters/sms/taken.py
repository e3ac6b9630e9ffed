"""Which keys a gateway took: the memory that makes a repeat send nothing."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

KEPT = 10_000


@dataclass(slots=True)
class Progress:
    """How far one key got: the gateway's names of the parts it took."""

    ids: list[str] = field(default_factory=list)
    reference: int = 0  # what its parts have in common
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Taken:
    """The last `KEPT` keys of this process; of two senders of one key the second waits and finds
    what the first did. What is older, or another process's, the record of messages knows."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._keys: OrderedDict[str, Progress] = OrderedDict()

    @asynccontextmanager
    async def turn(self, key: str) -> AsyncIterator[Progress]:
        progress = self._keys.setdefault(key, Progress())
        self._keys.move_to_end(key)
        async with progress.lock:
            try:
                yield progress
            finally:
                self._forget()

    def _forget(self) -> None:
        for key in list(self._keys)[: max(0, len(self._keys) - self._kept)]:
            if not self._keys[key].lock.locked():
                del self._keys[key]
