"""kill -9 at any moment, silent, late, stale and repeated answers, a locked database, together.

0 lost, 0 doubled, and every customer is told what is true.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.fakes.order_world import NUMBER, order_world
from vcounter.adapters.db import upgrade
from vcounter.domain.order import Order, OrderState
from vcounter.services.ports import BssResult

ROOT = Path(__file__).parents[2]
LONG = bool(os.environ.get("VCOUNTER_TEST_LONG"))
ORDERS, SEED = (500 if LONG else 60), 20261127
LIVES_S = (0.2, 3.0)  # how long a process lives after its start, before the next kill
MAX_RUNS = 400
_CHANGES_NOTHING = {"query_puk"}


async def _one_life(folder: Path, run: int, lifetime_s: float) -> int | None:
    """Start the counter, let it work for a while, kill it. The exit code: 0 when it was done."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.resilience.order_storm"),
        *(str(folder), str(SEED), str(run), str(ORDERS)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(60):
            await process.stdout.readline()
        async with asyncio.timeout(lifetime_s):
            return await process.wait()
    except TimeoutError:
        process.kill()
        return await process.wait()


@pytest.mark.timeout(3600 if LONG else 400)
async def test_no_order_is_lost_doubled_or_told_wrongly_in_a_storm(tmp_path: Path) -> None:
    await asyncio.to_thread(upgrade, f"sqlite:///{tmp_path}/counter.db")
    moments = random.Random(SEED)
    codes: list[int | None] = []
    while not codes or codes[-1] != 0:
        assert len(codes) < MAX_RUNS
        codes.append(await _one_life(tmp_path, len(codes), moments.uniform(*LIVES_S)))
        assert codes[-1] in (0, -signal.SIGKILL), codes

    assert codes.count(-signal.SIGKILL) >= 3
    async with order_world(tmp_path, again=True) as world:
        async with world.deps.db.read(world.agent.scope) as uow:
            orders = await uow.orders.of_visit(world.visit_id)
        done = {o.id: await world.bss.query(o.idempotency_key) for o in orders}
        receipts = [e["order_id"] for e in await world.events("receipt")]
        sent = await world.inbox.recent(2 * ORDERS)
        found = await world.bss.find(NUMBER)
        stale = await _bumps(world.bss.store)
    _judge_acknowledged(tmp_path, orders)
    _judge_truth(orders, done, receipts)
    succeeded = [o for o in orders if o.state is OrderState.SUCCEEDED]
    assert found is not None
    changed = sum(o.action_id not in _CHANGES_NOTHING for o in succeeded)
    assert found.version == 1 + changed + stale, "each done order changed the record once"
    assert len(sent) == len([o for o in succeeded if o.result["sms"] in ("number", "contact")])


async def _bumps(store: object) -> int:
    """How often somebody else changed the record: each left a refused command behind."""
    async with store.transaction() as books:  # type: ignore[attr-defined]  # the embedded Store
        row = await books.one("SELECT count(*) AS n FROM commands WHERE reason = 'version_moved'")
    return int(row["n"])


def _judge_acknowledged(folder: Path, orders: Sequence[Order]) -> None:
    """Whoever said yes has an outcome."""
    acked = set((folder / "acked.txt").read_text().split())
    by_id = {o.id: o for o in orders}
    assert acked <= set(by_id)
    settled = (OrderState.SUCCEEDED, OrderState.FAILED)
    assert [by_id[o].state for o in acked if by_id[o].state not in settled] == []  # type: ignore[index]


def _judge_truth(
    orders: Sequence[Order], done: dict[str, BssResult | None], receipts: Sequence[object]
) -> None:
    """A success is told for what the operator did, once; a failure for what it did not do."""
    for order in orders:
        outcome = done[order.id]
        did = outcome is not None and outcome.done
        assert (order.state is OrderState.SUCCEEDED) is did, (order.action_id, order.state)
        assert receipts.count(order.id) == int(did)
        if order.state is OrderState.FAILED:
            assert order.failure
