"""The ledger of the shops' orders."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_MS = sa.Integer().with_variant(sa.BigInteger(), "postgresql")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "shop_order",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("workspace", sa.Text, nullable=False),
        sa.Column("shop", sa.Text, nullable=False),
        sa.Column("order_id", sa.Text, nullable=False),
        sa.Column("system", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("placed_ms", _MS),
        sa.Column("paid_ms", _MS),
        sa.Column("shipped_ms", _MS),
        sa.Column("delivered_ms", _MS),
        sa.Column("cancelled_ms", _MS),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("value_minor", _MS),
        sa.Column("refunded_minor", _MS),
        sa.Column("first_ms", _MS, nullable=False),
        sa.Column("heard_ms", _MS, nullable=False),
        sa.Column("facts", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("workspace", "shop", "order_id"),
        sqlite_strict=True,
    )
    op.create_index("shop_order_placed", "shop_order", ["workspace", "placed_ms"])
    op.create_table(
        "shop_order_conversion",
        sa.Column("order", _MS, primary_key=True),
        sa.Column("conversion", _MS, primary_key=True),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "person_request",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("workspace", sa.Text, nullable=False),
        sa.Column("shop", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("asked_ms", _MS, nullable=False),
        sa.Column("people", sa.LargeBinary, nullable=False),
        sa.Column("done_ms", _MS),
        sqlite_strict=True,
    )
    op.create_table(
        "file_import",
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column("done", _MS, nullable=False),
        sa.Column("at_ms", _MS, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "order_source",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("dialect", sa.Text, nullable=False),
        sa.Column("rules", sa.Text, nullable=False),
        sqlite_strict=True,
    )
