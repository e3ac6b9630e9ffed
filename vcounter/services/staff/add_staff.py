"""Taking on staff: a login, a badge, a role and the skill groups they serve."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from vcounter.domain.agent import Agent, AgentState, Role
from vcounter.domain.errors import InvalidInput
from vcounter.domain.ids import StaffId
from vcounter.services.ports import AuditLine, Clock, Database, IdFactory, Scope, StaffRecord

MIN_PASSWORD_CHARS = 12


@dataclass(frozen=True, slots=True)
class NewStaff:
    """`password_hash` is argon2id; `groups` are codes such as general, elder_care."""

    login: str
    name: str
    badge: str
    role: Role
    password_hash: str
    groups: tuple[str, ...]
    expires_at: datetime | None = None
    totp_secret: str = ""


async def add_staff(
    db: Database, clock: Clock, ids: IdFactory, scope: Scope, new: NewStaff
) -> StaffId:
    """Add a member of staff, offline. Raises InvalidInput when the login is taken."""
    if not new.login.strip() or not new.name.strip():
        raise InvalidInput("empty", field="login", reason="required")
    staff_id = StaffId(ids.new("stf"))
    async with db.write(scope) as uow:
        groups = frozenset([(await uow.skill_groups.by_code(code)).id for code in new.groups])
        agent = Agent(
            id=staff_id,
            tenant_id=scope.tenant_id,
            region=scope.region,
            name=new.name.strip(),
            badge=new.badge.strip(),
            role=new.role,
            state=AgentState.OFFLINE,
            since=clock.now(),
        )
        await uow.staff.add(
            StaffRecord(
                agent=agent,
                login=new.login.strip(),
                password_hash=new.password_hash,
                totp_secret=new.totp_secret,
                skill_group_ids=groups,
                expires_at=new.expires_at,
            )
        )
        await uow.audit.write(AuditLine("system", "staff.add", staff_id))
    return staff_id
