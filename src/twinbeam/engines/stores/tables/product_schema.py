"""The tables of the shops' product feeds, and of what events name of them."""

from sqlalchemy import Column, Integer, LargeBinary, Table, Text

from twinbeam.engines.stores.tables.schema import MS, metadata

#: One row for each workspace that has a feed. The address may hold a password, so it is sealed.
feed = Table(
    "feed",
    metadata,
    Column("workspace", Text, primary_key=True),
    Column("load", MS, nullable=False),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("rows", MS, nullable=False),
    Column("costed", MS, nullable=False),
    Column("faulty", MS, nullable=False),
    Column("faults", Text, nullable=False),
    Column("loaded_ms", MS),
    Column("tried_ms", MS),
    Column("trouble", Text, nullable=False),
    Column("url", LargeBinary, nullable=False),
    Column("host", Text, nullable=False),
    Column("every_hours", Integer, nullable=False),
    Column("etag", Text, nullable=False),
    Column("modified", Text, nullable=False),
    Column("is_asked", Integer, nullable=False),
    sqlite_strict=True,
)

#: A file that is being taken in, or was: its products count once its feed names it.
feed_load = Table(
    "feed_load",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("workspace", Text, nullable=False),
    Column("began_ms", MS, nullable=False),
    sqlite_strict=True,
    sqlite_autoincrement=True,
)

product = Table(
    "product",
    metadata,
    Column("load", MS, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("group_id", Text, nullable=False),
    Column("sku", Text, nullable=False),
    Column("gtin", Text, nullable=False),
    Column("mpn", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("price_micros", MS),
    Column("currency", Text, nullable=False),
    Column("cost_micros", MS),
    Column("cost_currency", Text, nullable=False),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

#: The loose forms of products' ids (products/ids.py).
product_alias = Table(
    "product_alias",
    metadata,
    Column("load", MS, primary_key=True),
    Column("alias", Text, primary_key=True),
    Column("kind", Integer, primary_key=True),
    Column("id", Text, primary_key=True),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

#: What delivered events named of products, by UTC day.
content_day = Table(
    "content_day",
    metadata,
    Column("day", MS, primary_key=True),
    Column("workspace", Text, primary_key=True),
    Column("pixel", Text, primary_key=True),
    Column("events", MS, nullable=False),
    Column("without", MS, nullable=False),
    Column("ids", MS, nullable=False),
    Column("matched", MS, nullable=False),
    Column("others", MS, nullable=False),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

unknown_content = Table(
    "unknown_content",
    metadata,
    Column("day", MS, primary_key=True),
    Column("workspace", Text, primary_key=True),
    Column("pixel", Text, primary_key=True),
    Column("content_id", Text, primary_key=True),
    Column("is_group", Integer, primary_key=True),
    Column("n", MS, nullable=False),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

#: Up to which batch they are counted.
content_cursor = Table(
    "content_cursor",
    metadata,
    Column("name", Text, primary_key=True),
    Column("batch", MS, nullable=False),
    sqlite_strict=True,
)

#: What an order's purchase is worth by revenue and by margin, as it stood when it was recorded; in minor units.
conversion_margin = Table(
    "conversion_margin",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("revenue", MS),
    Column("products", MS),
    Column("cost", MS),
    Column("currency", Text, nullable=False),
    Column("trouble", Text, nullable=False),
    Column("sends", Text, nullable=False),
    sqlite_strict=True,
)
