"""What the counter does when people come and go and when media connect or break."""

from __future__ import annotations

from vcounter.domain.agent import AgentState
from vcounter.domain.errors import CounterError, MediaUnavailable
from vcounter.domain.ids import PartyId, StaffId, StepId, VisitId
from vcounter.domain.steps import Step, StepKind
from vcounter.domain.visit import CUSTOMER_LEFT, OPEN_STATES, Visit, VisitState
from vcounter.services.context import Deps
from vcounter.services.identity.card_tilt import CardTilts
from vcounter.services.identity.face_challenge import FaceChallenges
from vcounter.services.identity.read_cards import resume_readings
from vcounter.services.ports import Scope
from vcounter.services.visits import seal
from vcounter.services.visits.close_visit import customer_gone
from vcounter.services.visits.desk import desk_lost
from vcounter.services.visits.graces import Graces
from vcounter.services.visits.recordings import (
    ensure_recording,
    finish_recording,
    recording_light,
    unfinished,
)

BOTH = frozenset({"customer", "agent"})


class CallFlow:
    """Reacts to presence and media events; holds nothing that the database does not also know,
    so that a restart picks every visit up where it was."""

    def __init__(self, deps: Deps, graces: Graces, faces: FaceChallenges, tilts: CardTilts) -> None:
        self._deps = deps
        self._graces = graces
        self._faces, self._tilts = faces, tilts
        self._rooms: dict[VisitId, Scope] = {}
        self._connected: dict[VisitId, set[str]] = {}

    def scope_of_room(self, room: str) -> Scope | None:
        """Whose visit a room is; known from the moment anybody entered it."""
        return self._rooms.get(VisitId(room))

    # --- presence ---------------------------------------------------------------------------------

    async def customer_came(self, scope: Scope, party_id: PartyId, visit_id: VisitId) -> None:
        """Cancel the grace, tell the agent, and go on with a face challenge that was under way."""
        self._rooms[visit_id] = scope
        self._graces.cancel(f"customer:{party_id}")
        await self._deps.live.direct(visit_id, "presence", {"online": True}, ("agent",))
        async with self._deps.db.read(scope) as uow:
            visit = await uow.visits.get(visit_id)
            current = await uow.steps.current(visit_id)
        if visit.state in (VisitState.OFFERED, VisitState.SERVING):
            await self._deps.live.start_media(visit_id)
        if current is not None:
            self.step_pushed(scope, current)
        if visit.state is VisitState.SERVING:
            self._deps.presence.watch(scope, visit_id)

    async def customer_left(self, scope: Scope, party_id: PartyId, visit_id: VisitId) -> None:
        """Tell the agent and wait: the network of a phone comes and goes."""
        await self._deps.live.direct(visit_id, "presence", {"online": False}, ("agent",))
        self.expect_customer(scope, party_id, visit_id)

    def expect_customer(self, scope: Scope, party_id: PartyId, visit_id: VisitId) -> None:
        """Who is not connected within the grace time has gone, also who never came."""

        async def late() -> None:
            if not self._deps.live.online(party_id):
                await self._away_too_long(scope, visit_id)

        self._graces.start(f"customer:{party_id}", self._deps.policy.customer_grace_s, late)

    async def _away_too_long(self, scope: Scope, visit_id: VisitId) -> None:
        """A waiting customer's place is given up. A served one stays until the agent hangs up, or
        until the agent is given up as well."""
        async with self._deps.db.read(scope) as uow:
            visit = await uow.visits.get(visit_id)
        if visit.state in (VisitState.WAITING, VisitState.OFFERED):
            await customer_gone(self._deps, scope, visit_id, "abandoned")

    def agent_came(self, staff_id: StaffId) -> None:
        self._graces.cancel(f"agent:{staff_id}")

    async def agent_left(self, scope: Scope, staff_id: StaffId) -> None:
        """Back in time: the same customer. Too late: the customer goes to the head of the queue,
        unless that one has been given up too."""

        async def late() -> None:
            if self._deps.live.online(staff_id):
                return
            for visit in await desk_lost(self._deps, scope, staff_id):
                await self._end_if_deserted(scope, visit)

        self._graces.start(f"agent:{staff_id}", self._deps.policy.agent_grace_s, late)

    async def _end_if_deserted(self, scope: Scope, visit: Visit) -> None:
        party_id = visit.customer_party_id
        if party_id is None or self._deps.live.online(party_id):
            return
        if not self._graces.is_running(f"customer:{party_id}"):
            await customer_gone(self._deps, scope, visit.id, CUSTOMER_LEFT)

    # --- media ------------------------------------------------------------------------------------

    async def begin_call(self, scope: Scope, visit_id: VisitId) -> None:
        """The agent accepted: the seal is as the steps say, media may flow."""
        self._rooms[visit_id] = scope
        await seal.follow_step(self._deps, scope, visit_id)
        self._deps.presence.watch(scope, visit_id)
        await self._record(scope, visit_id)

    async def media_back(self) -> None:
        """A fresh bridge keeps shut what the old one did not open in time: follow the steps."""
        for visit_id, scope in list(self._rooms.items()):
            await seal.follow_step(self._deps, scope, visit_id)

    async def media_changed(self, scope: Scope, visit_id: VisitId, leg: str, state: str) -> None:
        """Once both legs are up, what was consented to is recorded; a fresh worker as well."""
        legs = self._connected.setdefault(visit_id, set())
        if state == "connected":
            legs.add(leg)
        else:
            legs.discard(leg)
        if state == "closed" and not legs:
            self._connected.pop(visit_id, None)
        if legs >= BOTH:
            await self._record(scope, visit_id)

    async def _record(self, scope: Scope, visit_id: VisitId) -> None:
        try:
            await ensure_recording(self._deps, scope, visit_id)
        except MediaUnavailable:
            await self._deps.live.direct(
                visit_id, "recording", {"state": "stalled", "bytes": 0}, ("agent",)
            )

    # --- steps ------------------------------------------------------------------------------------

    def step_pushed(self, scope: Scope, step: Step) -> None:
        """Steps that the server drives by itself are started, or taken up again."""
        if step.kind is StepKind.FACE:
            self._faces.ensure(scope, step.visit_id, StepId(step.id))
        elif step.kind is StepKind.CARD_TILT:
            self._tilts.ensure(scope, step.visit_id, StepId(step.id))

    # --- the beginning and the heartbeat of a process ---------------------------------------------

    async def recover(self) -> None:
        """After a start: seals as the steps say, absences begin now, old recordings are muxed.

        Nobody is connected yet, the free agents neither: they are absent like everybody.
        """
        async with self._deps.db.read(None) as uow:
            scopes = await uow.tenants.scopes()
        for scope in scopes:
            async with self._deps.db.read(scope) as uow:
                visits = await uow.visits.in_states(tuple(OPEN_STATES))
                free = await uow.staff.in_states((AgentState.READY,))
            for visit in visits:
                self._rooms[visit.id] = scope
                if visit.state is VisitState.SERVING:
                    await seal.follow_step(self._deps, scope, visit.id)
                    self._deps.spawn(resume_readings(self._deps, visit), f"read cards {visit.id}")
                if visit.customer_party_id:
                    await self.customer_left(scope, visit.customer_party_id, visit.id)
                if visit.agent_id:
                    await self.agent_left(scope, visit.agent_id)
            for agent in free:
                await self.agent_left(scope, agent.id)
        self._deps.spawn(self.finish_recordings(), "finish recordings")

    async def finish_recordings(self) -> None:
        """Make every recording playable whose call is over, such as after a crash."""
        for row in await unfinished(self._deps):
            try:
                await finish_recording(self._deps, row)
            except CounterError:
                continue  # the row says `failed`; the metrics count it

    async def show_lights(self) -> None:
        """Send each agent the recorder light of the visit in hand; start what stands still."""
        for visit_id, scope in list(self._rooms.items()):
            async with self._deps.db.read(scope) as uow:
                visit = await uow.visits.get(visit_id)
            if visit.state is VisitState.SERVING:
                light = await recording_light(self._deps, visit)
                await self._deps.live.direct(visit_id, "recording", light, ("agent",))
                if light["state"] == "stalled" and self._connected.get(visit_id, set()) >= BOTH:
                    await self._record(scope, visit_id)
            elif visit.state not in OPEN_STATES:
                self._rooms.pop(visit_id, None)
                self._connected.pop(visit_id, None)
