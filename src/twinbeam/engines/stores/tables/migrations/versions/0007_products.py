"""Product feeds, what events name of them, and the margin of purchases."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_MS = sa.Integer().with_variant(sa.BigInteger(), "postgresql")


def upgrade() -> None:
    """Make the tables."""
    _make_feeds()
    op.create_table(
        "content_day",
        sa.Column("day", _MS, primary_key=True),
        sa.Column("workspace", sa.Text, primary_key=True),
        sa.Column("pixel", sa.Text, primary_key=True),
        *(sa.Column(name, _MS, nullable=False) for name in ("events", "without", "ids", "matched", "others")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "unknown_content",
        sa.Column("day", _MS, primary_key=True),
        sa.Column("workspace", sa.Text, primary_key=True),
        sa.Column("pixel", sa.Text, primary_key=True),
        sa.Column("content_id", sa.Text, primary_key=True),
        sa.Column("is_group", sa.Integer, primary_key=True),
        sa.Column("n", _MS, nullable=False),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "content_cursor",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("batch", _MS, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "conversion_margin",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("revenue", _MS),
        sa.Column("products", _MS),
        sa.Column("cost", _MS),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("trouble", sa.Text, nullable=False),
        sa.Column("sends", sa.Text, nullable=False),
        sqlite_strict=True,
    )


def _make_feeds() -> None:
    op.create_table(
        "feed",
        sa.Column("workspace", sa.Text, primary_key=True),
        sa.Column("load", _MS, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("rows", _MS, nullable=False),
        sa.Column("costed", _MS, nullable=False),
        sa.Column("faulty", _MS, nullable=False),
        sa.Column("faults", sa.Text, nullable=False),
        sa.Column("loaded_ms", _MS),
        sa.Column("tried_ms", _MS),
        sa.Column("trouble", sa.Text, nullable=False),
        sa.Column("url", sa.LargeBinary, nullable=False),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("every_hours", sa.Integer, nullable=False),
        sa.Column("etag", sa.Text, nullable=False),
        sa.Column("modified", sa.Text, nullable=False),
        sa.Column("is_asked", sa.Integer, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "feed_load",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("workspace", sa.Text, nullable=False),
        sa.Column("began_ms", _MS, nullable=False),
        sqlite_strict=True,
        sqlite_autoincrement=True,
    )
    op.create_table(
        "product",
        sa.Column("load", _MS, primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("group_id", "sku", "gtin", "mpn", "title")),
        sa.Column("price_micros", _MS),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("cost_micros", _MS),
        sa.Column("cost_currency", sa.Text, nullable=False),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "product_alias",
        sa.Column("load", _MS, primary_key=True),
        sa.Column("alias", sa.Text, primary_key=True),
        sa.Column("kind", sa.Integer, primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
