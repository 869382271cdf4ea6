"""Where in the conversions a moment lies: their ids follow the time at which they were accepted."""

import sqlite3


def first_since(db: sqlite3.Connection, ms: int, highest: int) -> int:
    """Return the first id accepted since a time, by a search by halves; one behind the highest where there is none."""
    low, high = 0, highest + 1
    while low < high:
        middle = (low + high) // 2
        row = db.execute("SELECT id, received FROM conversion WHERE id >= ? ORDER BY id LIMIT 1", (middle,)).fetchone()
        if row is None or row[1] >= ms:
            high = middle
        else:
            low = row[0] + 1
    return low
