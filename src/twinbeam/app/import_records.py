"""Records of a file: its rows by our names, and the lines of one order together."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b
from typing import Any, NamedTuple

from twinbeam.app.row_files import FileRow
from twinbeam.sources.flat_orders import LINE

Row = dict[str, Any]

MOST_LINES = 10_000  #: of one order
_LINE = frozenset(LINE)


class Record(NamedTuple):
    """An order with its lines, or an event; one that cannot be read has no rows and says why."""

    line: int  #: of the file
    rows: list[Row]
    trouble: str = ""


def each_alone(rows: Iterable[FileRow]) -> Iterator[Record]:
    """Yield a record for each row."""
    for it in rows:
        yield Record(it.line, [] if it.trouble else [dict(it.row)], it.trouble)


def orders_in(rows: Iterable[FileRow], mapping: Mapping[str, str]) -> Iterator[Record]:
    """
    Yield a record for each order: rows with one number that follow each other are its lines.

    So is a row without a number that tells nothing else of the order, as in Shopify's exports.
    """
    record = Record(0, [])
    for it in rows:
        named = {field: value for field, column in mapping.items() if (value := it.row.get(column)) not in (None, "")}
        if record.rows and not it.trouble and _is_line_of(record.rows[0], named):
            if len(record.rows) == MOST_LINES:
                record = Record(record.line, record.rows, f"has more than {MOST_LINES:,} lines")
            else:
                record.rows.append(named)
            continue
        if record.line:
            yield record
        record = Record(it.line, [] if it.trouble else [named], it.trouble)
    if record.line:
        yield record


def _is_line_of(order: Row, row: Row) -> bool:
    number = row.get("order_id")
    if number is not None:
        return bool(number == order.get("order_id"))
    told = row.keys() - _LINE
    return "order_id" in order and told < row.keys() and all(row[name] == order.get(name) for name in told)


class Numbers:
    """Which numbers came before: in a file that is gone when it is closed, so that they cost no memory."""

    def __init__(self) -> None:
        self._seen = sqlite3.connect("", isolation_level=None)
        self._seen.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-16000")
        self._seen.execute("CREATE TABLE seen (number INTEGER PRIMARY KEY)")
        self._seen.execute("BEGIN")

    def repeats(self, number: str) -> bool:
        """Return whether a number came before, and note it."""
        digest = int.from_bytes(blake2b(number.encode(), digest_size=8).digest(), "big", signed=True)
        return self._seen.execute("INSERT OR IGNORE INTO seen VALUES (?)", (digest,)).rowcount == 0

    def close(self) -> None:
        """Forget them."""
        self._seen.close()
