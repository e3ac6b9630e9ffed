"""The demo's staff: fresh random passwords at each start, stored as hashes only."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass

from vcounter.adapters.passwords import hash_password
from vcounter.bootstrap import Counter
from vcounter.domain.agent import Role
from vcounter.services.staff.add_staff import NewStaff, add_staff

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that look alike


@dataclass(frozen=True, slots=True)
class DemoLogin:
    login: str
    password: str
    name: str
    badge: str
    role: str


_STAFF = (
    ("agent1", "王芳", "1023", Role.AGENT),
    ("agent2", "刘洋", "1024", Role.AGENT),
    ("lead", "陈静", "2001", Role.TEAM_LEAD),
    ("admin", "林涛", "9001", Role.ADMIN),
    ("auditor", "何敏", "9101", Role.AUDITOR),
)


async def seed(counter: Counter, agents: int = 2) -> list[DemoLogin]:
    """Make sure the demo's staff exist and give each a new password. `agents` may add more."""
    extra = tuple(
        (f"agent{n}", f"营业员{n}", f"{1022 + n}", Role.AGENT) for n in range(3, agents + 1)
    )
    return [await _ensure(counter, *who) for who in _STAFF + extra]


async def _ensure(counter: Counter, login: str, name: str, badge: str, role: Role) -> DemoLogin:
    password = "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(3))
    hashed = await asyncio.to_thread(hash_password, password)
    deps = counter.deps
    async with deps.db.read(counter.home) as uow:
        found = await uow.staff.by_login(login)
    if found is None:
        groups = ("general", "elder_care") if role in (Role.AGENT, Role.TEAM_LEAD) else ()
        new = NewStaff(login, name, badge, role, hashed, groups)
        await add_staff(deps.db, deps.clock, deps.ids, counter.home, new)
    else:
        async with deps.db.write(counter.home) as uow:
            await uow.staff.set_password(found.agent.id, hashed)
    return DemoLogin(login, password, name, badge, role.value)
