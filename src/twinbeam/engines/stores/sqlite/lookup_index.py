"""
Look-ups: which conversions an order id, an e-mail address, a phone number or a customer id leads to.

Hashes are random, so an index of them costs a page for each of them at each commit. They are written as they come
instead, all those of a transaction in one row of their day, and searched from end to end by the few who ask.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence

from twinbeam.core.keys import LOOKUP_BYTES
from twinbeam.engines.sqlite_file import translated
from twinbeam.engines.stores.sqlite import packed_rows

_NAMES = "SELECT name FROM sqlite_master WHERE name LIKE 'lookup\\_%' ESCAPE '\\'"
_PREFIX = "lookup_"


def lookup_table(day: int) -> str:
    """Name the look-up table of a UTC day; dropping it is its retention."""
    return f"{_PREFIX}{day}"


def lookup_tables(db: sqlite3.Connection) -> list[str]:
    """Name the look-up tables, the oldest first."""
    return sorted((name for (name,) in db.execute(_NAMES)), key=day_of_table)


def day_of_table(table: str) -> int:
    """Return the UTC day of a look-up table."""
    return int(table.removeprefix(_PREFIX))


def add_lookups(db: sqlite3.Connection, day: int, found: Sequence[packed_rows.Entry]) -> None:
    """Note which hash leads to which conversion; call inside a transaction."""
    table = lookup_table(day)
    db.execute(f"CREATE TABLE IF NOT EXISTS {table} ({packed_rows.COLUMNS}) STRICT")
    packed_rows.append(db, table, LOOKUP_BYTES, found)


def conversions_by_lookup(db: sqlite3.Connection, hashes: Iterable[bytes]) -> list[int]:
    """Return the conversions that any of these hashes leads to, the oldest first."""
    asked = set(hashes)
    with translated():
        return sorted({id_ for table in lookup_tables(db) for id_ in packed_rows.search(db, table, *asked)})


def delete_lookups(db: sqlite3.Connection, ids: Iterable[int], *, since_day: int = 0) -> Iterator[None]:
    """Remove every hash that leads to one of these conversions, piece by piece; call inside transactions."""
    gone = set(ids)
    for table in lookup_tables(db):
        if gone and day_of_table(table) >= since_day:
            yield from packed_rows.remove(db, table, LOOKUP_BYTES, gone)
