"""Action switches, on every database."""

from __future__ import annotations

from dataclasses import replace
from datetime import time

import pytest

from tests.contract.db.world import AT, OTHER_TENANT, OTHERS, OURS
from vcounter.adapters.db import SqlDatabase
from vcounter.domain.errors import NotFound
from vcounter.domain.ids import StaffId
from vcounter.services.ports import ActionSwitch

SWITCH = ActionSwitch(
    tenant_id=OURS.scope.tenant_id,
    region=OURS.scope.region,
    action_id="query_puk",
    role="all",
    enabled=True,
    set_at=AT,
    set_by=StaffId("stf_1"),
    opens=time(20, 30),
    closes=time(6, 0),
)


async def test_switch_replaces_the_one_before(db: SqlDatabase) -> None:
    off = replace(SWITCH, enabled=False, opens=None, closes=None)
    agents = replace(SWITCH, role="agent")

    async with db.write(OURS.scope) as uow:
        await uow.switches.put(SWITCH)
        await uow.switches.put(agents)
        await uow.switches.put(off)

    async with db.read(OURS.scope) as uow:
        assert await uow.switches.of_action("query_puk") == [agents, off]
        assert await uow.switches.of_action("report_loss") == []


async def test_switch_is_its_regions_own(db: SqlDatabase) -> None:
    async with db.write(OURS.scope) as uow:
        await uow.switches.put(SWITCH)

    for desk in OTHERS:
        async with db.read(desk.scope) as uow:
            assert await uow.switches.all() == []
    with pytest.raises(NotFound):
        async with db.write(OTHER_TENANT.scope) as uow:
            await uow.switches.put(SWITCH)
