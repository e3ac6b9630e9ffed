"""SMS that were sent, and the operator's own texts for them."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)

from vcounter.adapters.db.tables.base import metadata
from vcounter.adapters.db.types import instant, same_scope_key, scope_columns

sms_messages = Table(
    "sms_messages",
    metadata,
    Column("id", Text, primary_key=True),
    *scope_columns(),
    Column("visit_id", Text),
    Column("key", Text, nullable=False),
    Column("recipient", LargeBinary, nullable=False),  # sealed: visit's key, else the tenant's
    Column("recipient_index", Text, nullable=False),  # blind index of the number
    Column("text", LargeBinary, nullable=False),  # masked, and sealed likewise
    Column("template", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("encoding", Text, nullable=False),
    Column("length", Integer, nullable=False),
    Column("segments", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
    instant("queued_at"),
    instant("sent_at", nullable=True),
    instant("settled_at", nullable=True),
    instant("expires_at"),
    same_scope_key("visit_id", "visits", "fk_sms_messages_visit"),
    UniqueConstraint("tenant_id", "region", "key"),
    Index("ix_sms_messages_visit", "tenant_id", "region", "visit_id"),
    Index("ix_sms_messages_recipient", "tenant_id", "region", "recipient_index", "queued_at"),
    Index("ix_sms_messages_expires_at", "expires_at"),
)

sms_parts = Table(
    "sms_parts",
    metadata,
    *scope_columns(),
    Column("sms_id", Text, primary_key=True),
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("provider_id", Text, nullable=False),  # the gateway's name for it
    Column("delivered", Boolean),  # NULL until its receipt came
    Column("reason", Text, nullable=False),
    ForeignKeyConstraint(
        ["sms_id"], ["sms_messages.id"], name="fk_sms_parts_sms", ondelete="CASCADE"
    ),
    Index("ix_sms_parts_provider_id", "provider_id"),
)

sms_templates = Table(
    "sms_templates",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("region", Text, primary_key=True),
    Column("template", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("texts", Text, nullable=False),  # JSON: language -> text; nothing personal
    Column("by_staff", Text, nullable=False),
    instant("at"),
    CheckConstraint("version > 0", name="ck_sms_templates_version"),
)
