"""
Look-ups: which conversions an order id, an e-mail address, a phone number or a customer id leads to.

Hashes are random, so an index of them costs a page for each of them at each commit. They are written as they come
instead, all those of a transaction in one row of their day, and searched from end to end by the few who ask.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence

from twinbeam.core.keys import LOOKUP_BYTES
from twinbeam.engines.sqlite_file import translated
from twinbeam.engines.stores.sqlite import packed

_NAMES = "SELECT name FROM sqlite_master WHERE name LIKE 'trace\\_%' ESCAPE '\\'"
_PREFIX = "trace_"


def trace_table(day: int) -> str:
    """Name the look-up table of a UTC day; dropping it is its retention."""
    return f"{_PREFIX}{day}"


def trace_tables(db: sqlite3.Connection) -> list[str]:
    """Name the look-up tables, the oldest first."""
    return sorted((name for (name,) in db.execute(_NAMES)), key=day_of_table)


def day_of_table(table: str) -> int:
    """Return the UTC day of a look-up table."""
    return int(table.removeprefix(_PREFIX))


def add_traces(db: sqlite3.Connection, day: int, found: Sequence[packed.Entry]) -> None:
    """Note which hash leads to which conversion; call inside a transaction."""
    table = trace_table(day)
    db.execute(f"CREATE TABLE IF NOT EXISTS {table} ({packed.COLUMNS}) STRICT")
    packed.append(db, table, LOOKUP_BYTES, found)


def traced(db: sqlite3.Connection, hashes: Iterable[bytes]) -> list[int]:
    """Return the conversions that any of these hashes leads to, the oldest first."""
    asked = set(hashes)
    with translated():
        return sorted({id_ for table in trace_tables(db) for id_ in packed.search(db, table, *asked)})


def forget_traces(db: sqlite3.Connection, ids: Iterable[int], *, since_day: int = 0) -> Iterator[None]:
    """Remove every hash that leads to one of these conversions, piece by piece; call inside transactions."""
    gone = set(ids)
    for table in trace_tables(db):
        if gone and day_of_table(table) >= since_day:
            yield from packed.remove(db, table, LOOKUP_BYTES, gone)
