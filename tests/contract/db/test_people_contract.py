"""Tenants, skill groups, staff and logins, on every database."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.contract.db.world import AT, OTHER_TENANT, OTHERS, OURS, Desk
from vcounter.adapters.db import ScopeRequired, SqlDatabase
from vcounter.domain.agent import AgentState, NotReadyReason, Role
from vcounter.domain.errors import AgentTaken, InvalidInput, NotFound
from vcounter.services.ports import AgentSession


async def test_scope_sees_its_own_tenant_only(db: SqlDatabase) -> None:
    async with db.read(OURS.scope) as uow:
        assert [tenant.id for tenant in await uow.tenants.all()] == ["ten_a"]
        assert (await uow.tenants.get(OURS.scope.tenant_id)).timezone == "Asia/Shanghai"
        with pytest.raises(NotFound):
            await uow.tenants.get(OTHER_TENANT.scope.tenant_id)


async def test_jobs_find_every_scope(db: SqlDatabase) -> None:
    async with db.read(None) as uow:
        assert len(await uow.tenants.all()) == 2
        assert await uow.tenants.scopes() == [OURS.scope, *(desk.scope for desk in OTHERS)]
        assert len(await uow.skill_groups.all()) == 3


async def test_skill_group_is_found_in_its_scope(db: SqlDatabase) -> None:
    async with db.read(OURS.scope) as uow:
        assert (await uow.skill_groups.by_code("general")).id == OURS.group
        assert [group.id for group in await uow.skill_groups.all()] == [OURS.group]
        assert await uow.tenants.scopes() == [OURS.scope]
        with pytest.raises(NotFound):
            await uow.skill_groups.by_code("elder_care")


async def test_staff_record_comes_back_as_it_was(db: SqlDatabase) -> None:
    record = replace(OURS.staff("bo"), expires_at=AT + timedelta(days=1), disabled=True)

    async with db.write(OURS.scope) as uow:
        await uow.staff.add(record)

    async with db.read(OURS.scope) as uow:
        assert await uow.staff.get(record.agent.id) == record
        assert await uow.staff.by_login(record.login) == record


async def test_login_is_unique_in_a_tenant(db: SqlDatabase) -> None:
    taken = OURS.staff().login

    with pytest.raises(InvalidInput) as caught:
        async with db.write(OURS.scope) as uow:
            await uow.staff.add(replace(OURS.staff("cy"), login=taken))

    assert caught.value.fields == {"field": "login", "reason": "taken"}


async def test_login_that_two_tenants_have_needs_a_scope(db: SqlDatabase) -> None:
    async with db.read(None) as uow:
        assert await uow.staff.by_login("an43") is None
        assert await uow.staff.by_login("an44") is not None
        assert await uow.staff.by_login("nobody") is None


@pytest.mark.parametrize("desk", OTHERS)
async def test_staff_of_others_is_not_there(db: SqlDatabase, desk: Desk) -> None:
    agent = OURS.staff().agent

    async with db.read(desk.scope) as uow:
        assert agent.id not in [other.id for other in await uow.staff.with_role(Role.AGENT)]
        with pytest.raises(NotFound):
            await uow.staff.get(agent.id)
    with pytest.raises(NotFound):
        async with db.write(desk.scope) as uow:
            await uow.staff.save(agent)
    with pytest.raises(NotFound):
        async with db.write(desk.scope) as uow:
            await uow.staff.add(OURS.staff("dee"))


async def test_second_writer_of_an_agent_gets_agent_taken(db: SqlDatabase) -> None:
    async with db.read(OURS.scope) as uow:
        first = (await uow.staff.get(OURS.staff().agent.id)).agent
        second = (await uow.staff.get(first.id)).agent
    first.reserve(AT)
    second.become_not_ready(NotReadyReason.BREAK, AT)

    async with db.write(OURS.scope) as uow:
        await uow.staff.save(first)
    with pytest.raises(AgentTaken):
        async with db.write(OURS.scope) as uow:
            await uow.staff.save(second)

    async with db.read(OURS.scope) as uow:
        stored = (await uow.staff.get(first.id)).agent
    assert (stored.state, stored.version, first.version) == (AgentState.OFFERED, 1, 1)


async def test_free_agents_are_ready_and_longest_idle_first(db: SqlDatabase) -> None:
    early, late = OURS.staff("early"), OURS.staff("late")
    early.agent.since = AT - timedelta(minutes=5)
    async with db.write(OURS.scope) as uow:
        await uow.staff.add(late)
        await uow.staff.add(early)
        await uow.staff.add(OURS.staff("busy", AgentState.SERVING))
        await uow.staff.add(replace(OURS.staff("gone"), disabled=True))

    async with db.read(OURS.scope) as uow:
        free = await uow.staff.free()

    assert [agent.staff_id for agent in free] == ["stf_a43_early", "stf_a43_an", "stf_a43_late"]
    assert free[0].skill_group_ids == {OURS.group}
    assert free[0].ready_since == early.agent.since


async def test_on_duty_leaves_out_breaks_and_the_signed_out(db: SqlDatabase) -> None:
    on_break = OURS.staff("brk", AgentState.NOT_READY)
    on_break.agent.reason = NotReadyReason.BREAK
    signed_in = OURS.staff("new", AgentState.NOT_READY)
    signed_in.agent.reason = NotReadyReason.SIGNED_IN
    async with db.write(OURS.scope) as uow:
        for record in (on_break, signed_in, OURS.staff("off", AgentState.OFFLINE)):
            await uow.staff.add(record)

    async with db.read(OURS.scope) as uow:
        assert await uow.staff.on_duty(OURS.group) == 2
        assert len(await uow.staff.in_states([AgentState.NOT_READY])) == 2
    async with db.read(None) as uow:
        assert len(await uow.staff.in_states([AgentState.READY])) == 3


async def test_session_is_found_by_its_cookie_alone_until_revoked(db: SqlDatabase) -> None:
    session = AgentSession(
        token_hash="cookie",
        staff_id=OURS.staff().agent.id,
        tenant_id=OURS.scope.tenant_id,
        region=OURS.scope.region,
        device_id="dev_1",
        created_at=AT,
        expires_at=AT + timedelta(hours=12),
    )
    async with db.write(OURS.scope) as uow:
        await uow.sessions.add(session)

    async with db.write(None) as uow:
        assert await uow.sessions.get("cookie") == session
        await uow.sessions.revoke("cookie", AT + timedelta(hours=1))
        await uow.sessions.revoke("cookie", AT + timedelta(hours=2))

    async with db.read(None) as uow:
        found = await uow.sessions.get("cookie")
        assert found is not None
        assert found.revoked_at == AT + timedelta(hours=1)
        assert await uow.sessions.get("no such cookie") is None
    async with db.read(OTHER_TENANT.scope) as uow:
        assert await uow.sessions.get("cookie") is None


async def test_tenant_rows_need_a_scope(db: SqlDatabase) -> None:
    async with db.read(None) as uow:
        with pytest.raises(ScopeRequired):
            await uow.staff.get(OURS.staff().agent.id)
        with pytest.raises(ScopeRequired):
            await uow.staff.free()
