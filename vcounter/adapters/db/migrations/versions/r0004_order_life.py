"""The rest of an order's life: approval, schedule, second holder, signature, retries; undo links;
which actions are offered.

Revision: 0004, after 0003.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    for column in (
        sa.Column("approver_id", sa.Text(), nullable=True),
        sa.Column("approval", sa.LargeBinary(), nullable=True),
        sa.Column("due_at", moment, nullable=True),
        sa.Column("second_party_id", sa.Text(), nullable=True),
        sa.Column("second_visit_id", sa.Text(), nullable=True),
        sa.Column("second_confirmed_at", moment, nullable=True),
        sa.Column("signature_image_id", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("next_try_at", moment, nullable=True),
        sa.Column("dead_since", moment, nullable=True),
    ):
        op.add_column("orders", column)
    scope = ["tenant_id", "region"]
    op.create_index("ix_orders_due", "orders", ["state", "due_at"], unique=False)
    op.create_index("ix_orders_dead", "orders", [*scope, "dead_since"], unique=False)
    op.create_index("ix_orders_reverses", "orders", [*scope, "reverses_id"], unique=False)
    op.create_index("ix_orders_second", "orders", [*scope, "second_visit_id"], unique=False)
    op.add_column("links", sa.Column("order_id", sa.Text(), nullable=True))
    op.create_index("ix_links_visit", "links", [*scope, "visit_id"], unique=False)
    op.create_table(
        "action_switches",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("action_id", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("opens", sa.Time(), nullable=True),
        sa.Column("closes", sa.Time(), nullable=True),
        sa.Column("set_at", moment, nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_action_switches_tenant_id_tenants")
        ),
        sa.PrimaryKeyConstraint(
            "tenant_id", "region", "action_id", "role", name=op.f("pk_action_switches")
        ),
    )
