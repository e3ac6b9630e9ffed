"""Many simulated customers, or many agents, against a server that runs elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from vcounter.domain.errors import NotFound
from vcounter.simulator.agent import Agent, Served
from vcounter.simulator.api import Api
from vcounter.simulator.customer import Called
from vcounter.simulator.local import prefer_loopback
from vcounter.simulator.people import Caller, caller_for, demo_callers
from vcounter.simulator.visits import call_in, percentile


async def customers(
    server: str, count: int, *, case: str, lang: str, ca: str, timeout_s: float
) -> dict[str, Any]:
    """`count` customers call in at once and stay to the end of their visits.

    Raises NotFound for an unknown case.
    """
    prefer_loopback(server)
    chosen = _choose(count, case)
    called = await asyncio.gather(
        *(call_in(server, c, lang=lang, ca=ca or None, timeout_s=timeout_s) for c in chosen)
    )
    good = [c for c in called if c.was_served and not c.failure]
    connects = [c.connect_s for c in called if c.connect_s is not None]
    return {
        "visits": len(called),
        "served": len(good),
        "failed": len(called) - len(good),
        "p95_connect_s": percentile(connects, 0.95),
        "failures": [_reason(c) for c in called if c not in good],
    }


def _choose(count: int, case: str) -> list[Caller]:
    if not case:
        everybody = demo_callers()
        return [everybody[i % len(everybody)] for i in range(count)]
    found = caller_for(case)
    if found is None:
        raise NotFound("no such demo subscriber", case=case)
    return [found] * count


def _reason(called: Called) -> str:
    return called.failure or "never served"


def read_logins(text: str) -> list[tuple[str, str]]:
    """Lines of `login password`; empty ones and comments are skipped."""
    pairs = []
    for line in text.splitlines():
        words = line.split()
        if len(words) >= 2 and not words[0].startswith("#"):
            pairs.append((words[0], words[1]))
    return pairs


async def agents(
    server: str, logins: Sequence[tuple[str, str]], *, visits: int, ca: str
) -> dict[str, Any]:
    """Agents serve whoever calls, until `visits` are over (0: until stopped).

    Raises simulator.api.ApiProblem when a login is refused.
    """
    prefer_loopback(server)
    served: list[Served] = []
    shifts: list[Agent] = []

    async def note(one: Served) -> None:
        served.append(one)
        if visits and len(served) >= visits:
            for agent in shifts:
                agent.stop()

    async def shift(login: str, password: str) -> None:
        async with Api(server, ca=ca or None) as api:
            agent = Agent(api, login, password)
            shifts.append(agent)
            await agent.run(note)

    try:
        async with asyncio.TaskGroup() as tasks:
            for login, password in logins:
                tasks.create_task(shift(login, password))
    except asyncio.CancelledError:
        if not visits:  # stopped by hand: that is how an endless shift ends
            return _summary(served)
        raise
    return _summary(served)


def _summary(served: Sequence[Served]) -> dict[str, Any]:
    failed = [s for s in served if s.failure]
    return {
        "served": len(served) - len(failed),
        "failed": len(failed),
        "failures": [{"action": s.action_id, "reason": s.failure} for s in failed],
    }
