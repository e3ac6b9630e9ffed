"""Wrapped data keys."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, Text, UniqueConstraint

from vcounter.adapters.db.tables.base import metadata
from vcounter.adapters.db.types import instant, scope_columns

data_keys = Table(
    "data_keys",
    metadata,
    Column("id", Text, primary_key=True),
    *scope_columns(),
    Column("owner", Text, nullable=False),  # a visit id, "images:" and a visit id, or "tenant"
    Column("kek_version", Integer, nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
    instant("created_at"),
    UniqueConstraint("tenant_id", "region", "owner"),
    Index("ix_data_keys_kek_version", "kek_version"),
)
