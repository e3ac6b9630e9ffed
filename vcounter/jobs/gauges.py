"""The gauges that are read from the stores: queue, agents and bridge."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Mapping
from typing import Protocol

from vcounter.domain.agent import AgentState
from vcounter.observability.metrics import Metrics
from vcounter.services.ports import Clock, Database, Scope

_ON_DUTY = tuple(state for state in AgentState if state is not AgentState.OFFLINE)


class MediaStats(Protocol):
    """The bridge's own totals; raises when its worker does not answer."""

    async def stats(self) -> Mapping[str, int]: ...


async def read_queue(metrics: Metrics, db: Database, scope: Scope, clock: Clock) -> None:
    """Waiting visits by skill group, the longest wait, and agents by state."""
    async with db.read(scope) as uow:
        groups = {group.id: group.code for group in await uow.skill_groups.all()}
        waiting = await uow.visits.waiting()
        agents = await uow.staff.in_states(_ON_DUTY)
    by_group = Tally(groups[visit.skill_group_id] for visit in waiting)
    for code in groups.values():
        metrics.waiting_visits.labels(code).set(by_group[code])
    waits = [(clock.now() - visit.entered_at).total_seconds() for visit in waiting]
    metrics.longest_wait_seconds.set(max(waits, default=0.0))
    by_state = Tally(agent.state for agent in agents)
    for state in _ON_DUTY:
        metrics.agents.labels(state.value).set(by_state[state])


async def read_bridge(metrics: Metrics, media: MediaStats) -> None:
    """Calls, packets and bytes of the worker in use; they begin anew with a new worker."""
    stats = await media.stats()
    metrics.media_calls.set(stats["calls"])
    metrics.media_packets.set(stats["packets"])
    metrics.media_bytes.set(stats["bytes"])
