"""What is due in a lane, found by the schedule and its indexes, however much waits."""

import sqlite3
from collections.abc import Sequence

from twinbeam.core.delivery import Lane
from twinbeam.pipeline.send.order import Stretch

_BY_DUE = "SELECT due, id FROM ready WHERE lane=? AND due>? AND due<=? ORDER BY due, id LIMIT ?"
# Those of the pixel's other lanes, and those that are not due, are stepped over.
_BY_FIRST_ATTEMPT = (
    "SELECT ready.due, ready.id FROM conversion INDEXED BY conversion_tried "
    "CROSS JOIN ready ON ready.lane=? AND ready.due=conversion.due AND ready.id=conversion.id "
    "WHERE conversion.state='waiting' AND conversion.workspace=? AND conversion.pixel=? AND ready.due<=?{} "
    "ORDER BY conversion.maybe_at, conversion.id LIMIT ?"
)
_TRIED = _BY_FIRST_ATTEMPT.format("")
_TRIED_BY = _BY_FIRST_ATTEMPT.format(" AND conversion.maybe_at<=?")


def due_of(
    db: sqlite3.Connection, lane: Lane, stretches: Sequence[Stretch], limit: int, now_ms: int
) -> list[tuple[int, int]]:
    """Return the next entries of a lane's schedule, stretch by stretch: when they were due, and the ids."""
    found: dict[int, int] = {}
    for stretch in stretches:
        for due, id_ in _within(db, lane, stretch, limit, now_ms):
            found.setdefault(id_, due)
        if len(found) >= limit:
            break
    return [(due, id_) for id_, due in found.items()][:limit]


def _within(db: sqlite3.Connection, lane: Lane, stretch: Stretch, limit: int, now_ms: int) -> list[tuple[int, int]]:
    if stretch.tried:
        place = (lane.id, lane.workspace, lane.source_id, now_ms)
        if stretch.tried_until_ms is None:
            return db.execute(_TRIED, (*place, limit)).fetchall()
        return db.execute(_TRIED_BY, (*place, stretch.tried_until_ms, limit)).fetchall()
    after = -1 if stretch.after_ms is None else stretch.after_ms
    until = now_ms if stretch.until_ms is None else min(now_ms, stretch.until_ms)
    return db.execute(_BY_DUE, (lane.id, after, until, limit)).fetchall()
