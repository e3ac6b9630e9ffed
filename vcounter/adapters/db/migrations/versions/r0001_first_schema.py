"""The first schema: tenants, staff, visits, evidence, orders, journal, keys.

Revision: 0001, after nothing.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_heads",
        sa.Column(
            "seq",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_heads")),
    )
    op.create_table(
        "audit_lines",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("prev_hash", sa.Text(), nullable=True),
        sa.Column("hash", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_lines")),
        sa.UniqueConstraint("seq", name=op.f("uq_audit_lines_seq")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_audit_lines_object", "audit_lines", ["tenant_id", "region", "object"], unique=False
    )
    op.create_index(
        "ix_audit_lines_unsealed",
        "audit_lines",
        ["id"],
        unique=False,
        sqlite_where=sa.text("seq IS NULL"),
        postgresql_where=sa.text("seq IS NULL"),
    )
    op.create_table(
        "data_keys",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("kek_version", sa.Integer(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_keys")),
        sa.UniqueConstraint(
            "tenant_id", "region", "owner", name=op.f("uq_data_keys_tenant_id_region_owner")
        ),
    )
    op.create_index("ix_data_keys_kek_version", "data_keys", ["kek_version"], unique=False)
    op.create_table(
        "links",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("msisdn", sa.LargeBinary(), nullable=True),
        sa.Column("msisdn_index", sa.Text(), nullable=True),
        sa.Column("lang", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("visit_id", sa.Text(), nullable=True),
        sa.Column("simulated", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_links")),
    )
    op.create_index("ix_links_expires_at", "links", ["expires_at"], unique=False)
    op.create_table(
        "outbox",
        sa.Column(
            "seq",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("room", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("key_owner", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_outbox")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_outbox_sent_at", "outbox", ["sent_at"], unique=False)
    op.create_index(
        "ix_outbox_unsent",
        "outbox",
        ["seq"],
        unique=False,
        sqlite_where=sa.text("sent_at IS NULL"),
        postgresql_where=sa.text("sent_at IS NULL"),
    )
    op.create_table(
        "tenants",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tenants")),
    )
    op.create_table(
        "tickets",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("visit_id", sa.Text(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_tickets")),
    )
    op.create_index("ix_tickets_expires_at", "tickets", ["expires_at"], unique=False)
    op.create_table(
        "skill_groups",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name_zh", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_skill_groups_tenant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_skill_groups")),
        sa.UniqueConstraint(
            "tenant_id", "region", "code", name=op.f("uq_skill_groups_tenant_id_region_code")
        ),
        sa.UniqueConstraint(
            "tenant_id", "region", "id", name=op.f("uq_skill_groups_tenant_id_region_id")
        ),
    )
    op.create_table(
        "staff",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("badge", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("totp_secret", sa.LargeBinary(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_staff_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
        sa.UniqueConstraint("tenant_id", "login", name=op.f("uq_staff_tenant_id_login")),
        sa.UniqueConstraint("tenant_id", "region", "id", name=op.f("uq_staff_tenant_id_region_id")),
    )
    op.create_index("ix_staff_state", "staff", ["tenant_id", "region", "state"], unique=False)
    op.create_table(
        "agent_sessions",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.Text(), nullable=False),
        sa.Column("device_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "region", "staff_id"],
            ["staff.tenant_id", "staff.region", "staff.id"],
            name="fk_agent_sessions_staff",
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_agent_sessions")),
    )
    op.create_index("ix_agent_sessions_expires_at", "agent_sessions", ["expires_at"], unique=False)
    op.create_table(
        "staff_skill_groups",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.Text(), nullable=False),
        sa.Column("skill_group_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "region", "skill_group_id"],
            ["skill_groups.tenant_id", "skill_groups.region", "skill_groups.id"],
            name="fk_staff_skill_groups_skill_group",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "region", "staff_id"],
            ["staff.tenant_id", "staff.region", "staff.id"],
            name="fk_staff_skill_groups_staff",
        ),
        sa.PrimaryKeyConstraint("staff_id", "skill_group_id", name=op.f("pk_staff_skill_groups")),
    )
    op.create_index(
        "ix_staff_skill_groups_group",
        "staff_skill_groups",
        ["tenant_id", "region", "skill_group_id"],
        unique=False,
    )
    op.create_table(
        "visits",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("skill_group_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("lang", sa.Text(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("simulated", sa.Boolean(), nullable=False),
        sa.Column("recording_consent", sa.Text(), nullable=False),
        sa.Column("face_consent", sa.Text(), nullable=False),
        sa.Column("msisdn", sa.LargeBinary(), nullable=True),
        sa.Column("msisdn_index", sa.Text(), nullable=True),
        sa.Column("agent_id", sa.Text(), nullable=True),
        sa.Column("last_agent_id", sa.Text(), nullable=True),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ring_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("connected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("customer_party_id", sa.Text(), nullable=True),
        sa.Column("disposition", sa.Text(), nullable=True),
        sa.Column("missed_by", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "region", "agent_id"],
            ["staff.tenant_id", "staff.region", "staff.id"],
            name="fk_visits_agent",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "region", "skill_group_id"],
            ["skill_groups.tenant_id", "skill_groups.region", "skill_groups.id"],
            name="fk_visits_skill_group",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visits")),
        sa.UniqueConstraint(
            "tenant_id", "region", "id", name=op.f("uq_visits_tenant_id_region_id")
        ),
    )
    op.create_index("ix_visits_ended", "visits", ["tenant_id", "region", "ended_at"], unique=False)
    op.create_index(
        "ix_visits_msisdn", "visits", ["tenant_id", "region", "msisdn_index"], unique=False
    )
    op.create_index(
        "ix_visits_queue",
        "visits",
        ["tenant_id", "region", "state", "priority", "entered_at", "id"],
        unique=False,
    )
    op.create_index(
        "uq_visits_busy_agent",
        "visits",
        ["tenant_id", "region", "agent_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('offered', 'serving')"),
        postgresql_where=sa.text("state IN ('offered', 'serving')"),
    )
    op.create_table(
        "codes",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("visit_id", sa.Text(), nullable=False),
        sa.Column("msisdn_index", sa.Text(), nullable=False),
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries_left", sa.Integer(), nullable=False),
        sa.CheckConstraint("tries_left >= 0", name="ck_codes_tries_left"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "region", "visit_id"],
            ["visits.tenant_id", "visits.region", "visits.id"],
            name="fk_codes_visit",
        ),
        sa.PrimaryKeyConstraint(
            "tenant_id", "region", "visit_id", "msisdn_index", name=op.f("pk_codes")
        ),
    )
    op.create_index("ix_codes_expires_at", "codes", ["expires_at"], unique=False)
    op.create_table(
        "images",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("visit_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("blob_key", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "region", "visit_id"],
            ["visits.tenant_id", "visits.region", "visits.id"],
            name="fk_images_visit",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_images")),
    )
    op.create_index("ix_images_expires_at", "images", ["expires_at"], unique=False)
    op.create_index("ix_images_visit", "images", ["tenant_id", "region", "visit_id"], unique=False)
    op.create_table(
        "messages",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("visit_id", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "region", "visit_id"],
            ["visits.tenant_id", "visits.region", "visits.id"],
            name="fk_messages_visit",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
    )
    op.create_index(
        "ix_messages_visit", "messages", ["tenant_id", "region", "visit_id"], unique=False
    )
    op.create_table(
        "parties",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("visit_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("credential_hash", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "region", "visit_id"],
            ["visits.tenant_id", "visits.region", "visits.id"],
            name="fk_parties_visit",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parties")),
        sa.UniqueConstraint("credential_hash", name=op.f("uq_parties_credential_hash")),
        sa.UniqueConstraint(
            "tenant_id", "region", "id", name=op.f("uq_parties_tenant_id_region_id")
        ),
    )
    op.create_index(
        "ix_parties_visit", "parties", ["tenant_id", "region", "visit_id"], unique=False
    )
    op.create_table(
        "recordings",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("visit_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("raw_path", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("files", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "region", "visit_id"],
            ["visits.tenant_id", "visits.region", "visits.id"],
            name="fk_recordings_visit",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recordings")),
        sa.UniqueConstraint(
            "tenant_id", "region", "visit_id", name=op.f("uq_recordings_tenant_id_region_visit_id")
        ),
    )
    op.create_index("ix_recordings_expires_at", "recordings", ["expires_at"], unique=False)
    op.create_index("ix_recordings_state", "recordings", ["state"], unique=False)
    op.create_table(
        "steps",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("visit_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("pushed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("params", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.Boolean(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=True),
        sa.Column("outcome", sa.LargeBinary(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "region", "visit_id"],
            ["visits.tenant_id", "visits.region", "visits.id"],
            name="fk_steps_visit",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_steps")),
    )
    op.create_index("ix_steps_visit", "steps", ["tenant_id", "region", "visit_id"], unique=False)
    op.create_index(
        "uq_steps_pushed",
        "steps",
        ["tenant_id", "region", "visit_id"],
        unique=True,
        sqlite_where=sa.text("state = 'pushed'"),
        postgresql_where=sa.text("state = 'pushed'"),
    )
    op.create_table(
        "evidence",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("visit_id", sa.Text(), nullable=False),
        sa.Column("party_id", sa.Text(), nullable=False),
        sa.Column("msisdn", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=True),
        sa.Column("image_id", sa.Text(), nullable=True),
        sa.Column("by_staff", sa.Text(), nullable=True),
        sa.Column("detail", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "region", "party_id"],
            ["parties.tenant_id", "parties.region", "parties.id"],
            name="fk_evidence_party",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "region", "visit_id"],
            ["visits.tenant_id", "visits.region", "visits.id"],
            name="fk_evidence_visit",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
    )
    op.create_index(
        "ix_evidence_visit", "evidence", ["tenant_id", "region", "visit_id"], unique=False
    )
    op.create_table(
        "orders",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("visit_id", sa.Text(), nullable=False),
        sa.Column("party_id", sa.Text(), nullable=False),
        sa.Column("action_id", sa.Text(), nullable=False),
        sa.Column("msisdn", sa.LargeBinary(), nullable=False),
        sa.Column("msisdn_index", sa.Text(), nullable=False),
        sa.Column("maker_id", sa.Text(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("inputs", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("bss_version", sa.Integer(), nullable=False),
        sa.Column("assurance", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("result", sa.LargeBinary(), nullable=False),
        sa.Column("reverses_id", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "region", "maker_id"],
            ["staff.tenant_id", "staff.region", "staff.id"],
            name="fk_orders_maker",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "region", "party_id"],
            ["parties.tenant_id", "parties.region", "parties.id"],
            name="fk_orders_party",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "region", "reverses_id"],
            ["orders.tenant_id", "orders.region", "orders.id"],
            name="fk_orders_reverses",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "region", "visit_id"],
            ["visits.tenant_id", "visits.region", "visits.id"],
            name="fk_orders_visit",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint(
            "tenant_id", "region", "id", name=op.f("uq_orders_tenant_id_region_id")
        ),
        sa.UniqueConstraint(
            "tenant_id",
            "region",
            "idempotency_key",
            name=op.f("uq_orders_tenant_id_region_idempotency_key"),
        ),
    )
    op.create_index(
        "ix_orders_msisdn", "orders", ["tenant_id", "region", "msisdn_index"], unique=False
    )
    op.create_index("ix_orders_state", "orders", ["state", "created_at"], unique=False)
    op.create_index("ix_orders_visit", "orders", ["tenant_id", "region", "visit_id"], unique=False)
