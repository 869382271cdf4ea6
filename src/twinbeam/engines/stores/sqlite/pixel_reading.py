"""
What is counted of one pixel on some UTC days. Reads only.

The keys of the tables begin with the day, then the pixel: each day is one leap, however many other pixels there are.
"""

import json
import sqlite3
from collections.abc import Sequence
from typing import Any

from twinbeam.core.pixel_counts import PixelCount
from twinbeam.core.story import Change, Count, Covered
from twinbeam.engines.sqlite_file import translated

Place = tuple[str, str]
"""(workspace, pixel)"""

_OF_DAYS = "FROM json_each(?) AS asked CROSS JOIN {0} ON {0}.day = asked.value AND workspace = ? AND pixel = ?"
_COUNTS = f"SELECT day, workspace, pixel, event, outcome, reason, n {_OF_DAYS.format('counter')}"
_COVERAGE = f"SELECT {', '.join(Covered.__struct_fields__)} {_OF_DAYS.format('coverage')}"
_HAPPENED = (
    "SELECT workspace, pixel, sum(n) FROM json_each(?) AS asked CROSS JOIN counter ON counter.day = asked.value "
    "WHERE outcome IN ('recorded', 'delivered', 'refused') GROUP BY 1, 2 HAVING sum(n) > 0"
)
_BESIDE = f"SELECT day, workspace, pixel, kind, event, name, n {_OF_DAYS.format('pixel_count')} AND kind = ?"
_MOST_LINES = 20_000  #: of the audit, among which those of a pixel are looked for
_CHANGES = (
    "SELECT at, who, what, before, after FROM audit WHERE id > (SELECT coalesce(max(id), 0) FROM audit) - ?1 "
    "AND (what = ?2 OR substr(what, 1, length(?3)) = ?3) ORDER BY id DESC LIMIT ?4"
)


class PixelReading:
    """See web.pixel.contract.PixelReads for the promises."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def happened(self, *, since_day: int, until_day: int) -> dict[Place, int]:
        """Return how many events were recorded and answered of each pixel of which any was."""
        with translated():
            rows = self._db.execute(_HAPPENED, (_days(since_day, until_day),))
            return {(workspace, pixel): n for workspace, pixel, n in rows}

    def counts(self, place: Place, *, since_day: int, until_day: int) -> list[Count]:
        """Return the counters of a pixel."""
        return [Count(*row) for row in self._of_days(_COUNTS, place, since_day, until_day)]

    def coverage(self, place: Place, *, since_day: int, until_day: int) -> list[Covered]:
        """Return by which sides the conversions of a pixel were seen."""
        return [Covered(*row) for row in self._of_days(_COVERAGE, place, since_day, until_day)]

    def changes(self, place: Place, *, limit: int) -> list[Change]:
        """Return the newest lines of the audit about a pixel, among so many lines."""
        about = f"pixel {place[0]}/{place[1]}"
        with translated():
            return [Change(*row) for row in self._db.execute(_CHANGES, (_MOST_LINES, about, f"{about} ", limit))]

    def beside(self, place: Place, kind: str, *, since_day: int, until_day: int) -> list[PixelCount]:
        """Return what is counted of a pixel beside states and sides, of one kind."""
        return [PixelCount(*row) for row in self._of_days(_BESIDE, (*place, kind), since_day, until_day)]

    def _of_days(self, sql: str, place: Sequence[str], since_day: int, until_day: int) -> Sequence[Any]:
        with translated():
            return self._db.execute(sql, (_days(since_day, until_day), *place)).fetchall()


def _days(since_day: int, until_day: int) -> str:
    return json.dumps(list(range(since_day, until_day + 1)))
