"""The tables of issues, as they are now; migration 0014 made them."""

from sqlalchemy import Column, LargeBinary, Table, Text

from twinbeam.engines.stores.tables.schema import MS, metadata

#: What was noted of single conversions, added up by UTC day.
check_day = Table(
    "check_day",
    metadata,
    Column("day", MS, primary_key=True),
    Column("workspace", Text, primary_key=True),
    Column("pixel", Text, primary_key=True),
    Column("event", Text, primary_key=True),
    Column("what", Text, primary_key=True),
    Column("currency", Text, primary_key=True),
    Column("n", MS, nullable=False),
    Column("minor", MS, nullable=False),
    Column("samples", Text, nullable=False),  # JSON: numbers of conversions
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

#: Up to which conversion was looked.
check_cursor = Table(
    "check_cursor",
    metadata,
    Column("name", Text, primary_key=True),
    Column("place", MS, nullable=False),
    sqlite_strict=True,
)

#: What a job found out of each pixel; read as a whole.
pixel_evidence = Table(
    "pixel_evidence",
    metadata,
    Column("workspace", Text, primary_key=True),
    Column("pixel", Text, primary_key=True),
    Column("body", LargeBinary, nullable=False),
    sqlite_strict=True,
)

#: Since when something is wrong.
issue = Table(
    "issue",
    metadata,
    Column("workspace", Text, primary_key=True),
    Column("pixel", Text, primary_key=True),
    Column("check_id", Text, primary_key=True),
    Column("since_ms", MS, nullable=False),
    Column("seen_ms", MS, nullable=False),
    Column("grew_ms", MS, nullable=False),
    Column("count", MS, nullable=False),
    Column("worth", Text, nullable=False),  # JSON: by currency
    Column("ended_ms", MS),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

#: What is muted, by whom and why; it outlives the end of an issue.
issue_mute = Table(
    "issue_mute",
    metadata,
    Column("workspace", Text, primary_key=True),
    Column("pixel", Text, primary_key=True),
    Column("check_id", Text, primary_key=True),
    Column("why", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("at_ms", MS, nullable=False),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)
