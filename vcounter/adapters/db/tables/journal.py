"""What was done and what is to be told: audit lines, signed heads, outbox."""

from __future__ import annotations

from sqlalchemy import Column, Index, LargeBinary, Table, Text, text

from vcounter.adapters.db.tables.base import metadata
from vcounter.adapters.db.types import RowNumber, instant, scope_columns

_UNSEALED = text("seq IS NULL")

# Both are empty for lines of the system as a whole, such as a login of an unknown name.
audit_lines = Table(
    "audit_lines",
    metadata,
    Column("id", RowNumber, primary_key=True, autoincrement=True),
    *scope_columns(),
    instant("at"),
    Column("actor", Text, nullable=False),
    Column("verb", Text, nullable=False),
    Column("object", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", Text, nullable=False),  # canonical JSON
    # Filled by the sealer, in one go.
    Column("seq", RowNumber, unique=True),
    Column("prev_hash", Text),
    Column("hash", Text),
    Index("ix_audit_lines_object", "tenant_id", "region", "object"),
    Index("ix_audit_lines_unsealed", "id", sqlite_where=_UNSEALED, postgresql_where=_UNSEALED),
    sqlite_autoincrement=True,
)

audit_heads = Table(
    "audit_heads",
    metadata,
    Column("seq", RowNumber, primary_key=True, autoincrement=False),
    Column("hash", Text, nullable=False),
    instant("at"),
    Column("key_id", Text, nullable=False),
    Column("signature", Text, nullable=False),
)

_UNSENT = text("sent_at IS NULL")

outbox = Table(
    "outbox",
    metadata,
    Column("seq", RowNumber, primary_key=True, autoincrement=True),
    *scope_columns(),
    Column("uid", Text, nullable=False),  # known before `seq`: the sealed body is bound to it
    Column("room", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("audience", Text, nullable=False),  # JSON list
    Column("key_owner", Text, nullable=False),  # whose key seals the body
    Column("body", LargeBinary, nullable=False),
    instant("created_at"),
    instant("sent_at", nullable=True),
    Index("ix_outbox_unsent", "seq", sqlite_where=_UNSENT, postgresql_where=_UNSENT),
    Index("ix_outbox_sent_at", "sent_at"),
    sqlite_autoincrement=True,
)
