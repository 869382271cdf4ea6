"""The table of what the debugger shows, as SQLAlchemy knows it; recording writes it with plain SQL."""

from sqlalchemy import Column, Integer, LargeBinary, Table, Text

from twinbeam.engines.stores.tables.schema import MS, metadata

#: A page of sightings of one place; its number is that of its last one.
sighting_page = Table(
    "sighting_page",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("workspace", Text, nullable=False),
    Column("pixel", Text, nullable=False),
    Column("side", Text, nullable=False),
    Column("n", MS, nullable=False),
    Column("at_ms", MS, nullable=False),
    Column("body", LargeBinary, nullable=False),
    sqlite_strict=True,
)
