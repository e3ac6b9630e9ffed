"""Tenants and skill groups."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, select

from vcounter.adapters.db.repository import Repository
from vcounter.adapters.db.tables.people import skill_groups, tenants
from vcounter.domain.errors import NotFound
from vcounter.domain.ids import Region, SkillGroupId, TenantId
from vcounter.services.ports import Scope, SkillGroup, Tenant


class TenantRepository(Repository):
    """TenantRepo: with a scope only the scope's own tenant is there."""

    async def add(self, tenant: Tenant) -> None:
        await self._insert(
            tenants, {"id": tenant.id, "name": tenant.name, "timezone": tenant.timezone}
        )

    async def get(self, tenant_id: TenantId) -> Tenant:
        if self._tx.scope is not None and self._tx.scope.tenant_id != tenant_id:
            raise NotFound("another tenant")
        row = await self._one(select(tenants).where(tenants.c.id == tenant_id), "no such tenant")
        return _tenant(row)

    async def all(self) -> list[Tenant]:
        query = select(tenants).order_by(tenants.c.id)
        if self._tx.scope is not None:
            query = query.where(tenants.c.id == self._tx.scope.tenant_id)
        return [_tenant(row) for row in await self._all(query)]

    async def scopes(self) -> list[Scope]:
        """With a scope: at most that one."""
        query = (
            select(skill_groups.c.tenant_id, skill_groups.c.region)
            .where(self._mine_or_all(skill_groups))
            .distinct()
            .order_by(skill_groups.c.tenant_id, skill_groups.c.region)
        )
        rows = await self._all(query)
        return [Scope(TenantId(row.tenant_id), Region(row.region)) for row in rows]


class SkillGroupRepository(Repository):
    """SkillGroupRepo; `all` crosses tenants without a scope, so that jobs find their scopes."""

    async def add(self, group: SkillGroup) -> None:
        self._check_scope_if_any(group.tenant_id, group.region)
        await self._insert(
            skill_groups,
            {
                "id": group.id,
                "tenant_id": group.tenant_id,
                "region": group.region,
                "code": group.code,
                "name_zh": group.name_zh,
                "name_en": group.name_en,
            },
        )

    async def by_code(self, code: str) -> SkillGroup:
        query = select(skill_groups).where(self._mine(skill_groups), skill_groups.c.code == code)
        return _group(await self._one(query, "no such skill group"))

    async def all(self) -> list[SkillGroup]:
        query = select(skill_groups).where(self._mine_or_all(skill_groups))
        rows = await self._all(query.order_by(skill_groups.c.id))
        return [_group(row) for row in rows]


def _tenant(row: Row[Any]) -> Tenant:
    return Tenant(TenantId(row.id), row.name, row.timezone)


def _group(row: Row[Any]) -> SkillGroup:
    return SkillGroup(
        id=SkillGroupId(row.id),
        tenant_id=TenantId(row.tenant_id),
        region=Region(row.region),
        code=row.code,
        name_zh=row.name_zh,
        name_en=row.name_en,
    )
