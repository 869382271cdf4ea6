"""What delivered events carried and how long they took, for the job that counts it, and where that goes on."""

from collections.abc import Iterable

from twinbeam.admin.delivered_counts import Delivered
from twinbeam.core.clock import day_of
from twinbeam.core.pixel_counts import PixelCount
from twinbeam.engines.stores.sqlite.connection import StoreConnection
from twinbeam.engines.stores.sqlite.counting import add_pixel_counts, counted_names
from twinbeam.engines.stores.sqlite.delivered import DeliveredBatches
from twinbeam.engines.stores.sqlite.payloads import Payloads

_COUNTS = "parameters"
_CURSOR = "SELECT place FROM counted_batch WHERE counts = ?"
_MOVE = "INSERT OR REPLACE INTO counted_batch VALUES (?, ?)"
_ROWS = (
    "SELECT id, received, workspace, pixel, event, settled_at, minor, order_id FROM conversion "
    "WHERE state = 'delivered' AND id IN ({})"
)
#: One day at a time: what is older than all that is kept goes a little with each run.
_OLDEST = "SELECT min(day) FROM pixel_count"
_FORGET = "DELETE FROM pixel_count WHERE day = ? AND day < ?"


class DeliveredCounts:
    """See admin.delivered_counts.DeliveredReads for the promises."""

    def __init__(self, connection: StoreConnection) -> None:
        self._connection = connection
        self._batches = DeliveredBatches(connection)
        self._payloads = Payloads(connection)

    def begin(self) -> int:
        """Return where to go on."""
        row = self._connection.db.execute(_CURSOR, (_COUNTS,)).fetchone()
        return self._batches.begin(row[0] if row else None)

    def read(self, place: int, *, limit: int) -> tuple[list[Delivered], int]:
        """Return the next conversions that TikTok accepted, and the place that is reached."""
        ids, reached = self._batches.next_ids(place, limit=limit)
        copies = self._payloads.copies_of(ids)
        rows = {row[0]: row for row in self._connection.select_in(_ROWS, ids)}
        found = [
            Delivered(
                (day_of(received), workspace, pixel, event),
                max(0, (settled or received) - received),
                [copy.body for copy in copies.get(id_, [])],
                has_value=minor is not None,
                has_order=bool(order_id),
            )
            for id_, received, workspace, pixel, event, settled, minor, order_id in rows.values()
        ]
        return found, reached

    def keep(self, counts: Iterable[PixelCount], place: int, *, forget_before: int) -> None:
        """Add counts up and move on, in one transaction; what is older than a day goes."""
        with self._connection.transaction():
            db = self._connection.db
            names = counted_names(db)
            add_pixel_counts(db, (_named(it, names.of(it.day, it.workspace, it.pixel, it.event)) for it in counts))
            db.execute(_MOVE, (_COUNTS, place))
            (oldest,) = db.execute(_OLDEST).fetchone()
            db.execute(_FORGET, (oldest, forget_before))


def _named(count: PixelCount, event: str) -> PixelCount:
    return PixelCount(count.day, count.workspace, count.pixel, count.kind, event, count.name, count.n)
