"""What sums of orders are grouped by, so that a page adds them up without reading what was stated of each."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_MS = sa.Integer().with_variant(sa.BigInteger(), "postgresql")
_DAY_MS = 86_400_000


def upgrade() -> None:
    """Add the columns, fill them, and make the index that the sums are read from."""
    for name in ("day", "links"):
        op.add_column("shop_order", sa.Column(name, sa.Integer, nullable=False, server_default="0"))
    op.execute(f"UPDATE shop_order SET day = coalesce(placed_ms, first_ms) / {_DAY_MS}")  # noqa: S608 -- a number
    op.execute(
        'UPDATE shop_order SET links = (SELECT count(*) FROM shop_order_conversion WHERE "order" = shop_order.id)'
    )
    op.create_table(
        "order_alike",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("day", sa.Integer, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("workspace", "source", "kind", "currency", "state")),
        sa.UniqueConstraint("day", "workspace", "source", "kind", "currency", "state"),
        sqlite_strict=True,
    )
    op.execute(
        "INSERT INTO order_alike (day, workspace, source, kind, currency, state) "
        "SELECT DISTINCT day, workspace, source, kind, currency, state FROM shop_order"
    )
    op.add_column("shop_order", sa.Column("alike", sa.Integer, nullable=False, server_default="0"))
    op.execute(
        "UPDATE shop_order SET alike = (SELECT id FROM order_alike AS its WHERE its.day = shop_order.day "
        "AND its.workspace = shop_order.workspace AND its.source = shop_order.source AND its.kind = shop_order.kind "
        "AND its.currency = shop_order.currency AND its.state = shop_order.state)"
    )
    op.create_table(
        "sent_report",
        sa.Column("week", sa.Text, primary_key=True),
        sa.Column("at_ms", _MS, nullable=False),
        sqlite_strict=True,
    )
    columns = ["day", "placed_ms", "alike", "links", "value_minor", "refunded_minor"]
    op.create_index("shop_order_summed", "shop_order", columns)
