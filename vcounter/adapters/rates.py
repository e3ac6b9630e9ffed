"""Rate limits by moving window, in process (the `limits` library)."""

from __future__ import annotations

import time
from collections.abc import Mapping

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from vcounter.domain.errors import TooMany


class RateLimits:
    """Named limits such as {"login": "10/minute"}; an unknown name is a programming error."""

    def __init__(self, limits: Mapping[str, str]) -> None:
        self._limits: dict[str, RateLimitItem] = {
            name: parse(text) for name, text in limits.items()
        }
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    async def take(self, name: str, whom: str) -> None:
        """Count one use. Raises TooMany with `retry_after_s` when the window is full."""
        item = self._limits[name]
        if not await self._limiter.hit(item, name, whom):
            reset, _ = await self._limiter.get_window_stats(item, name, whom)
            raise TooMany(name, retry_after_s=max(1, round(reset - time.time())))
