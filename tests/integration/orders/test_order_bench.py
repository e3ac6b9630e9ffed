"""`bench orders` carries real orders out: none fails, and each is timed."""

from __future__ import annotations

import asyncio

from vcounter.evaluate.order_bench import measure


async def test_two_processes_carry_orders_out_on_one_database() -> None:
    found = await asyncio.to_thread(
        measure, database="", seconds=2.0, rate=0.0, lines=4, processes=2
    )

    assert found["database"] == "sqlite"
    assert found["orders"] >= 4
    assert found["failed"] == 0
    assert found["commit_ms"]["p50"] <= found["commit_ms"]["p99"] <= found["whole_ms"]["p99"]
    assert found["cpu_ms_per_order"] > 0
