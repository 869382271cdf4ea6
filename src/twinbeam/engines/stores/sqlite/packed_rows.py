"""
Many keys of one length, each with the id it leads to, in one row: appended at once, searched from end to end.

Such a table has the columns n, hashes and ids. Rows under negative numbers are sorted (lookup_index.py): they are
found by those, and not searched from end to end.
"""

import sqlite3
from array import array
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from struct import iter_unpack

Entry = tuple[bytes, int]
"""(key, id)"""

#: So few keys SQLite finds sooner than we take every row apart: 22 ms each among 500,000, against 50 ms for any number.
_FEW = 2
_ROWS_AT_ONCE = 20  #: each of up to a transaction's entries: some milliseconds

COLUMNS = "n INTEGER PRIMARY KEY, hashes BLOB NOT NULL, ids BLOB NOT NULL"


def append(db: sqlite3.Connection, table: str, width: int, entries: Sequence[Entry], *, n: int | None = None) -> None:
    """Add a row of entries; raises ValueError for a key of another length, which would shift its neighbours."""
    keys, ids = [key for key, _ in entries], pack_ids(id_ for _, id_ in entries)
    if set(map(len, keys)) - {width}:
        raise ValueError(f"a key for {table} is not {width} bytes long")
    db.execute(f"INSERT INTO {table} VALUES (?,?,?)", (n, b"".join(keys), ids))  # noqa: S608 -- our own name


def entries_of(db: sqlite3.Connection, table: str, width: int) -> Iterator[Entry]:
    """Yield all entries of a table, the oldest first."""
    for hashes, packed in db.execute(f"SELECT hashes, ids FROM {table} ORDER BY n"):  # noqa: S608 -- our own name
        yield from unpack_entries(hashes, packed, width)


def search(db: sqlite3.Connection, table: str, *keys: bytes) -> Iterator[int]:
    """Yield the ids that any of some keys of one length leads to, in one pass over the rows, however many keys."""
    asked = frozenset(keys)
    if asked:
        width = len(keys[0])
        rows = _rows_with_few if len(asked) <= _FEW else _rows_with_any
        for hashes, packed in rows(db, table, asked):
            yield from (id_ for key, id_ in unpack_entries(hashes, packed, width) if key in asked)


def latest(db: sqlite3.Connection, table: str, keys: Sequence[bytes]) -> dict[bytes, int]:
    """Return the ids that some keys of one length lead to, of several entries for one key the last."""
    asked = frozenset(keys)
    if not asked:
        return {}
    rows = _rows_with_few if len(asked) <= _FEW else _rows_with_any
    found = (entry for hashes, ids in rows(db, table, asked) for entry in unpack_entries(hashes, ids, len(keys[0])))
    return {key: id_ for key, id_ in found if key in asked}


def _rows_with_few(db: sqlite3.Connection, table: str, keys: AbstractSet[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Yield the rows with one of these keys, and those where one only lies across the border of two others."""
    any_of = " OR ".join(["instr(hashes, ?)"] * len(keys))
    yield from db.execute(f"SELECT hashes, ids FROM {table} WHERE ({any_of}) AND n >= 0 ORDER BY n", tuple(keys))  # noqa: S608 -- our own name


def _rows_with_any(db: sqlite3.Connection, table: str, keys: AbstractSet[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Return the rows with one of these keys; what one row costs does not depend on how many they are."""
    asked, shape = {(key,) for key in keys}, f"{len(next(iter(keys)))}s"
    rows: Iterable[tuple[bytes, bytes]] = db.execute(f"SELECT hashes, ids FROM {table} WHERE n >= 0 ORDER BY n")  # noqa: S608 -- our own name
    return (row for row in rows if not asked.isdisjoint(iter_unpack(shape, row[0])))


def remove(db: sqlite3.Connection, table: str, width: int, gone: AbstractSet[int]) -> Iterator[None]:
    """Take out all entries that lead to some ids, a few rows at a time; call inside transactions."""
    some = f"SELECT n, ids FROM {table} WHERE n > ? ORDER BY n LIMIT ?"  # noqa: S608 -- our own name
    place = -(2**62)
    while rows := db.execute(some, (place, _ROWS_AT_ONCE)).fetchall():
        place = rows[-1][0]
        for n, ids in rows:
            if not gone.isdisjoint(unpack_ids(ids)):
                (hashes,) = db.execute(f"SELECT hashes FROM {table} WHERE n=?", (n,)).fetchone()  # noqa: S608 -- likewise
                rewrite(db, table, n, [entry for entry in unpack_entries(hashes, ids, width) if entry[1] not in gone])
        yield


def rewrite(db: sqlite3.Connection, table: str, n: int, entries: Sequence[Entry]) -> None:
    """Let a row hold these entries only; one that holds none stays, so that numbers go on; call in a transaction."""
    hashes, ids = b"".join(key for key, _ in entries), pack_ids(id_ for _, id_ in entries)
    db.execute(f"UPDATE {table} SET hashes=?, ids=? WHERE n=?", (hashes, ids, n))  # noqa: S608 -- our own name


def unpack_entries(hashes: bytes, packed: bytes, width: int) -> list[Entry]:
    """Return the entries of one row."""
    keys = (hashes[at : at + width] for at in range(0, len(hashes), width))
    return list(zip(keys, unpack_ids(packed), strict=True))


def pack_ids(ids: Iterable[int]) -> bytes:
    """Pack ids, eight bytes each."""
    return array("q", ids).tobytes()


def unpack_ids(packed: bytes) -> "array[int]":
    """Return packed ids."""
    ids = array("q")
    ids.frombytes(packed)
    return ids
