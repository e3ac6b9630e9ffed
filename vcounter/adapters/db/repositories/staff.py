"""Staff at their desks, and their logins."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, func, not_, select, update
from sqlalchemy.exc import IntegrityError

from vcounter.adapters.db.repository import Repository, on_unique
from vcounter.adapters.db.tables.people import agent_sessions, staff, staff_skill_groups
from vcounter.domain.agent import Agent, AgentState, NotReadyReason, Role
from vcounter.domain.errors import AgentTaken, InvalidInput
from vcounter.domain.ids import Region, SkillGroupId, StaffId, TenantId
from vcounter.domain.queueing import FreeAgent
from vcounter.services.ports import AgentSession, StaffRecord

# Signed in, but nobody to reckon with when a wait is estimated.
_AWAY = (NotReadyReason.BREAK, NotReadyReason.TRAINING, NotReadyReason.CONNECTION_LOST)


class StaffRepository(Repository):
    """StaffRepo."""

    async def add(self, record: StaffRecord) -> None:
        """Raises InvalidInput (field login, reason taken) if the tenant has that login."""
        agent = record.agent
        scope = self._check_scope_if_any(agent.tenant_id, agent.region)
        cipher = await self._tenant_cipher(scope, staff, agent.id)
        values = {
            "id": agent.id,
            "tenant_id": agent.tenant_id,
            "region": agent.region,
            "name": agent.name,
            "badge": agent.badge,
            "role": agent.role.value,
            **_presence(agent),
            "login": record.login,
            "password_hash": record.password_hash,
            "totp_secret": cipher.seal_optional("totp_secret", record.totp_secret or None),
            "expires_at": record.expires_at,
            "disabled": record.disabled,
            "version": agent.version,
        }
        try:
            await self._insert(staff, values)
        except IntegrityError as error:
            on_unique(error, InvalidInput("login is taken", field="login", reason="taken"))
        for group in sorted(record.skill_group_ids):
            await self._insert(
                staff_skill_groups,
                {
                    "tenant_id": agent.tenant_id,
                    "region": agent.region,
                    "staff_id": agent.id,
                    "skill_group_id": group,
                },
            )

    async def get(self, staff_id: StaffId) -> StaffRecord:
        return await self._record(await self._by_id(staff, staff_id))

    async def by_login(self, login: str) -> StaffRecord | None:
        """Without a scope of all tenants; then None also if several of them have the login."""
        query = select(staff).where(self._mine_or_all(staff), staff.c.login == login)
        rows = await self._all(query.limit(2))
        return await self._record(rows[0]) if len(rows) == 1 else None

    async def save(self, agent: Agent) -> None:
        await self._update_version(
            staff, agent.id, agent.version, _presence(agent), AgentTaken("stale agent")
        )
        agent.version += 1

    async def set_password(self, staff_id: StaffId, password_hash: str) -> None:
        await self._update(staff, staff_id, {"password_hash": password_hash})

    async def free(self) -> list[FreeAgent]:
        """Ready and not disabled, longest idle first; one query."""
        query = (
            select(staff.c.id, staff.c.since, staff_skill_groups.c.skill_group_id)
            .join(staff_skill_groups, staff_skill_groups.c.staff_id == staff.c.id)
            .where(
                self._mine(staff),
                staff.c.state == AgentState.READY.value,
                not_(staff.c.disabled),
            )
            .order_by(staff.c.since, staff.c.id)
        )
        since: dict[StaffId, datetime] = {}
        groups: dict[StaffId, set[SkillGroupId]] = {}
        for row in await self._all(query):
            since[StaffId(row.id)] = row.since
            groups.setdefault(StaffId(row.id), set()).add(SkillGroupId(row.skill_group_id))
        return [FreeAgent(who, frozenset(groups[who]), since[who]) for who in since]

    async def in_states(self, states: Sequence[AgentState]) -> list[Agent]:
        """Across tenants when the unit of work has no scope."""
        query = select(staff).where(
            self._mine_or_all(staff), staff.c.state.in_([state.value for state in states])
        )
        return [_agent(row) for row in await self._all(query.order_by(staff.c.since, staff.c.id))]

    async def on_duty(self, group: SkillGroupId) -> int:
        """Signed-in members of the group who are not on a break, in training or cut off."""
        away = and_(
            staff.c.state == AgentState.NOT_READY.value,
            func.coalesce(staff.c.reason, "").in_([reason.value for reason in _AWAY]),
        )
        query = (
            select(func.count())
            .select_from(staff)
            .join(staff_skill_groups, staff_skill_groups.c.staff_id == staff.c.id)
            .where(
                self._mine(staff),
                staff_skill_groups.c.skill_group_id == group,
                staff.c.state != AgentState.OFFLINE.value,
                not_(staff.c.disabled),
                not_(away),
            )
        )
        return (await self._tx.connection.execute(query)).scalar_one()

    async def with_role(self, role: Role) -> list[Agent]:
        query = select(staff).where(self._mine(staff), staff.c.role == role.value)
        return [_agent(row) for row in await self._all(query.order_by(staff.c.id))]

    async def named(self, staff_ids: Sequence[StaffId]) -> dict[StaffId, Agent]:
        query = select(staff).where(self._mine(staff), staff.c.id.in_(set(staff_ids)))
        return {StaffId(row.id): _agent(row) for row in await self._all(query)}

    async def with_badge(self, badge: str) -> list[Agent]:
        query = select(staff).where(self._mine(staff), staff.c.badge == badge)
        return [_agent(row) for row in await self._all(query.order_by(staff.c.id))]

    async def _record(self, row: Row[Any]) -> StaffRecord:
        totp = ""
        if row.totp_secret is not None:
            cipher = await self._tenant_opener(staff, row.id, row)
            totp = cipher.open("totp_secret", row.totp_secret)
        query = select(staff_skill_groups.c.skill_group_id).where(
            staff_skill_groups.c.staff_id == row.id,
            staff_skill_groups.c.tenant_id == row.tenant_id,
            staff_skill_groups.c.region == row.region,
        )
        return StaffRecord(
            agent=_agent(row),
            login=row.login,
            password_hash=row.password_hash,
            totp_secret=totp,
            skill_group_ids=frozenset(
                SkillGroupId(group.skill_group_id) for group in await self._all(query)
            ),
            expires_at=row.expires_at,
            disabled=row.disabled,
        )


class SessionRepository(Repository):
    """SessionRepo; `get` crosses tenants, since the cookie alone tells who it is."""

    async def add(self, session: AgentSession) -> None:
        self._check_scope_if_any(session.tenant_id, session.region)
        await self._insert(
            agent_sessions,
            {
                "token_hash": session.token_hash,
                "tenant_id": session.tenant_id,
                "region": session.region,
                "staff_id": session.staff_id,
                "device_id": session.device_id,
                "created_at": session.created_at,
                "expires_at": session.expires_at,
                "revoked_at": session.revoked_at,
            },
        )

    async def get(self, token_hash: str) -> AgentSession | None:
        query = select(agent_sessions).where(
            self._mine_or_all(agent_sessions), agent_sessions.c.token_hash == token_hash
        )
        row = (await self._tx.connection.execute(query)).one_or_none()
        return None if row is None else _session(row)

    async def revoke(self, token_hash: str, at: datetime) -> None:
        """Does nothing to a session that is revoked already, or not there."""
        self._tx.require_writable()
        await self._tx.connection.execute(
            update(agent_sessions)
            .where(
                self._mine_or_all(agent_sessions),
                agent_sessions.c.token_hash == token_hash,
                agent_sessions.c.revoked_at.is_(None),
            )
            .values(revoked_at=at)
        )


def _presence(agent: Agent) -> dict[str, object]:
    return {
        "state": agent.state.value,
        "reason": None if agent.reason is None else agent.reason.value,
        "since": agent.since,
    }


def _agent(row: Row[Any]) -> Agent:
    return Agent(
        id=StaffId(row.id),
        tenant_id=TenantId(row.tenant_id),
        region=Region(row.region),
        name=row.name,
        badge=row.badge,
        role=Role(row.role),
        state=AgentState(row.state),
        since=row.since,
        reason=None if row.reason is None else NotReadyReason(row.reason),
        version=row.version,
    )


def _session(row: Row[Any]) -> AgentSession:
    return AgentSession(
        token_hash=row.token_hash,
        staff_id=StaffId(row.staff_id),
        tenant_id=TenantId(row.tenant_id),
        region=Region(row.region),
        device_id=row.device_id,
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
    )
