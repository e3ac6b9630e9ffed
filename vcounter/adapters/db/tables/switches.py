"""Which actions are offered, to whom and when."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, PrimaryKeyConstraint, Table, Text, Time

from vcounter.adapters.db.tables.base import metadata
from vcounter.adapters.db.types import instant

action_switches = Table(
    "action_switches",
    metadata,
    Column("tenant_id", Text, ForeignKey("tenants.id"), nullable=False),
    Column("region", Text, nullable=False),
    Column("action_id", Text, nullable=False),
    Column("role", Text, nullable=False),  # or `all`
    Column("enabled", Boolean, nullable=False),
    Column("opens", Time),  # in the tenant's zone
    Column("closes", Time),
    instant("set_at"),
    Column("set_by", Text, nullable=False),
    PrimaryKeyConstraint("tenant_id", "region", "action_id", "role"),
)
