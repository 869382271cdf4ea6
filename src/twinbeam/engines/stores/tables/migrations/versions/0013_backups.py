"""Backups that were made of the store, and the backups that it was restored from."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

_MS = sa.Integer().with_variant(sa.BigInteger(), "postgresql")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "backup",
        sa.Column("at_ms", _MS, primary_key=True),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("bytes", _MS, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "restored",
        sa.Column("taken_ms", _MS, primary_key=True),
        sa.Column("restored_ms", _MS, nullable=False),
        sa.Column("held_ms", _MS),
        sa.Column("decision", sa.Text, nullable=False, server_default=""),
        sa.Column("decided_ms", _MS),
        sqlite_strict=True,
    )
