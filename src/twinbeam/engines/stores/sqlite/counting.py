"""Counters: changed only in the transaction that changes what they count."""

import sqlite3
from collections.abc import Iterable

_ADD = (
    "INSERT INTO counter VALUES (?,?,?,?,?,?,?) "
    "ON CONFLICT (day, workspace, pixel, event, outcome, reason) DO UPDATE SET n = n + excluded.n"
)


def add_counts(db: sqlite3.Connection, changes: Iterable[tuple[int, str, str, str, str, str, int]]) -> None:
    """Add (day, workspace, pixel, event, outcome, reason, n) rows; call inside a transaction."""
    db.executemany(_ADD, changes)
