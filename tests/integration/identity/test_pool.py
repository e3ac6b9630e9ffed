"""The pool with real processes: late, dead and too many tasks."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import time
from collections.abc import AsyncIterator

import pytest

from vcounter.adapters.identity.pictures import open_upload
from vcounter.adapters.identity.pool import WorkerPool
from vcounter.domain.errors import ImageUnusable, MediaUnavailable


@pytest.fixture
async def pool() -> AsyncIterator[WorkerPool]:
    pool = WorkerPool(workers=1, max_waiting=2)
    await pool.start()
    yield pool
    await pool.stop()
    assert pool.pids() == []


async def test_task_runs_in_another_process(pool: WorkerPool):
    pid = await pool.run(os.getpid, timeout_s=10.0)

    assert [pid] == pool.pids()
    assert pid != os.getpid()


async def test_late_task_is_killed_and_the_next_one_served_by_a_new_worker(pool: WorkerPool):
    before = pool.pids()

    with pytest.raises(MediaUnavailable) as error:
        await pool.run(time.sleep, 60.0, timeout_s=0.3)

    assert error.value.fields == {"reason": "time_out"}
    assert await pool.run(os.getpid, timeout_s=20.0) not in before


async def test_killed_worker_costs_its_task_only(pool: WorkerPool):
    with pytest.raises(MediaUnavailable) as error:
        await pool.run(os.kill, pool.pids()[0], signal.SIGKILL, timeout_s=60.0)

    assert error.value.fields == {"reason": "crashed"}
    assert await pool.run(pow, 2, 5, timeout_s=20.0) == 32


async def test_worker_killed_while_idle_is_replaced(pool: WorkerPool):
    os.kill(pool.pids()[0], signal.SIGKILL)
    for child in multiprocessing.active_children():
        child.join(5.0)

    assert await pool.run(pow, 2, 5, timeout_s=20.0) == 32


async def test_error_of_the_counter_comes_back_as_it_was(pool: WorkerPool):
    with pytest.raises(ImageUnusable) as error:
        await pool.run(open_upload, b"", timeout_s=10.0)

    assert error.value.fields == {"reason": "empty"}


async def test_any_other_error_is_unavailable_and_the_worker_lives_on(pool: WorkerPool):
    before = pool.pids()

    with pytest.raises(MediaUnavailable) as error:
        await pool.run(int, "no number", timeout_s=10.0)

    assert error.value.fields == {"reason": "failed"}
    assert pool.pids() == before


async def test_more_tasks_than_may_wait_are_refused_at_once(pool: WorkerPool):
    tasks = [asyncio.create_task(pool.run(time.sleep, 0.4, timeout_s=20.0)) for _ in range(3)]
    await asyncio.sleep(0)

    with pytest.raises(MediaUnavailable) as error:
        await pool.run(pow, 2, 5, timeout_s=20.0)

    assert error.value.fields == {"reason": "busy"}
    await asyncio.gather(*tasks)
    assert await pool.run(pow, 2, 5, timeout_s=20.0) == 32


async def test_wait_for_a_free_worker_counts_as_time(pool: WorkerPool):
    slow = asyncio.create_task(pool.run(time.sleep, 1.0, timeout_s=20.0))
    await asyncio.sleep(0)

    with pytest.raises(MediaUnavailable) as error:
        await pool.run(pow, 2, 5, timeout_s=0.2)

    assert error.value.fields == {"reason": "time_out"}
    await slow


async def test_cancelled_caller_leaves_the_worker_usable(pool: WorkerPool):
    task = asyncio.create_task(pool.run(time.sleep, 0.5, timeout_s=20.0))
    await asyncio.sleep(0)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task

    assert await pool.run(pow, 2, 5, timeout_s=20.0) == 32


async def test_stop_cuts_off_what_runs_and_refuses_what_comes():
    pool = WorkerPool(workers=1)
    await pool.start()
    task = asyncio.create_task(pool.run(time.sleep, 60.0, timeout_s=60.0))
    await asyncio.sleep(0)

    await pool.stop()

    with pytest.raises(MediaUnavailable):
        await task
    with pytest.raises(MediaUnavailable) as error:
        await pool.run(pow, 2, 5, timeout_s=1.0)
    assert error.value.fields == {"reason": "stopped"}
    await pool.stop()


async def test_pool_whose_models_do_not_load_does_not_start():
    pool = WorkerPool(workers=1, initialiser=os.abort)

    with pytest.raises(MediaUnavailable):
        await pool.start()

    assert pool.pids() == []
