"""A real SIGKILL between any two steps of an order, then a start on the same files."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

import pytest

from tests.fakes.order_judge import restart_and_judge
from tests.fakes.order_world import order_world
from vcounter.adapters.db import upgrade

ROOT = Path(__file__).parents[2]
OPENED_AT = 1  # the record's version before the order
# The kills that matter most: before and after the yes is stored, the operator's deed, the receipt.
SHORT = [("suspend_service", border) for border in (4, 8, 11, 14)]
FULL = [
    (action_id, border)
    for action_id in ("suspend_service", "query_puk", "reset_service_password")
    for border in range(1, 32)
]


async def _kill(folder: Path, action_id: str, border: int) -> int | None:
    await asyncio.to_thread(upgrade, f"sqlite:///{folder}/counter.db")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.resilience.order_victim"),
        *(str(folder), action_id, str(border)),
        cwd=ROOT,
    )
    async with asyncio.timeout(60):
        return await process.wait()


async def _run(folder: Path, action_id: str, border: int) -> int | None:
    code = await _kill(folder, action_id, border)

    async with order_world(folder, again=True) as world:
        await restart_and_judge(world, action_id, OPENED_AT)
    return code


@pytest.mark.parametrize(("action_id", "border"), SHORT)
async def test_killed_order_has_one_effect_after_a_start(
    tmp_path: Path, action_id: str, border: int
) -> None:
    assert await _run(tmp_path, action_id, border) == -signal.SIGKILL


@pytest.mark.long
@pytest.mark.parametrize(("action_id", "border"), FULL)
async def test_order_killed_anywhere_has_one_effect_after_a_start(
    tmp_path: Path, action_id: str, border: int
) -> None:
    assert await _run(tmp_path, action_id, border) in (-signal.SIGKILL, 0)
