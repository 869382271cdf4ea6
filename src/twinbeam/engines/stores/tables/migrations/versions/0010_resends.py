"""Orders to send dead letters again."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_MS = sa.Integer().with_variant(sa.BigInteger(), "postgresql")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "resend",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("workspace", sa.Text, nullable=False),
        sa.Column("asked", sa.Text, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("at_ms", _MS, nullable=False),
        sa.Column("count", _MS, nullable=False),
        sa.Column("upto", _MS, nullable=False),
        sa.Column("place", _MS, nullable=False),
        sa.Column("sent", _MS, nullable=False),
        sa.Column("left", sa.Text, nullable=False),
        sa.Column("finished_ms", _MS),
        sqlite_strict=True,
    )
