"""Whose data."""

from __future__ import annotations

from dataclasses import dataclass

from vcounter.domain.ids import Region, TenantId


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose data a transaction may touch. Every query filters by it; ids of others are NotFound."""

    tenant_id: TenantId
    region: Region
