"""Requests counted in advance, events that waited for a limit, and pixels that are paused or drained."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_MS = sa.Integer().with_variant(sa.BigInteger(), "postgresql")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "noted_request",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("day", sa.Integer, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("at_ms", _MS, nullable=False),
        sa.Column("count", _MS, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("noted_request_of", "noted_request", ["scope", "day"])
    op.create_table(
        "throttled",
        sa.Column("day", sa.Integer, primary_key=True),
        sa.Column("workspace", sa.Text, primary_key=True),
        sa.Column("code", sa.Text, primary_key=True),
        sa.Column("events", _MS, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "pixel_flow",
        sa.Column("workspace", sa.Text, primary_key=True),
        sa.Column("code", sa.Text, primary_key=True),
        sa.Column("mode", sa.Text, nullable=False),
        sa.Column("since_ms", _MS, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sqlite_strict=True,
    )
