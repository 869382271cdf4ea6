"""What is wrong with pixels, and what is noted of conversions for that."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

_MS = sa.Integer().with_variant(sa.BigInteger(), "postgresql")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "check_day",
        sa.Column("day", _MS, primary_key=True),
        *(sa.Column(name, sa.Text, primary_key=True) for name in ("workspace", "pixel", "event", "what", "currency")),
        sa.Column("n", _MS, nullable=False),
        sa.Column("minor", _MS, nullable=False),
        sa.Column("samples", sa.Text, nullable=False),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "check_cursor",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("place", _MS, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "pixel_evidence",
        sa.Column("workspace", sa.Text, primary_key=True),
        sa.Column("pixel", sa.Text, primary_key=True),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "issue",
        *(sa.Column(name, sa.Text, primary_key=True) for name in ("workspace", "pixel", "check_id")),
        *(sa.Column(name, _MS, nullable=False) for name in ("since_ms", "seen_ms", "grew_ms", "count")),
        sa.Column("worth", sa.Text, nullable=False),
        sa.Column("ended_ms", _MS),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "issue_mute",
        *(sa.Column(name, sa.Text, primary_key=True) for name in ("workspace", "pixel", "check_id")),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("why", "who")),
        sa.Column("at_ms", _MS, nullable=False),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
