"""SMS that were sent, with their parts, and the operator's own texts.

Revision: 0005, after 0004. Additive.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sms_messages",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("visit_id", sa.Text(), nullable=True),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("recipient", sa.LargeBinary(), nullable=False),
        sa.Column("recipient_index", sa.Text(), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("encoding", sa.Text(), nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("segments", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "region", "visit_id"],
            ["visits.tenant_id", "visits.region", "visits.id"],
            name="fk_sms_messages_visit",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sms_messages")),
        sa.UniqueConstraint(
            "tenant_id", "region", "key", name=op.f("uq_sms_messages_tenant_id_region_key")
        ),
    )
    op.create_index(
        "ix_sms_messages_visit", "sms_messages", ["tenant_id", "region", "visit_id"], unique=False
    )
    op.create_index(
        "ix_sms_messages_recipient",
        "sms_messages",
        ["tenant_id", "region", "recipient_index", "queued_at"],
        unique=False,
    )
    op.create_index("ix_sms_messages_expires_at", "sms_messages", ["expires_at"], unique=False)
    op.create_table(
        "sms_parts",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("sms_id", sa.Text(), nullable=False),
        sa.Column("part", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("provider_id", sa.Text(), nullable=False),
        sa.Column("delivered", sa.Boolean(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["sms_id"], ["sms_messages.id"], name="fk_sms_parts_sms", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("sms_id", "part", name=op.f("pk_sms_parts")),
    )
    op.create_index("ix_sms_parts_provider_id", "sms_parts", ["provider_id"], unique=False)
    op.create_table(
        "sms_templates",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("texts", sa.Text(), nullable=False),
        sa.Column("by_staff", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("version > 0", name="ck_sms_templates_version"),
        sa.PrimaryKeyConstraint(
            "tenant_id", "region", "template", "version", name=op.f("pk_sms_templates")
        ),
    )
