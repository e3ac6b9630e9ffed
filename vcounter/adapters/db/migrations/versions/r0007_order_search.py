"""An index for looking orders up by day, newest first.

Revision: 0007, after 0006.
"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_orders_made", "orders", ["tenant_id", "region", "created_at", "id"], unique=False
    )
