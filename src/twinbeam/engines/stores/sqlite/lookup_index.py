"""
Look-ups: which conversions an order id, an e-mail address, a phone number or a customer id leads to.

Hashes are random, so an index of them costs a page for each of them at each commit. They are written as they come
instead, all those of a transaction in one row of their day. So many of these rows at a time are later sorted into
buckets by their first bits, a row each under a negative number: who asks reads one bucket of each such run, and only
what is not sorted yet from end to end.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence

from twinbeam.core.keys import LOOKUP_BYTES
from twinbeam.engines.sqlite_file import translated
from twinbeam.engines.stores.sqlite import packed_rows

BUCKETS = 512  #: of one run
RUN_ENTRIES = 50_000  #: sorted at once: some tens of milliseconds
_FEW_ENTRIES = 8_192  #: are put into one row, and are searched as quickly
_MOST_ROWS = 2_000  #: looked at for one run
_LEAST_ROWS = 64  #: of a day that is over: fewer are searched as quickly
_MERGED_BUCKETS = 32  #: of a day that is over, in one step
_BUCKET_SHIFT = 7  #: of the first two bytes

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
        return sorted({id_ for table in lookup_tables(db) for id_ in search(db, table, *asked)})


def search(db: sqlite3.Connection, table: str, *keys: bytes) -> Iterator[int]:
    """Yield the ids that any of some hashes leads to in a table, sorted or not."""
    yield from packed_rows.search(db, table, *keys)
    (lowest,) = db.execute(f"SELECT min(n) FROM {table}").fetchone()  # noqa: S608 -- our own name
    if lowest is None or lowest >= 0 or not keys:
        return
    asked: dict[int, list[bytes]] = {}
    for key in keys:
        asked.setdefault(bucket_of(key), []).append(key)
    places = json.dumps([_place(run, bucket) for run in range(_runs(lowest)) for bucket in asked])
    rows = f"SELECT n, hashes, ids FROM {table} WHERE n IN (SELECT value FROM json_each(?))"  # noqa: S608 -- likewise
    for n, hashes, packed in db.execute(rows, (places,)):
        for key in asked[(-1 - n) % BUCKETS]:
            if key in hashes:
                entries = packed_rows.unpack_entries(hashes, packed, LOOKUP_BYTES)
                yield from (id_ for found, id_ in entries if found == key)


def bucket_of(key: bytes) -> int:
    """Return the bucket of a hash."""
    return (key[0] << 8 | key[1]) >> _BUCKET_SHIFT


def sort_some(db: sqlite3.Connection, today: int) -> bool:
    """Sort one run of one day's look-ups, if there are so many; call inside a transaction. Tells whether it did."""
    tables = lookup_tables(db)
    over = [table for table in tables if day_of_table(table) < today]
    return any(_sort_run(db, table, is_over=table in over) for table in tables) or any(
        _merge_runs(db, table) for table in over
    )


def _merge_runs(db: sqlite3.Connection, table: str) -> bool:
    """Put some buckets of all runs of a day that is over into those of its first run; tells whether there were any."""
    newest = f"SELECT n FROM {table} WHERE n < ? ORDER BY n LIMIT ?"  # noqa: S608 -- our own name
    lowest = [n for (n,) in db.execute(newest, (_place(0, BUCKETS - 1), _MERGED_BUCKETS))]
    for bucket in sorted({(-1 - n) % BUCKETS for n in lowest}):
        places = json.dumps([_place(run, bucket) for run in range(_runs(lowest[0]))])
        of_bucket = "n IN (SELECT value FROM json_each(?))"
        rows = db.execute(f"SELECT hashes, ids FROM {table} WHERE {of_bucket}", (places,)).fetchall()  # noqa: S608 -- likewise
        db.execute(f"DELETE FROM {table} WHERE {of_bucket}", (places,))  # noqa: S608 -- likewise
        hashes, ids = (b"".join(row[place] for row in rows) for place in (0, 1))
        db.execute(f"INSERT INTO {table} VALUES (?,?,?)", (_place(0, bucket), hashes, ids))  # noqa: S608 -- likewise
    return bool(lowest)


def _sort_run(db: sqlite3.Connection, table: str, *, is_over: bool) -> bool:
    """Sort the oldest rows of a day into buckets, or put them into one row where they are few."""
    numbers, entries = [], 0
    sizes = f"SELECT n, length(ids) / 8 FROM {table} WHERE n >= 0 ORDER BY n LIMIT ?"  # noqa: S608 -- our own name
    for n, size in db.execute(sizes, (_MOST_ROWS,)):
        numbers.append(n)
        entries += size
        if entries >= RUN_ENTRIES:
            break
    enough = entries >= RUN_ENTRIES or len(numbers) == _MOST_ROWS or (is_over and len(numbers) >= _LEAST_ROWS)
    if not enough:
        return False
    rows = f"SELECT hashes, ids FROM {table} WHERE n BETWEEN 0 AND ?"  # noqa: S608 -- likewise
    parts = list(db.execute(rows, (numbers[-1],)))
    db.execute(f"DELETE FROM {table} WHERE n BETWEEN 0 AND ?", (numbers[-1],))  # noqa: S608 -- likewise
    if entries < _FEW_ENTRIES:
        hashes, ids = (b"".join(part[place] for part in parts) for place in (0, 1))
        db.execute(f"INSERT INTO {table} VALUES (?,?,?)", (numbers[0], hashes, ids))  # noqa: S608 -- likewise
        return True
    (lowest,) = db.execute(f"SELECT min(n) FROM {table}").fetchone()  # noqa: S608 -- likewise
    run = _runs(lowest) if lowest is not None and lowest < 0 else 0
    found = ((_place(run, bucket), *packed) for bucket, packed in _sorted(parts))
    db.executemany(f"INSERT INTO {table} VALUES (?,?,?)", found)  # noqa: S608 -- likewise
    return True


def _sorted(parts: Iterable[tuple[bytes, bytes]]) -> Iterator[tuple[int, tuple[bytes, bytes]]]:
    """Yield the entries of some rows by their buckets, packed."""
    buckets: dict[int, tuple[list[bytes], list[bytes]]] = {}
    for hashes, ids in parts:
        for at in range(0, len(hashes), LOOKUP_BYTES):
            bucket = (hashes[at] << 8 | hashes[at + 1]) >> _BUCKET_SHIFT
            found = buckets.get(bucket)
            if found is None:
                found = buckets[bucket] = ([], [])
            found[0].append(hashes[at : at + LOOKUP_BYTES])
            found[1].append(ids[at : at + LOOKUP_BYTES])  # an id takes eight bytes as well
    for bucket, (keys, packed) in buckets.items():
        yield bucket, (b"".join(keys), b"".join(packed))


def _place(run: int, bucket: int) -> int:
    """Return the number of a bucket's row: below zero, so that what comes later is told apart."""
    return -1 - run * BUCKETS - bucket


def _runs(lowest: int) -> int:
    """Return how many runs there are, by the lowest number of a row."""
    return (-lowest - 1) // BUCKETS + 1


def delete_lookups(db: sqlite3.Connection, ids: Iterable[int], *, since_day: int = 0) -> Iterator[None]:
    """Remove every hash that leads to one of these conversions, piece by piece; call inside transactions."""
    gone = set(ids)
    for table in lookup_tables(db):
        if gone and day_of_table(table) >= since_day:
            yield from packed_rows.remove(db, table, LOOKUP_BYTES, gone)
