"""What the pages show of each pixel, added up."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "pixel_week",
        sa.Column("workspace", sa.Text, primary_key=True),
        sa.Column("pixel", sa.Text, primary_key=True),
        sa.Column("at_ms", sa.Integer().with_variant(sa.BigInteger(), "postgresql"), nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sqlite_strict=True,
    )
