"""A second holder joins a visit: links that say so, visits beside another one.

Revision: 0006, after 0005.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_SCOPE = ["tenant_id", "region"]
_BUSY = sa.text("state IN ('offered', 'serving') AND companion_of IS NULL")
_WITH_FIRST = sa.text("state = 'serving' AND companion_of IS NOT NULL")


def upgrade() -> None:
    op.add_column("links", sa.Column("companion_of", sa.Text(), nullable=True))
    op.add_column("visits", sa.Column("companion_of", sa.Text(), nullable=True))
    op.add_column(
        "visits", sa.Column("aside", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.drop_index("uq_visits_busy_agent", table_name="visits")
    for name, column, where in (
        ("uq_visits_busy_agent", "agent_id", _BUSY),
        ("uq_visits_companion", "companion_of", _WITH_FIRST),
    ):
        op.create_index(
            name,
            "visits",
            [*_SCOPE, column],
            unique=True,
            sqlite_where=where,
            postgresql_where=where,
        )
