"""Customers and agents from apart, as `simulate customers` and `simulate agents` run them."""

from __future__ import annotations

import asyncio

import pytest

from vcounter.simulator.crowd import agents, customers
from vcounter.simulator.visits import own_server

pytestmark = pytest.mark.timeout(400)


async def test_an_agent_serves_a_demo_subscriber_as_their_state_wants_it() -> None:
    async with own_server([], agents=1) as server:
        shift, calls = await asyncio.gather(
            agents(server.url, server.logins[:1], visits=1, ca=""),
            customers(server.url, 1, case="reported_lost", lang="en", ca="", timeout_s=300),
        )

    assert shift == {"served": 1, "failed": 0, "failures": []}
    assert (calls["visits"], calls["served"], calls["failed"]) == (1, 1, 0)
    assert calls["p95_connect_s"] < 20


async def test_a_customer_whom_nobody_serves_leaves_in_time() -> None:
    async with own_server([], agents=1) as server:
        calls = await customers(server.url, 1, case="", lang="zh-CN", ca="", timeout_s=2)

    assert calls["failures"] == ["timeout"]
