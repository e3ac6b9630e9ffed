"""What an identity card reads, and where each item of evidence comes from.

Revision: 0002, after 0001. Additive: rows written before it, or by the release before it, count as
the counter's own and name no picture's hash.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "evidence", sa.Column("source", sa.Text(), nullable=False, server_default="counter")
    )
    op.add_column(
        "evidence", sa.Column("image_sha256", sa.Text(), nullable=False, server_default="")
    )
    op.create_table(
        "card_readings",
        sa.Column("image_id", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("visit_id", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("fields", sa.LargeBinary(), nullable=False),
        sa.Column("faults", sa.Text(), nullable=False),
        sa.Column("warnings", sa.Text(), nullable=False),
        sa.Column("engine", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "region", "visit_id"],
            ["visits.tenant_id", "visits.region", "visits.id"],
            name="fk_card_readings_visit",
        ),
        sa.PrimaryKeyConstraint("image_id", name=op.f("pk_card_readings")),
    )
    op.create_index(
        "ix_card_readings_visit", "card_readings", ["tenant_id", "region", "visit_id"], unique=False
    )
    op.create_index("ix_card_readings_expires_at", "card_readings", ["expires_at"], unique=False)
