"""Tenants, skill groups, staff and their logins."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)

from vcounter.adapters.db.tables.base import metadata
from vcounter.adapters.db.types import instant, same_scope_key, scope_columns

tenants = Table(
    "tenants",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("timezone", Text, nullable=False),
)

skill_groups = Table(
    "skill_groups",
    metadata,
    Column("id", Text, primary_key=True),
    Column("tenant_id", Text, ForeignKey("tenants.id"), nullable=False),
    Column("region", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("name_zh", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    UniqueConstraint("tenant_id", "region", "id"),
    UniqueConstraint("tenant_id", "region", "code"),
)

staff = Table(
    "staff",
    metadata,
    Column("id", Text, primary_key=True),
    Column("tenant_id", Text, ForeignKey("tenants.id"), nullable=False),
    Column("region", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("badge", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("state", Text, nullable=False),
    instant("since"),
    Column("reason", Text),
    Column("login", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("totp_secret", LargeBinary),  # sealed with the tenant key
    instant("expires_at", nullable=True),
    Column("disabled", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    UniqueConstraint("tenant_id", "region", "id"),
    UniqueConstraint("tenant_id", "login"),
    Index("ix_staff_state", "tenant_id", "region", "state"),
)

staff_skill_groups = Table(
    "staff_skill_groups",
    metadata,
    *scope_columns(),
    Column("staff_id", Text, primary_key=True),
    Column("skill_group_id", Text, primary_key=True),
    same_scope_key("staff_id", "staff", "fk_staff_skill_groups_staff"),
    same_scope_key("skill_group_id", "skill_groups", "fk_staff_skill_groups_skill_group"),
    Index("ix_staff_skill_groups_group", "tenant_id", "region", "skill_group_id"),
)

agent_sessions = Table(
    "agent_sessions",
    metadata,
    Column("token_hash", Text, primary_key=True),
    *scope_columns(),
    Column("staff_id", Text, nullable=False),
    Column("device_id", Text, nullable=False),
    instant("created_at"),
    instant("expires_at"),
    instant("revoked_at", nullable=True),
    same_scope_key("staff_id", "staff", "fk_agent_sessions_staff"),
    Index("ix_agent_sessions_expires_at", "expires_at"),
)
