"""What delivered events name of products, read from the batches that TikTok accepted (delivered.py)."""

from collections.abc import Sequence

from msgspec import MsgspecError

from twinbeam.core.clock import day_of
from twinbeam.core.errors import StorageDamaged
from twinbeam.engines.stores.sqlite.connection import StoreConnection
from twinbeam.engines.stores.sqlite.delivered import DeliveredBatches
from twinbeam.engines.stores.sqlite.payloads import Payloads
from twinbeam.pipeline.record.conversion import Copy
from twinbeam.pipeline.record.merge import by_authority
from twinbeam.products.matching import Named, NamedContents, contents_of

_ROWS = "SELECT id, received, workspace, pixel, event FROM conversion WHERE id IN ({})"


class DeliveredContents:
    """Reads on from a place; call on the store's own thread."""

    def __init__(self, connection: StoreConnection) -> None:
        self._connection = connection
        self._batches = DeliveredBatches(connection)
        self._payloads = Payloads(connection)

    def begin(self, place: int | None) -> int:
        """Return where to go on: at the place that was reached, unless that lies too far back."""
        return self._batches.begin(place)

    def read(self, place: int, workspaces: set[str], *, limit: int) -> tuple[list[NamedContents], int]:
        """Return what the next conversions name, at most so many, and the place that is reached."""
        ids, reached = self._batches.next_ids(place, limit=limit, workspaces=workspaces)
        return self._named(ids), reached

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
