"""Counters: changed only in the transaction that changes what they count."""

import sqlite3
from collections.abc import Iterable

from twinbeam.pipeline.record.counted import CountedNames

_ADD = (
    "INSERT INTO counter VALUES (?,?,?,?,?,?,?) "
    "ON CONFLICT (day, workspace, pixel, event, outcome, reason) DO UPDATE SET n = n + excluded.n"
)


_NAMES = "SELECT DISTINCT event FROM counter WHERE day=? AND workspace=? AND pixel=? AND outcome='recorded'"

Change = tuple[int, str, str, str, str, str, int]
"""(day, workspace, pixel, event, outcome, reason, n)"""


def counted_names(db: sqlite3.Connection) -> CountedNames:
    """Return the names under which events are counted, as the counters are now; for one transaction."""

    def known(day: int, workspace: str, pixel: str) -> list[str]:
        return [name for (name,) in db.execute(_NAMES, (day, workspace, pixel))]

    return CountedNames(known)


def add_counts(db: sqlite3.Connection, changes: Iterable[Change]) -> None:
    """Add what a fold has counted; call inside its transaction."""
    db.executemany(_ADD, changes)


def move_counts(db: sqlite3.Connection, moves: Iterable[Change]) -> None:
    """Count what changes its state after it was recorded, under the name it has there; call inside a transaction."""
    names = counted_names(db)
    add_counts(db, [(*(place := move[:3]), names.of(*place, move[3]), *move[4:]) for move in moves])
