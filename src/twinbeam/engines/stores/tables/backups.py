"""Backups that were made of the store, and the backups that it was restored from; `sqlite/backups.py` works on them."""

from sqlalchemy import Column, Table, Text

from twinbeam.engines.stores.tables.schema import MS, metadata

backup = Table(
    "backup",
    metadata,
    Column("at_ms", MS, primary_key=True),
    Column("place", Text, nullable=False),
    Column("bytes", MS, nullable=False),
    sqlite_strict=True,
)

#: `decision` is what its owner wants of what is held: "", "send" or "discard"; it is empty again once that is done.
restored = Table(
    "restored",
    metadata,
    Column("taken_ms", MS, primary_key=True),
    Column("restored_ms", MS, nullable=False),
    Column("held_ms", MS),
    Column("decision", Text, nullable=False, server_default=""),
    Column("decided_ms", MS),
    sqlite_strict=True,
)
