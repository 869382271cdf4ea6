"""Figures for alerts: how long conversions wait, what TikTok answered of late, and volumes. Reads only, and bounded."""

import sqlite3

from twinbeam.engines.sqlite_file import translated
from twinbeam.engines.stores.sqlite.moments import first_since

Place = tuple[str, str]
"""(workspace, pixel)"""

MOST_ANSWERED = 50_000  #: conversions that are looked at for a share
_LOOKED_AT = 50  #: conversions of a lane that are due first
_WAITING = (
    "SELECT workspace, source_id, (SELECT min(since) FROM (SELECT ready.id FROM ready WHERE ready.lane = lane.id "  # noqa: S608 -- our own number
    f"ORDER BY due LIMIT {_LOOKED_AT}) AS first JOIN conversion ON conversion.id = first.id) "
    "FROM lane WHERE test_code = '' AND enriches = 0"
)
_DAY_KEY = "SELECT day, wrapped FROM day_key ORDER BY day DESC LIMIT 1"
_ANSWERED = (
    "SELECT workspace, pixel, sum(state = 'delivered'), sum(state = 'refused') FROM conversion "
    "WHERE id >= ? AND test_code = '' AND state IN ('delivered', 'refused') GROUP BY workspace, pixel"
)
_VOLUMES = (
    "SELECT workspace, pixel, count(*) FROM conversion WHERE id >= ? AND id < ? "
    "AND state <> 'dropped' AND united = 0 AND test_code = '' GROUP BY workspace, pixel"
)


class AlertFigures:
    """On a connection that others own."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def waiting_since(self) -> dict[Place, int]:
        """Return since when the oldest conversion of each pixel waits, among those due first."""
        with translated():
            rows = self._db.execute(_WAITING).fetchall()
        found: dict[Place, int] = {}
        for workspace, pixel, since in rows:
            if since is not None:
                place = (workspace, pixel)
                found[place] = min(since, found.get(place, since))
        return found

    def newest_day_key(self) -> tuple[int, bytes] | None:
        """Return the newest day that has a key, and that key as the key ring sealed it."""
        with translated():
            row: tuple[int, bytes] | None = self._db.execute(_DAY_KEY).fetchone()
        return row

    def answered(self, since_ms: int, *, most: int = MOST_ANSWERED) -> dict[Place, tuple[int, int]]:
        """Return how many of the conversions accepted since a time TikTok accepted and refused, of the newest ones."""
        with translated():
            highest = self._highest()
            first = max(first_since(self._db, since_ms, highest), highest - most + 1)
            rows = self._db.execute(_ANSWERED, (first,)).fetchall()
        return {(workspace, pixel): (accepted, refused) for workspace, pixel, accepted, refused in rows}

    def ids_between(self, since_ms: int, until_ms: int) -> tuple[int, int]:
        """Return the first id of a span of time, and the first behind it."""
        with translated():
            highest = self._highest()
            return first_since(self._db, since_ms, highest), first_since(self._db, until_ms, highest)

    def volumes(self, first: int, behind: int) -> dict[Place, int]:
        """Count the conversions of some ids, without tests and tombstones."""
        with translated():
            rows = self._db.execute(_VOLUMES, (first, behind)).fetchall()
        return {(workspace, pixel): n for workspace, pixel, n in rows}

    def _highest(self) -> int:
        return int(self._db.execute("SELECT coalesce(max(id), 0) FROM conversion").fetchone()[0])
