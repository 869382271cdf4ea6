"""Pixels for which TikTok takes no requests for a while."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

_MS = sa.Integer().with_variant(sa.BigInteger(), "postgresql")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "closed_pixel",
        sa.Column("workspace", sa.Text, primary_key=True),
        sa.Column("code", sa.Text, primary_key=True),
        sa.Column("until_ms", _MS, nullable=False),
        sqlite_strict=True,
    )
