"""Links, visits, the parties in them, their tickets, steps and messages."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from vcounter.adapters.db.tables.base import metadata
from vcounter.adapters.db.types import instant, same_scope_key, scope_columns

links = Table(
    "links",
    metadata,
    Column("token_hash", Text, primary_key=True),
    *scope_columns(),
    Column("msisdn", LargeBinary),  # sealed with the tenant key: there is no visit yet
    Column("msisdn_index", Text),
    Column("lang", Text, nullable=False),
    instant("created_at"),
    instant("expires_at"),
    Column("visit_id", Text),
    Column("simulated", Boolean, nullable=False),
    Column("order_id", Text),
    Column("companion_of", Text),
    Index("ix_links_expires_at", "expires_at"),
    Index("ix_links_visit", "tenant_id", "region", "visit_id"),
)

_BUSY = text("state IN ('offered', 'serving') AND companion_of IS NULL")
_WITH_FIRST = text("state = 'serving' AND companion_of IS NOT NULL")

visits = Table(
    "visits",
    metadata,
    Column("id", Text, primary_key=True),
    *scope_columns(),
    Column("skill_group_id", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("lang", Text, nullable=False),
    instant("entered_at"),
    Column("simulated", Boolean, nullable=False),
    Column("recording_consent", Text, nullable=False),
    Column("face_consent", Text, nullable=False),
    Column("msisdn", LargeBinary),  # sealed with the visit's key
    Column("msisdn_index", Text),
    Column("agent_id", Text),
    Column("last_agent_id", Text),
    instant("offered_at", nullable=True),
    instant("ring_until", nullable=True),
    instant("connected_at", nullable=True),
    instant("ended_at", nullable=True),
    instant("closed_at", nullable=True),
    Column("customer_party_id", Text),
    Column("disposition", Text),
    Column("missed_by", Text, nullable=False),  # JSON list of staff ids
    Column("companion_of", Text),
    Column("aside", Boolean, nullable=False, server_default=false()),
    Column("version", Integer, nullable=False),
    UniqueConstraint("tenant_id", "region", "id"),
    same_scope_key("skill_group_id", "skill_groups", "fk_visits_skill_group"),
    same_scope_key("agent_id", "staff", "fk_visits_agent"),
    Index("ix_visits_queue", "tenant_id", "region", "state", "priority", "entered_at", "id"),
    Index("ix_visits_ended", "tenant_id", "region", "ended_at"),
    Index("ix_visits_msisdn", "tenant_id", "region", "msisdn_index"),
    # One second holder beside a customer.
    Index(
        "uq_visits_companion",
        "tenant_id",
        "region",
        "companion_of",
        unique=True,
        sqlite_where=_WITH_FIRST,
        postgresql_where=_WITH_FIRST,
    ),
    # One customer at a desk: whatever races above it, the second reservation fails here.
    Index(
        "uq_visits_busy_agent",
        "tenant_id",
        "region",
        "agent_id",
        unique=True,
        sqlite_where=_BUSY,
        postgresql_where=_BUSY,
    ),
)

parties = Table(
    "parties",
    metadata,
    Column("id", Text, primary_key=True),
    *scope_columns(),
    Column("visit_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("credential_hash", Text, nullable=False, unique=True),
    Column("device", Text, nullable=False),
    instant("created_at"),
    UniqueConstraint("tenant_id", "region", "id"),
    same_scope_key("visit_id", "visits", "fk_parties_visit"),
    Index("ix_parties_visit", "tenant_id", "region", "visit_id"),
)

tickets = Table(
    "tickets",
    metadata,
    Column("token_hash", Text, primary_key=True),
    *scope_columns(),
    Column("role", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("visit_id", Text),
    instant("expires_at"),
    Index("ix_tickets_expires_at", "expires_at"),
)

_PUSHED = text("state = 'pushed'")

steps = Table(
    "steps",
    metadata,
    Column("id", Text, primary_key=True),
    *scope_columns(),
    Column("visit_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    instant("pushed_at"),
    Column("params", LargeBinary, nullable=False),  # sealed with the visit's key
    Column("sealed", Boolean, nullable=False),
    Column("order_id", Text),
    Column("outcome", LargeBinary, nullable=False),  # sealed with the visit's key
    instant("ended_at", nullable=True),
    Column("version", Integer, nullable=False),
    same_scope_key("visit_id", "visits", "fk_steps_visit"),
    Index("ix_steps_visit", "tenant_id", "region", "visit_id"),
    Index(
        "uq_steps_pushed",
        "tenant_id",
        "region",
        "visit_id",
        unique=True,
        sqlite_where=_PUSHED,
        postgresql_where=_PUSHED,
    ),
)

messages = Table(
    "messages",
    metadata,
    Column("id", Text, primary_key=True),
    *scope_columns(),
    Column("visit_id", Text, nullable=False),
    Column("sender", Text, nullable=False),
    Column("text", LargeBinary, nullable=False),  # sealed with the visit's key
    instant("at"),
    same_scope_key("visit_id", "visits", "fk_messages_visit"),
    Index("ix_messages_visit", "tenant_id", "region", "visit_id"),
)
