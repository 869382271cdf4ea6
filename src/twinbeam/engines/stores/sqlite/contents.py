"""
What delivered events name of products, read from the batches that TikTok accepted, in the order of their numbers.

Nothing is written while events are recorded or sent. A place is a batch and how many of its conversions are counted:
a batch has at most 1,000.
"""

from collections.abc import Sequence

from msgspec import MsgspecError

from twinbeam.core.clock import day_of
from twinbeam.core.errors import StorageDamaged
from twinbeam.core.lifecycle import State
from twinbeam.engines.stores.sqlite.connection import StoreConnection
from twinbeam.engines.stores.sqlite.packed_rows import unpack_ids
from twinbeam.engines.stores.sqlite.payloads import Payloads
from twinbeam.pipeline.record.conversion import Copy
from twinbeam.pipeline.record.merge import by_authority
from twinbeam.products.matching import Named, NamedContents, contents_of

_BITS = 10
_WITHIN = (1 << _BITS) - 1
_FIRST_BATCHES = 2_000  #: of before, that are counted when counting begins
_MOST_BEHIND = 2_000  #: batches; of what is delivered faster than it is counted, a part is left out
_BATCHES = 50  #: looked at at once
_NEXT = (
    "SELECT batch.id, batch.state, batch.ids, lane.workspace, lane.enriches, lane.test_code FROM batch "
    "JOIN lane ON lane.id = batch.lane WHERE batch.id >= ? AND batch.id < ? ORDER BY batch.id LIMIT ?"
)
_END = "SELECT min(coalesce((SELECT min(id) FROM batch WHERE state='leased'), ?), ?)"
_ROWS = "SELECT id, received, workspace, pixel, event FROM conversion WHERE id IN ({})"


class DeliveredContents:
    """Reads on from a place; call on the store's own thread."""

    def __init__(self, connection: StoreConnection) -> None:
        self._connection = connection
        self._db = connection.db
        self._payloads = Payloads(connection)

    def begin(self, place: int | None) -> int:
        """Return where to go on: at the place that was reached, unless that lies too far back."""
        newest = int(self._db.execute("SELECT coalesce(max(id), 0) FROM batch").fetchone()[0])
        if place is None:
            return max(0, newest - _FIRST_BATCHES) << _BITS
        return max(place, (newest - _MOST_BEHIND) << _BITS)

    def read(self, place: int, workspaces: set[str], *, limit: int) -> tuple[list[NamedContents], int]:
        """Return what the next conversions name, at most so many, and the place that is reached."""
        batch, done = place >> _BITS, place & _WITHIN
        newest = int(self._db.execute("SELECT coalesce(max(id), 0) FROM batch").fetchone()[0])
        end = int(self._db.execute(_END, (newest + 1, newest + 1)).fetchone()[0])
        rows = self._db.execute(_NEXT, (batch, end, _BATCHES)).fetchall()
        for id_, state, packed, workspace, enriches, test_code in rows:
            skipped = done if id_ == batch else 0
            counts = state == State.DELIVERED and not enriches and not test_code and workspace in workspaces
            ids = list(unpack_ids(packed))[skipped:] if counts else []
            if ids:
                some = ids[:limit]
                is_last = len(some) == len(ids)
                return self._named(some), (id_ + 1) << _BITS if is_last else id_ << _BITS | (skipped + len(some))
        reached = rows[-1][0] + 1 if len(rows) == _BATCHES else max(end, batch)
        return [], reached << _BITS if reached > batch else place

    def _named(self, ids: Sequence[int]) -> list[NamedContents]:
        copies = self._payloads.copies_of(ids)
        rows = {row[0]: row for row in self._connection.select_in(_ROWS, ids)}
        return [
            NamedContents((day_of(received), workspace, pixel), event, _ids_in(copies[id_]))
            for id_, received, workspace, pixel, event in rows.values()
            if copies.get(id_)
        ]


def _ids_in(copies: Sequence[Copy]) -> frozenset[Named]:
    """Return the products that a conversion names, by the first copy that names any."""
    for copy in by_authority(copies):
        try:
            if found := contents_of(copy.body):
                return found
        except (MsgspecError, StorageDamaged):
            continue
    return frozenset()
