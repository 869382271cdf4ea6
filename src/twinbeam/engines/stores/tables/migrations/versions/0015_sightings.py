"""What the debugger shows."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

_MS = sa.Integer().with_variant(sa.BigInteger(), "postgresql")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "sighting_page",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("workspace", sa.Text, nullable=False),
        sa.Column("pixel", sa.Text, nullable=False),
        sa.Column("side", sa.Text, nullable=False),
        sa.Column("n", _MS, nullable=False),
        sa.Column("at_ms", _MS, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sqlite_strict=True,
    )
