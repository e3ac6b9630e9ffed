"""Which actions are offered, and when."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, delete, select

from vcounter.adapters.db.repository import Repository
from vcounter.adapters.db.tables.switches import action_switches
from vcounter.domain.ids import Region, StaffId, TenantId
from vcounter.services.ports import ActionSwitch


class SwitchRepository(Repository):
    """SwitchRepo."""

    async def put(self, switch: ActionSwitch) -> None:
        self._check_scope(switch.tenant_id, switch.region)
        self._tx.require_writable()
        old = delete(action_switches).where(
            self._mine(action_switches),
            action_switches.c.action_id == switch.action_id,
            action_switches.c.role == switch.role,
        )
        await self._tx.connection.execute(old)
        await self._insert(
            action_switches,
            {
                "tenant_id": switch.tenant_id,
                "region": switch.region,
                "action_id": switch.action_id,
                "role": switch.role,
                "enabled": switch.enabled,
                "opens": switch.opens,
                "closes": switch.closes,
                "set_at": switch.set_at,
                "set_by": switch.set_by,
            },
        )

    async def of_action(self, action_id: str) -> list[ActionSwitch]:
        return [s for s in await self.all() if s.action_id == action_id]

    async def all(self) -> list[ActionSwitch]:
        query = select(action_switches).where(self._mine(action_switches))
        rows = await self._all(query.order_by(action_switches.c.action_id, action_switches.c.role))
        return [_switch(row) for row in rows]


def _switch(row: Row[Any]) -> ActionSwitch:
    return ActionSwitch(
        tenant_id=TenantId(row.tenant_id),
        region=Region(row.region),
        action_id=row.action_id,
        role=row.role,
        enabled=row.enabled,
        opens=row.opens,
        closes=row.closes,
        set_at=row.set_at,
        set_by=StaffId(row.set_by),
    )
