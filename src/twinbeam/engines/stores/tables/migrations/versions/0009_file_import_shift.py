"""By how much an import moves the dates of a file, so that a run that goes on moves them alike."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_MS = sa.Integer().with_variant(sa.BigInteger(), "postgresql")


def upgrade() -> None:
    """Add the column."""
    op.add_column("file_import", sa.Column("shift_ms", _MS, nullable=False, server_default="0"))
