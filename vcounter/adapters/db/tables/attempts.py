"""Guesses and marks, counted for a number over all its visits."""

from __future__ import annotations

from sqlalchemy import Column, Index, Table, Text

from vcounter.adapters.db.tables.base import metadata
from vcounter.adapters.db.types import instant, same_scope_key, scope_columns

attempts = Table(
    "attempts",
    metadata,
    Column("id", Text, primary_key=True),
    *scope_columns(),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),  # blind index of the number
    Column("visit_id", Text, nullable=False),
    instant("at"),
    Column("outcome", Text, nullable=False),
    instant("expires_at"),
    same_scope_key("visit_id", "visits", "fk_attempts_visit"),
    Index("ix_attempts_subject", "tenant_id", "region", "kind", "subject", "at"),
    Index("ix_attempts_expires_at", "expires_at"),
)
