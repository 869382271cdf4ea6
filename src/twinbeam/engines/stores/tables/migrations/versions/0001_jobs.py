"""The lease of whoever runs the periodic jobs, and the last run of each."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_MS = sa.Integer().with_variant(sa.BigInteger(), "postgresql")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "lease",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("until_ms", _MS, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "job_run",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("every_ms", _MS, nullable=False),
        sa.Column("last_ms", _MS),
        sa.Column("took_ms", _MS, nullable=False),
        sa.Column("next_ms", _MS),
        sa.Column("trouble", sa.Text, nullable=False),
        sqlite_strict=True,
    )
