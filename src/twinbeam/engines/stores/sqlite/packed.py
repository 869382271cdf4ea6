"""
Many keys of one length, each with the id it leads to, in one row: appended at once, searched from end to end.

Such a table has the columns n, hashes and ids.
"""

import sqlite3
from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

T = TypeVar("T")

Entry = tuple[bytes, int]
"""(key, id)"""

#: Looked for in one pass; SQLite takes no expression deeper than 1,000.
_AT_ONCE = 100

COLUMNS = "n INTEGER PRIMARY KEY, hashes BLOB NOT NULL, ids BLOB NOT NULL"


def append(db: sqlite3.Connection, table: str, width: int, entries: Sequence[Entry], *, n: int | None = None) -> None:
    """Add a row of entries; raises ValueError for a key of another length, which would shift its neighbours."""
    keys, ids = [key for key, _ in entries], array("q", [id_ for _, id_ in entries])
    if set(map(len, keys)) - {width}:
        raise ValueError(f"a key for {table} is not {width} bytes long")
    db.execute(f"INSERT INTO {table} VALUES (?,?,?)", (n, b"".join(keys), ids.tobytes()))  # noqa: S608 -- our own name


def entries_of(db: sqlite3.Connection, table: str, width: int) -> Iterator[Entry]:
    """Give all entries of a table, the oldest first."""
    for hashes, packed in db.execute(f"SELECT hashes, ids FROM {table} ORDER BY n"):  # noqa: S608 -- our own name
        yield from taken_apart(hashes, packed, width)


def search(db: sqlite3.Connection, table: str, *keys: bytes) -> Iterator[int]:
    """Give the ids that any of some keys leads to, in one pass over the rows."""
    return (id_ for _, id_ in find(db, table, *keys))


def find(db: sqlite3.Connection, table: str, *keys: bytes) -> Iterator[Entry]:
    """Give the entries of some keys, in one pass over the rows."""
    for some in _chunks(keys):
        any_of = " OR ".join(["instr(hashes, ?)"] * len(some))
        rows = db.execute(f"SELECT hashes, ids FROM {table} WHERE {any_of}", some)  # noqa: S608 -- our own name
        for hashes, packed in rows:
            ids = _unpacked(packed)
            yield from ((key, ids[place]) for key in some for place in _places(hashes, key))


def leading_to(db: sqlite3.Connection, table: str, width: int, ids: Iterable[int]) -> Iterator[Entry]:
    """Give the entries that lead to some ids, in one pass over the rows."""
    for some in _chunks(ids):
        wanted = set(some)
        for _, entries in _rows_of(db, table, width, some):
            yield from (entry for entry in entries if entry[1] in wanted)


def remove(db: sqlite3.Connection, table: str, width: int, gone: Iterable[int]) -> None:
    """Take out all entries that lead to some ids; call inside a transaction."""
    for some in _chunks(gone):
        leaving = set(some)
        for n, entries in list(_rows_of(db, table, width, some)):
            rewrite(db, table, n, [entry for entry in entries if entry[1] not in leaving])


def rewrite(db: sqlite3.Connection, table: str, n: int, entries: Sequence[Entry]) -> None:
    """Let a row hold these entries only; one that holds none stays, so that numbers go on; call in a transaction."""
    hashes, ids = b"".join(key for key, _ in entries), array("q", [id_ for _, id_ in entries]).tobytes()
    db.execute(f"UPDATE {table} SET hashes=?, ids=? WHERE n=?", (hashes, ids, n))  # noqa: S608 -- our own name


def _rows_of(db: sqlite3.Connection, table: str, width: int, ids: Sequence[int]) -> Iterator[tuple[int, list[Entry]]]:
    """Give the rows that may lead to some ids, taken apart."""
    any_of = " OR ".join(["instr(ids, ?)"] * len(ids))
    marks = [array("q", [id_]).tobytes() for id_ in ids]
    for n, hashes, packed in db.execute(f"SELECT n, hashes, ids FROM {table} WHERE {any_of}", marks):  # noqa: S608 -- our own name
        yield n, taken_apart(hashes, packed, width)


def taken_apart(hashes: bytes, packed: bytes, width: int) -> list[Entry]:
    """Give the entries of one row."""
    keys = (hashes[at : at + width] for at in range(0, len(hashes), width))
    return list(zip(keys, _unpacked(packed), strict=True))


def _chunks(values: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(values)
    while some := list(islice(rest, _AT_ONCE)):
        yield some


def _places(hashes: bytes, key: bytes) -> Iterator[int]:
    """Tell where a key stands in a row; a match across the border of two keys is none."""
    at = hashes.find(key)
    while at >= 0:
        if at % len(key) == 0:
            yield at // len(key)
        at = hashes.find(key, at + 1)


def _unpacked(packed: bytes) -> "array[int]":
    ids = array("q")
    ids.frombytes(packed)
    return ids
