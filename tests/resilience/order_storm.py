"""A counter in bad weather: orders one after the other, while everything around them fails.

Run by test_order_storm, which kills it again and again. `acked.txt` is the customers' memory: an id
is written there, durably, once their yes was taken. Everything else is in the databases.
"""

from __future__ import annotations

import asyncio
import os
import random
import sqlite3
import sys
import time
from pathlib import Path

from tests.fakes.order_world import OrderWorld, order_world
from vcounter.adapters.bss.embedded import Fault
from vcounter.domain.ids import OrderId
from vcounter.domain.order import IN_FLIGHT_STATES
from vcounter.services.orders.settle_orders import settle_orders

# Which order the record's state allows; a wheel, so that it can turn for ever.
NEXT = {
    "ACTIVE": ("suspend_service", "report_loss", "query_puk", "suspend_service"),
    "SUSPENDED_VOL": ("resume_service", "report_loss", "query_puk", "resume_service"),
    "LOST_HOLD": ("cancel_loss",),
}
LOCK_S = 0.25
SWEEPS = 8


async def main(folder: Path, seed: int, run: int, orders: int) -> None:
    async with order_world(folder, again=run > 0) as world:
        world.clock.move(days=30 * run)  # later than whatever the process before it saw
        weather = random.Random(seed * 1000 + run)
        await _settle_all(world)
        print("ready", flush=True)
        while (so_far := await _count(world)) < orders:
            await _one_order(world, weather, f"storm-{run}-{so_far}")


async def _count(world: OrderWorld) -> int:
    async with world.deps.db.read(world.agent.scope) as uow:
        return len(await uow.orders.of_visit(world.visit_id))


async def _one_order(world: OrderWorld, weather: random.Random, key: str) -> None:
    action_id = weather.choice(NEXT[await world.state()])
    await world.present(await world.prepare(action_id, key))
    step = await world.step()
    _brew(world, weather)
    locking = _lock_for_a_while(world.folder / "counter.db") if weather.random() < 0.15 else None
    waiting = asyncio.ensure_future(locking) if locking else None
    await world.answer(confirmed=True)
    assert step.order_id is not None
    _remember(world.folder, step.order_id)
    await world.spawner.run()
    await _settle_all(world)
    if waiting is not None:
        await waiting
    await _close_screen(world)


def _brew(world: OrderWorld, weather: random.Random) -> None:
    """What the operator and the gateway will do to this order."""
    bad = weather.choice(["", "", *Fault, "no_answers", "no_sms"])
    if bad == "no_answers":
        world.faults.plan("execute", Fault.TIMEOUT_AFTER)
        world.faults.plan("query", Fault.TIMEOUT_BEFORE, Fault.SLOW)
    elif bad == "no_sms":
        world.faults.plan("find", Fault.TIMEOUT_BEFORE)
    elif bad:
        world.faults.plan("execute", Fault(bad))


async def _lock_for_a_while(file: Path) -> None:
    """Another process holds the one writer's place."""

    def hold() -> None:
        connection = sqlite3.connect(file, isolation_level=None, timeout=5)
        try:
            connection.execute("BEGIN IMMEDIATE")
            time.sleep(LOCK_S)
            connection.execute("ROLLBACK")
        finally:
            connection.close()

    await asyncio.to_thread(hold)


def _remember(folder: Path, order_id: OrderId) -> None:
    with (folder / "acked.txt").open("a") as memory:
        memory.write(f"{order_id}\n")
        memory.flush()
        os.fsync(memory.fileno())


async def _settle_all(world: OrderWorld) -> None:
    """Sweep until nothing is in flight; an operator that stays silent for ever is a fault here."""
    for _ in range(SWEEPS):
        async with world.deps.db.read(None) as uow:
            flying = await uow.orders.in_states(tuple(IN_FLIGHT_STATES))
        if not flying:
            return
        world.clock.move(seconds=3600)
        await settle_orders(world.deps, min_age_s=0)
    raise SystemExit("an order stays in flight")


async def _close_screen(world: OrderWorld) -> None:
    """The customer has read what is on their screen."""
    step = await world.current()
    if step is not None and step.kind.value == "show":
        await world.answer(seen=True)


if __name__ == "__main__":
    folder, seed, run, orders = sys.argv[1:]
    asyncio.run(main(Path(folder), int(seed), int(run), int(orders)))
