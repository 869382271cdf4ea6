"""
What TikTok accepted, in the order of its batches, for jobs that look at it afterwards, a little at a time.

Nothing is written while events are recorded or sent. A place is a batch and how many of its conversions are looked at:
a batch has at most 1,000.
"""

from collections.abc import Container

from twinbeam.core.lifecycle import State
from twinbeam.engines.stores.sqlite.connection import StoreConnection
from twinbeam.engines.stores.sqlite.packed_rows import unpack_ids

_BITS = 10
_WITHIN = (1 << _BITS) - 1
_FIRST_BATCHES = 2_000  #: of before, that are looked at when that begins
_MOST_BEHIND = 2_000  #: batches; of what is delivered faster than it is looked at, a part is left out
_BATCHES = 50  #: at once
_NEXT = (
    "SELECT batch.id, batch.state, batch.ids, lane.workspace, lane.enriches, lane.test_code FROM batch "
    "JOIN lane ON lane.id = batch.lane WHERE batch.id >= ? AND batch.id < ? ORDER BY batch.id LIMIT ?"
)
_END = "SELECT min(coalesce((SELECT min(id) FROM batch WHERE state='leased'), ?), ?)"


class DeliveredBatches:
    """Goes on from a place; call on the store's own thread. Tests and enrichments are passed over."""

    def __init__(self, connection: StoreConnection) -> None:
        self._db = connection.db

    def begin(self, place: int | None) -> int:
        """Return where to go on: at the place that was reached, unless that lies too far back."""
        newest = int(self._db.execute("SELECT coalesce(max(id), 0) FROM batch").fetchone()[0])
        if place is None:
            return max(0, newest - _FIRST_BATCHES) << _BITS
        return max(place, (newest - _MOST_BEHIND) << _BITS)

    def next_ids(self, place: int, *, limit: int, workspaces: Container[str] | None = None) -> tuple[list[int], int]:
        """Return the next conversions, at most so many, and the place that is reached."""
        batch, done = place >> _BITS, place & _WITHIN
        newest = int(self._db.execute("SELECT coalesce(max(id), 0) FROM batch").fetchone()[0])
        end = int(self._db.execute(_END, (newest + 1, newest + 1)).fetchone()[0])
        rows = self._db.execute(_NEXT, (batch, end, _BATCHES)).fetchall()
        for id_, state, packed, workspace, enriches, test_code in rows:
            skipped = done if id_ == batch else 0
            is_meant = workspaces is None or workspace in workspaces
            counts = state == State.DELIVERED and not enriches and not test_code and is_meant
            ids = list(unpack_ids(packed))[skipped:] if counts else []
            if ids:
                some = ids[:limit]
                is_last = len(some) == len(ids)
                return some, (id_ + 1) << _BITS if is_last else id_ << _BITS | (skipped + len(some))
        reached = rows[-1][0] + 1 if len(rows) == _BATCHES else max(end, batch)
        return [], reached << _BITS if reached > batch else place
