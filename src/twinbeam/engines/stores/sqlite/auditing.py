"""Lines of the audit: who changed what. They are only ever added."""

import sqlite3
from collections.abc import Iterable

from twinbeam.core.story import Change

_ADD = "INSERT INTO audit (at, who, what, before, after) VALUES (?,?,?,?,?)"


def add_changes(db: sqlite3.Connection, changes: Iterable[Change]) -> None:
    """Add lines; call inside the transaction that changes what they tell of."""
    db.executemany(_ADD, [(line.at_ms, line.who, line.what, line.before, line.after) for line in changes])
