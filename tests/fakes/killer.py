"""Death at a border: before or after any call of an order that leaves the process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from tests.fakes.order_world import NEW_PASSWORD, OrderWorld

_CALLS = {
    "bss": ("find", "execute", "query"),
    "inbox": ("send",),
    "media": ("set_sealed", "recording"),
}


class Killed(BaseException):
    """The process is gone. Not an Exception, so that nothing handles it."""


def raise_killed() -> None:
    raise Killed


class Killer:
    """Counts the borders that are crossed and calls `die` at the one numbered `at` (from 1)."""

    def __init__(self, at: int, die: Callable[[], None] = raise_killed) -> None:
        self.at, self.crossed, self._die = at, 0, die

    def border(self) -> None:
        self.crossed += 1
        if self.crossed == self.at:
            self._die()

    def arm(self, world: OrderWorld) -> None:
        """Put a border before and after every call, and between writing and committing."""
        world.deps.db = _Database(world.deps.db, self)  # type: ignore[assignment]
        for port, names in _CALLS.items():
            for name in names:
                owner = getattr(world, port)
                setattr(owner, name, self._fenced(getattr(owner, name)))

    def disarm(self, world: OrderWorld) -> None:
        """A restart: what was spawned is gone, the ports are whole, nothing records yet."""
        world.spawner.drop()
        world.deps.db = world.deps.db._inner  # type: ignore[attr-defined]
        for port, names in _CALLS.items():
            for name in names:
                delattr(getattr(world, port), name)
        world.media.sealed = world.media.growing = False

    def _fenced(self, call: Callable[..., Any]) -> Callable[..., Any]:
        async def fenced(*given: Any, **named: Any) -> Any:
            self.border()
            value = await call(*given, **named)
            self.border()
            return value

        return fenced


class _Database:
    def __init__(self, inner: Any, killer: Killer) -> None:
        self._inner, self._killer = inner, killer

    @asynccontextmanager
    async def write(self, scope: Any) -> AsyncIterator[Any]:
        self._killer.border()
        async with self._inner.write(scope) as uow:
            yield uow
            self._killer.border()  # everything written, nothing committed
        self._killer.border()

    def read(self, scope: Any) -> Any:
        return self._inner.read(scope)


async def say_yes(world: OrderWorld, action_id: str) -> None:
    """The customer's part of a presented order, and all that follows from it."""
    await world.answer(confirmed=True)
    if action_id == "reset_service_password":
        await world.answer(digits=NEW_PASSWORD)
    await world.spawner.run()
