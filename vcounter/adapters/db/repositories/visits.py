"""Visits and the queue."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.exc import IntegrityError

from vcounter.adapters.db.cipher import RowCipher, canonical_json
from vcounter.adapters.db.repository import Repository, on_unique
from vcounter.adapters.db.tables.visits import visits
from vcounter.domain.errors import AgentTaken, VisitGone
from vcounter.domain.ids import (
    Msisdn,
    PartyId,
    Region,
    SkillGroupId,
    StaffId,
    TenantId,
    VisitId,
)
from vcounter.domain.queueing import Waiting
from vcounter.domain.visit import FaceConsent, RecordingConsent, Visit, VisitState

_HANDLED_VISITS = 50  # the sample of mean_handle_s


class VisitRepository(Repository):
    """VisitRepo. Adding a visit makes its data key in the same transaction."""

    async def add(self, visit: Visit) -> None:
        self._check_scope(visit.tenant_id, visit.region)
        cipher = await self._visit_cipher(visits, visit.id, visit.id)
        fixed = {
            "id": visit.id,
            "tenant_id": visit.tenant_id,
            "region": visit.region,
            "version": visit.version,
        }
        await self._insert(visits, {**fixed, **self._changeable(visit, cipher)})

    async def get(self, visit_id: VisitId) -> Visit:
        return await self._visit(await self._by_id(visits, visit_id))

    async def save(self, visit: Visit) -> None:
        """Also raises AgentTaken if the agent has another visit offered or being served."""
        cipher = await self._visit_cipher(visits, visit.id, visit.id)
        stale = VisitGone("stale visit", state=visit.state.value)
        try:
            await self._update_version(
                visits, visit.id, visit.version, self._changeable(visit, cipher), stale
            )
        except IntegrityError as error:
            on_unique(error, AgentTaken("the agent serves another visit"))
        visit.version += 1

    async def waiting(self, limit: int = 500) -> list[Waiting]:
        """Reads the queue's index and nothing personal: no key is needed."""
        query = (
            select(
                visits.c.id,
                visits.c.skill_group_id,
                visits.c.priority,
                visits.c.entered_at,
                visits.c.missed_by,
                visits.c.simulated,
            )
            .where(self._mine(visits), visits.c.state == VisitState.WAITING.value)
            .order_by(visits.c.priority, visits.c.entered_at, visits.c.id)
            .limit(limit)
        )
        return [_waiting(row) for row in await self._all(query)]

    async def in_states(self, states: Sequence[VisitState]) -> list[Visit]:
        """Oldest first; across tenants when the unit of work has no scope."""
        return await self._visits(
            select(visits).where(self._mine_or_all(visits), _state_in(states))
        )

    async def of_agent(self, agent_id: StaffId, states: Sequence[VisitState]) -> list[Visit]:
        return await self._visits(
            select(visits).where(
                self._mine(visits), visits.c.agent_id == agent_id, _state_in(states)
            )
        )

    async def companions_of(self, visit_id: VisitId) -> list[Visit]:
        return await self._visits(
            select(visits).where(
                self._mine(visits),
                visits.c.companion_of == visit_id,
                visits.c.state == VisitState.SERVING.value,
            )
        )

    async def rings_over(self, now: datetime) -> list[Visit]:
        """Offered, and the ring time is over; across tenants when there is no scope."""
        return await self._visits(
            select(visits).where(
                self._mine_or_all(visits),
                visits.c.state == VisitState.OFFERED.value,
                visits.c.ring_until <= now,
            )
        )

    async def of_number(self, msisdn: Msisdn, limit: int) -> list[Visit]:
        query = (
            select(visits)
            .where(self._mine(visits), visits.c.msisdn_index == self._index(msisdn))
            .order_by(visits.c.entered_at.desc(), visits.c.id.desc())
            .limit(limit)
        )
        rows = await self._all(query)
        await self._warm(rows, owner="id")
        return [await self._visit(row) for row in rows]

    async def ended_since(self, since: datetime, limit: int) -> list[Visit]:
        query = (
            select(visits)
            .where(self._mine(visits), visits.c.ended_at >= since)
            .order_by(visits.c.ended_at.desc())
            .limit(limit)
        )
        rows = await self._all(query)
        await self._warm([row for row in rows if row.msisdn is not None], owner="id")
        return [await self._visit(row) for row in rows]

    async def mean_handle_s(self, default: float) -> float:
        query = (
            select(visits.c.connected_at, visits.c.ended_at)
            .where(
                self._mine(visits),
                visits.c.ended_at.is_not(None),
                visits.c.connected_at.is_not(None),
            )
            .order_by(visits.c.ended_at.desc())
            .limit(_HANDLED_VISITS)
        )
        rows = await self._all(query)
        if not rows:
            return default
        spans: list[timedelta] = [row.ended_at - row.connected_at for row in rows]
        return sum(spans, timedelta()).total_seconds() / len(spans)

    def _changeable(self, visit: Visit, cipher: RowCipher) -> dict[str, object]:
        return {
            "skill_group_id": visit.skill_group_id,
            "state": visit.state.value,
            "priority": visit.priority,
            "lang": visit.lang,
            "entered_at": visit.entered_at,
            "simulated": visit.simulated,
            "recording_consent": visit.recording_consent.value,
            "face_consent": visit.face_consent.value,
            "msisdn": cipher.seal_optional("msisdn", visit.msisdn),
            "msisdn_index": self._index(visit.msisdn),
            "agent_id": visit.agent_id,
            "last_agent_id": visit.last_agent_id,
            "offered_at": visit.offered_at,
            "ring_until": visit.ring_until,
            "connected_at": visit.connected_at,
            "ended_at": visit.ended_at,
            "closed_at": visit.closed_at,
            "customer_party_id": visit.customer_party_id,
            "disposition": visit.disposition,
            "companion_of": visit.companion_of,
            "aside": visit.aside,
            "missed_by": canonical_json(list(visit.missed_by)),
        }

    async def _visits(self, query: Select[Any]) -> list[Visit]:
        rows = await self._all(query.order_by(visits.c.entered_at, visits.c.id))
        await self._warm([row for row in rows if row.msisdn is not None], owner="id")
        return [await self._visit(row) for row in rows]

    async def _visit(self, row: Row[Any]) -> Visit:
        msisdn = None
        if row.msisdn is not None:
            cipher = await self._opener(visits, row.id, row, row.id)
            msisdn = Msisdn(cipher.open("msisdn", row.msisdn))
        return Visit(
            id=VisitId(row.id),
            tenant_id=TenantId(row.tenant_id),
            region=Region(row.region),
            skill_group_id=SkillGroupId(row.skill_group_id),
            state=VisitState(row.state),
            priority=row.priority,
            lang=row.lang,
            entered_at=row.entered_at,
            simulated=row.simulated,
            recording_consent=RecordingConsent(row.recording_consent),
            face_consent=FaceConsent(row.face_consent),
            msisdn=msisdn,
            agent_id=_staff(row.agent_id),
            last_agent_id=_staff(row.last_agent_id),
            offered_at=row.offered_at,
            ring_until=row.ring_until,
            connected_at=row.connected_at,
            ended_at=row.ended_at,
            closed_at=row.closed_at,
            customer_party_id=_party(row.customer_party_id),
            disposition=row.disposition,
            companion_of=None if row.companion_of is None else VisitId(row.companion_of),
            aside=row.aside,
            version=row.version,
            missed_by=[StaffId(who) for who in json.loads(row.missed_by)],
        )


def _state_in(states: Sequence[VisitState]) -> Any:
    return visits.c.state.in_([state.value for state in states])


def _waiting(row: Row[Any]) -> Waiting:
    return Waiting(
        visit_id=VisitId(row.id),
        skill_group_id=SkillGroupId(row.skill_group_id),
        priority=row.priority,
        entered_at=row.entered_at,
        missed_by=frozenset(StaffId(who) for who in json.loads(row.missed_by)),
        simulated=row.simulated,
    )


def _staff(value: str | None) -> StaffId | None:
    return None if value is None else StaffId(value)


def _party(value: str | None) -> PartyId | None:
    return None if value is None else PartyId(value)
