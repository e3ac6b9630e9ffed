"""Orders: business actions and their durable effect."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, Text, UniqueConstraint

from vcounter.adapters.db.tables.base import metadata
from vcounter.adapters.db.types import instant, same_scope_key, scope_columns

orders = Table(
    "orders",
    metadata,
    Column("id", Text, primary_key=True),
    *scope_columns(),
    Column("visit_id", Text, nullable=False),
    Column("party_id", Text, nullable=False),
    Column("action_id", Text, nullable=False),
    Column("msisdn", LargeBinary, nullable=False),  # sealed with the visit's key
    Column("msisdn_index", Text, nullable=False),
    Column("maker_id", Text, nullable=False),
    Column("idempotency_key", Text, nullable=False),
    Column("inputs", LargeBinary, nullable=False),  # sealed with the visit's key
    Column("state", Text, nullable=False),
    instant("created_at"),
    Column("bss_version", Integer, nullable=False),
    Column("assurance", Text, nullable=False),
    Column("reference", Text, nullable=False),
    instant("confirmed_at", nullable=True),
    instant("submitted_at", nullable=True),
    instant("settled_at", nullable=True),
    Column("failure", Text),
    Column("result", LargeBinary, nullable=False),  # sealed with the visit's key
    Column("reverses_id", Text),
    Column("approver_id", Text),
    Column("approval", LargeBinary),  # sealed with the visit's key
    instant("due_at", nullable=True),
    Column("second_party_id", Text),
    Column("second_visit_id", Text),
    instant("second_confirmed_at", nullable=True),
    Column("signature_image_id", Text),
    Column("attempts", Integer, nullable=False, server_default="0"),
    instant("next_try_at", nullable=True),
    instant("dead_since", nullable=True),
    Column("version", Integer, nullable=False),
    UniqueConstraint("tenant_id", "region", "id"),
    UniqueConstraint("tenant_id", "region", "idempotency_key"),
    same_scope_key("visit_id", "visits", "fk_orders_visit"),
    same_scope_key("party_id", "parties", "fk_orders_party"),
    same_scope_key("maker_id", "staff", "fk_orders_maker"),
    same_scope_key("reverses_id", "orders", "fk_orders_reverses"),
    Index("ix_orders_visit", "tenant_id", "region", "visit_id"),
    Index("ix_orders_state", "state", "created_at"),
    Index("ix_orders_due", "state", "due_at"),
    Index("ix_orders_dead", "tenant_id", "region", "dead_since"),
    Index("ix_orders_reverses", "tenant_id", "region", "reverses_id"),
    Index("ix_orders_second", "tenant_id", "region", "second_visit_id"),
    Index("ix_orders_made", "tenant_id", "region", "created_at", "id"),
    Index("ix_orders_msisdn", "tenant_id", "region", "msisdn_index"),
)
