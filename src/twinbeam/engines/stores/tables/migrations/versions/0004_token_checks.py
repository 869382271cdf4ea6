"""What TikTok said of the tokens that were saved."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_MS = sa.Integer().with_variant(sa.BigInteger(), "postgresql")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "token_check",
        sa.Column("workspace", sa.Text, primary_key=True),
        sa.Column("pixel", sa.Text, primary_key=True),
        sa.Column("at_ms", _MS, nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("code", sa.Integer),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("request_id", sa.Text, nullable=False),
        sa.Column("proven", sa.Integer, nullable=False),
        sa.Column("failing_since_ms", _MS),
        sqlite_strict=True,
    )
