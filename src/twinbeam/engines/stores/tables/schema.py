"""
The tables that SQLAlchemy keeps, as they are now; `migrations/versions/` says how they came to be.

They lie in the same file as the hot tables, whose numbered SQL is in `sqlite/migrations/`.
"""

from sqlalchemy import BigInteger, Column, Integer, MetaData, Table, Text

#: Milliseconds since the epoch. A strict table of SQLite takes INTEGER, which has 64 bits there.
MS = Integer().with_variant(BigInteger(), "postgresql")

metadata = MetaData()

#: Who may run what only one process of an installation may run, and until when.
lease = Table(
    "lease",
    metadata,
    Column("name", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("until_ms", MS, nullable=False),
    sqlite_strict=True,
)

#: The last run of each periodic job, as of the last renewal of the lease.
job_run = Table(
    "job_run",
    metadata,
    Column("name", Text, primary_key=True),
    Column("every_ms", MS, nullable=False),
    Column("last_ms", MS),
    Column("took_ms", MS, nullable=False),
    Column("next_ms", MS),
    Column("trouble", Text, nullable=False),
    sqlite_strict=True,
)
