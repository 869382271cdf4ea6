"""The tables of the shops' orders."""

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, Text, UniqueConstraint

from twinbeam.engines.stores.tables.schema import MS, metadata

#: One row for each order of any source. What is stated of it lies in `facts`; the other columns are what lists ask for.
shop_order = Table(
    "shop_order",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("workspace", Text, nullable=False),
    Column("shop", Text, nullable=False),
    Column("order_id", Text, nullable=False),
    Column("system", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("placed_ms", MS),
    Column("paid_ms", MS),
    Column("shipped_ms", MS),
    Column("delivered_ms", MS),
    Column("cancelled_ms", MS),
    Column("currency", Text, nullable=False),
    Column("value_minor", MS),
    Column("refunded_minor", MS),
    Column("first_ms", MS, nullable=False),
    Column("heard_ms", MS, nullable=False),
    Column("facts", LargeBinary, nullable=False),
    Column("day", Integer, nullable=False),  # UTC, on which it was placed
    Column("links", Integer, nullable=False),  # conversions that follow from it
    Column("alike", Integer, nullable=False),  # its row in order_alike
    UniqueConstraint("workspace", "shop", "order_id"),
    Index("shop_order_placed", "workspace", "placed_ms"),
    # By time, so that rows of conversions are met as they lie in the file.
    Index("shop_order_summed", "day", "placed_ms", "alike", "links", "value_minor", "refunded_minor"),
    sqlite_strict=True,
)

#: What orders are added up by: few rows a day, so that the sums compare numbers and not texts.
order_alike = Table(
    "order_alike",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("day", Integer, nullable=False),
    Column("workspace", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("state", Text, nullable=False),
    UniqueConstraint("day", "workspace", "source", "kind", "currency", "state"),
    sqlite_strict=True,
)

#: The conversions that follow from an order.
shop_order_conversion = Table(
    "shop_order_conversion",
    metadata,
    Column("order", MS, primary_key=True),
    Column("conversion", MS, primary_key=True),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

#: What shop systems pass on of persons' rights; who is meant is sealed, and gone once it is done.
person_request = Table(
    "person_request",
    metadata,
    Column("id", Text, primary_key=True),
    Column("workspace", Text, nullable=False),
    Column("shop", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("asked_ms", MS, nullable=False),
    Column("people", LargeBinary, nullable=False),
    Column("done_ms", MS),
    sqlite_strict=True,
)

#: How far files were imported, so that a run that was cut off goes on where it was.
file_import = Table(
    "file_import",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("done", MS, nullable=False),
    Column("at_ms", MS, nullable=False),
    Column("shift_ms", MS, nullable=False, server_default="0"),
    sqlite_strict=True,
)

#: The weekly reports that were sent, by their Mondays.
sent_report = Table(
    "sent_report",
    metadata,
    Column("week", Text, primary_key=True),
    Column("at_ms", MS, nullable=False),
    sqlite_strict=True,
)

#: What each source of orders speaks, and its rules, as JSON without the defaults.
order_source = Table(
    "order_source",
    metadata,
    Column("name", Text, primary_key=True),
    Column("dialect", Text, nullable=False),
    Column("rules", Text, nullable=False),
    sqlite_strict=True,
)
