"""What was gathered about a party: evidence, pictures, recordings, SMS codes."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)

from vcounter.adapters.db.tables.base import metadata
from vcounter.adapters.db.types import instant, same_scope_key, scope_columns

evidence = Table(
    "evidence",
    metadata,
    Column("id", Text, primary_key=True),
    *scope_columns(),
    Column("visit_id", Text, nullable=False),
    Column("party_id", Text, nullable=False),
    Column("msisdn", LargeBinary, nullable=False),  # sealed with the visit's key
    Column("kind", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    instant("at"),
    Column("reference", Text, nullable=False),
    Column("zone", Text),
    Column("image_id", Text),  # no foreign key: the picture is deleted before the evidence
    Column("by_staff", Text),
    Column("detail", LargeBinary, nullable=False),  # sealed with the visit's key
    Column("source", Text, nullable=False, server_default="counter"),
    Column("image_sha256", Text, nullable=False, server_default=""),
    same_scope_key("visit_id", "visits", "fk_evidence_visit"),
    same_scope_key("party_id", "parties", "fk_evidence_party"),
    Index("ix_evidence_visit", "tenant_id", "region", "visit_id"),
)

images = Table(
    "images",
    metadata,
    Column("id", Text, primary_key=True),
    *scope_columns(),
    Column("visit_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("blob_key", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    instant("at"),
    instant("expires_at"),
    same_scope_key("visit_id", "visits", "fk_images_visit"),
    Index("ix_images_visit", "tenant_id", "region", "visit_id"),
    Index("ix_images_expires_at", "expires_at"),
)

card_readings = Table(
    "card_readings",
    metadata,
    Column("image_id", Text, primary_key=True),  # the picture that was read
    *scope_columns(),
    Column("visit_id", Text, nullable=False),
    Column("side", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("document", Text, nullable=False),
    Column("fields", LargeBinary, nullable=False),  # sealed with the visit's key
    Column("faults", Text, nullable=False),  # codes, comma-separated
    Column("warnings", Text, nullable=False),  # codes, comma-separated
    Column("engine", Text, nullable=False),
    instant("at"),
    instant("expires_at"),
    same_scope_key("visit_id", "visits", "fk_card_readings_visit"),
    Index("ix_card_readings_visit", "tenant_id", "region", "visit_id"),
    Index("ix_card_readings_expires_at", "expires_at"),
)

recordings = Table(
    "recordings",
    metadata,
    Column("id", Text, primary_key=True),
    *scope_columns(),
    Column("visit_id", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("raw_path", Text, nullable=False),
    instant("started_at"),
    instant("expires_at"),
    Column("files", Text, nullable=False),  # JSON: party -> blob key
    Column("sha256", Text, nullable=False),  # JSON: party -> hash of the plain file
    Column("duration_ms", Integer, nullable=False),
    same_scope_key("visit_id", "visits", "fk_recordings_visit"),
    UniqueConstraint("tenant_id", "region", "visit_id"),
    Index("ix_recordings_state", "state"),
    Index("ix_recordings_expires_at", "expires_at"),
)

codes = Table(
    "codes",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("region", Text, primary_key=True),
    Column("visit_id", Text, primary_key=True),
    Column("msisdn_index", Text, primary_key=True),  # the number itself is not needed here
    Column("code_hash", Text, nullable=False),
    instant("expires_at"),
    Column("tries_left", Integer, nullable=False),
    CheckConstraint("tries_left >= 0", name="ck_codes_tries_left"),
    same_scope_key("visit_id", "visits", "fk_codes_visit"),
    Index("ix_codes_expires_at", "expires_at"),
)
