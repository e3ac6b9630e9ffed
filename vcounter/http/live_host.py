"""What signaling asks of the counter: who may enter, what they see, what their messages mean."""

from __future__ import annotations

from collections.abc import Mapping

from signaling.host import Grant, HostRefused
from vcounter.domain.errors import CounterError
from vcounter.domain.ids import PartyId, Region, StaffId, TenantId, VisitId
from vcounter.domain.visit import OPEN_STATES, VisitState
from vcounter.services.context import (
    CustomerCaller,
    Deps,
    StaffCaller,
    desk_room,
    sha256_hex,
)
from vcounter.services.ports import Scope
from vcounter.services.staff import sign_in
from vcounter.services.visits import desk
from vcounter.services.visits.agent_view import agent_view
from vcounter.services.visits.call_flow import CallFlow
from vcounter.services.visits.customer_view import customer_view

Json = Mapping[str, object]
RELAYED_TO_AGENT = frozenset({"progress", "screen"})


class LiveHost:
    """signaling.Host on the use cases. Subjects are party ids and staff ids.

    Callers are read anew at each question, so that a revoked login or a visit taken over by another
    device is refused at once.
    """

    def __init__(self, deps: Deps, flow: CallFlow) -> None:
        self._deps = deps
        self._flow = flow
        self._scopes: dict[str, Scope] = {}

    async def authorize(self, ticket: str) -> Grant | None:
        now = self._deps.clock.now()
        async with self._deps.db.write(None) as uow:
            found = await uow.tickets.take(sha256_hex(ticket), now)
        if found is None:
            return None
        scope = Scope(TenantId(found.tenant_id), Region(found.region))
        if found.role == "agent":
            room = desk_room(StaffId(found.subject))
            self._scopes[found.subject] = scope
            return Grant(found.subject, "agent", frozenset({room}), found.subject)
        async with self._deps.db.read(scope) as uow:
            party = await uow.parties.get(PartyId(found.subject))
        self._scopes[found.subject] = scope
        return Grant(found.subject, "customer", frozenset({party.visit_id}), party.credential_hash)

    async def may_join(self, grant: Grant, room: str) -> bool:
        if grant.role != "agent" or not room.startswith("vis_"):
            return False
        try:
            async with self._deps.db.read(self._scope(grant)) as uow:
                visit = await uow.visits.get(VisitId(room))
        except CounterError:
            return False
        # Not while it only rings: whoever misses the ring would stay and listen to the next agent.
        return visit.agent_id == grant.subject and visit.state is not VisitState.OFFERED

    async def snapshot(self, grant: Grant, room: str) -> Json:
        try:
            if grant.role == "customer":
                return await customer_view(self._deps, await self._customer(grant))
            staff = await self._staff(grant)
            if room.startswith("desk:"):
                return await desk.desk_view(self._deps, staff)
            return await agent_view(self._deps, staff, VisitId(room))
        except CounterError as error:
            raise HostRefused(error.code, error.fields) from error

    async def joined(self, grant: Grant, room: str) -> None:
        scope = self._scope(grant)
        if grant.role == "customer":
            await self._flow.customer_came(scope, PartyId(grant.subject), VisitId(room))
        elif room.startswith("desk:"):
            self._flow.agent_came(StaffId(grant.subject))
        self._deps.poke()

    async def left(self, grant: Grant, room: str) -> None:
        scope = self._scope(grant)
        if grant.role == "customer":
            await self._flow.customer_left(scope, PartyId(grant.subject), VisitId(room))
        elif room.startswith("desk:"):
            await self._flow.agent_left(scope, StaffId(grant.subject))

    async def message(self, grant: Grant, room: str, kind: str, body: Json) -> Json:
        if grant.role != "customer" or kind not in RELAYED_TO_AGENT:
            raise HostRefused("forbidden", {"kind": kind[:40]})
        async with self._deps.db.read(self._scope(grant)) as uow:
            visit = await uow.visits.get(VisitId(room))
            step = await uow.steps.current(visit.id)
        if visit.state not in OPEN_STATES:
            raise HostRefused("visit_gone", {})
        told = _bounded(body)
        if step is not None and step.sealed:
            if kind == "screen":
                return {}  # what is on the screen now is nobody else's
            told = {name: value for name, value in told.items() if not _is_a_number(name, value)}
        await self._deps.live.direct(room, kind, told, ("agent",))
        return {}

    async def media_changed(self, room: str, leg: str, state: str) -> None:
        scope = self._flow.scope_of_room(room)
        if scope is not None:
            await self._flow.media_changed(scope, VisitId(room), leg, state)

    def _scope(self, grant: Grant) -> Scope:
        return self._scopes[grant.subject]

    async def _staff(self, grant: Grant) -> StaffCaller:
        return await sign_in.staff_by_id(self._deps, self._scope(grant), StaffId(grant.subject))

    async def _customer(self, grant: Grant) -> CustomerCaller:
        async with self._deps.db.read(self._scope(grant)) as uow:
            return CustomerCaller(await uow.parties.get(PartyId(grant.subject)))


def _bounded(body: Json) -> dict[str, object]:
    """What a page may tell the agent about itself: a few short texts, nothing nested."""
    return {
        str(name)[:40]: value[:200] if isinstance(value, str) else value
        for name, value in list(body.items())[:12]
        if isinstance(value, str | int | float | bool) or value is None
    }


def _is_a_number(name: str, value: object) -> bool:
    """Whether a value could be a part of what a sealed screen shows; two digits are a count."""
    return name != "step_id" and sum(c.isdigit() for c in f"{name}{value}") > 2
