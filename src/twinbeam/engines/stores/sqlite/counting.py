"""Counters: changed only in the transaction that changes what they count."""

import json
import sqlite3
from collections.abc import Iterable, Sequence

from twinbeam.core.pixel_counts import PixelCount, parted
from twinbeam.pipeline.record.counted import CountedNames, counted_regions
from twinbeam.pipeline.record.coverage import COLUMNS, Coverage

_ADD = (
    "INSERT INTO counter VALUES (?,?,?,?,?,?,?) "
    "ON CONFLICT (day, workspace, pixel, event, outcome, reason) DO UPDATE SET n = n + excluded.n"
)


_COVER = (
    f"INSERT INTO coverage (day, workspace, pixel, event, {', '.join(COLUMNS)}) "  # noqa: S608 -- constants only
    f"VALUES (?,?,?,?,{','.join('?' * len(COLUMNS))}) "
    f"ON CONFLICT DO UPDATE SET {', '.join(f'{name} = {name} + excluded.{name}' for name in COLUMNS)}"
)
_BESIDE = (
    "INSERT INTO pixel_count VALUES (?,?,?,?,?,?,?) "
    "ON CONFLICT (day, workspace, pixel, kind, event, name) DO UPDATE SET n = n + excluded.n"
)
_CARRIED = (
    "SELECT received / 86400000, workspace, pixel, event, match, conditions, channels, count(*) FROM conversion "
    "WHERE test_code = '' AND id IN (SELECT value FROM json_each(?)) GROUP BY 1, 2, 3, 4, 5, 6, 7"
)
#: The region is the second part of a name.
_REGIONS = "SELECT DISTINCT name FROM pixel_count WHERE day=? AND workspace=? AND pixel=? AND kind='consent'"

_NAMES = "SELECT DISTINCT event FROM counter WHERE day=? AND workspace=? AND pixel=? AND outcome='recorded'"

Change = tuple[int, str, str, str, str, str, int]
"""(day, workspace, pixel, event, outcome, reason, n)"""


def counted_names(db: sqlite3.Connection) -> CountedNames:
    """Return the names under which events are counted, as the counters are now; for one transaction."""

    def known(day: int, workspace: str, pixel: str) -> list[str]:
        return [name for (name,) in db.execute(_NAMES, (day, workspace, pixel))]

    return CountedNames(known)


def regions_counted(db: sqlite3.Connection) -> CountedNames:
    """Return the names under which regions are counted, likewise."""

    def known(day: int, workspace: str, pixel: str) -> list[str]:
        return [parted(name)[1] for (name,) in db.execute(_REGIONS, (day, workspace, pixel))]

    return counted_regions(known)


def add_counts(db: sqlite3.Connection, changes: Iterable[Change]) -> None:
    """Add what a fold has counted; call inside its transaction."""
    db.executemany(_ADD, changes)


def move_counts(db: sqlite3.Connection, moves: Iterable[Change]) -> None:
    """Count what changes its state after it was recorded, under the name it has there; call inside a transaction."""
    names = counted_names(db)
    add_counts(db, [(*(place := move[:3]), names.of(*place, move[3]), *move[4:]) for move in moves])


def add_coverage(db: sqlite3.Connection, changes: Coverage) -> None:
    """Add to what is counted of places; call inside the transaction that changes the rows."""
    db.executemany(_COVER, [(*key, *row) for key, row in changes])
    add_pixel_counts(db, changes.beside)


def add_pixel_counts(db: sqlite3.Connection, changes: Iterable[PixelCount]) -> None:
    """Add to what is counted beside states and sides; call inside the transaction that changes the rows."""
    rows = [(it.day, it.workspace, it.pixel, it.kind, it.event, it.name, it.n) for it in changes]
    db.executemany(_BESIDE, rows)


def cover_delivered(db: sqlite3.Connection, ids: Sequence[int], n: int) -> None:
    """Count conversions into (n=1) or out of (n=-1) what TikTok accepted; call inside a transaction."""
    coverage = Coverage(counted_names(db))
    for *key, match, conditions, channels, count in db.execute(_CARRIED, (json.dumps(ids),)):
        coverage.carried((key[0], key[1], key[2], key[3]), match, conditions, channels, n * count)
    add_coverage(db, coverage)
