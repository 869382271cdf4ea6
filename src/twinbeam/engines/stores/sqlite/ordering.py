"""The ledger of orders as a part of the transaction that records their deliveries."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from twinbeam.core.values import Signal
from twinbeam.engines.stores.sqlite.connection import StoreConnection
from twinbeam.orders.ledger import Ledgered, OrderPlace, place_of, places_in, staged, taken
from twinbeam.pipeline.record.fold import Fold

if TYPE_CHECKING:
    from twinbeam.engines.stores.tables.orders import OrderTable
    from twinbeam.engines.stores.tables.person_requests import PersonRequestTable

Arrivals = list[tuple[Signal, bytes]]


class Ordering:
    """Merges what deliveries state of orders, and notes which conversions follow from them."""

    def __init__(self, connection: StoreConnection) -> None:
        self._connection = connection

    @cached_property
    def table(self) -> "OrderTable":
        """The table; SQLAlchemy is loaded only once an order is told of."""
        from twinbeam.engines.stores.tables.orders import OrderTable  # noqa: PLC0415

        return OrderTable(self._connection.tables)

    def hear(self, arrivals: Arrivals) -> None:
        """Keep what shop systems pass on of persons' rights."""
        asked = [signal for signal, _ in arrivals if signal.request is not None]
        if asked:
            self._requests.add(asked)

    @cached_property
    def _requests(self) -> "PersonRequestTable":
        from twinbeam.engines.stores.tables.person_requests import PersonRequestTable  # noqa: PLC0415

        return PersonRequestTable(self._connection.tables, self._connection.ring)

    def take(self, arrivals: Arrivals) -> tuple[Arrivals, Ledgered | None]:
        """Return arrivals with the stages of their whole orders, and what becomes of the ledger."""
        signals = [signal for signal, _ in arrivals]
        places = places_in(signals)
        if not places:
            return arrivals, None
        ledgered = taken(self.table.load(places), signals)
        known = [arrival for _, arrival in arrivals]
        return list(zip(staged(ledgered, signals), known, strict=True)), ledgered

    def write(self, ledgered: Ledgered | None, arrivals: Iterable[tuple[Signal, bytes]], fold: Fold) -> None:
        """Write what changed, and the conversions to which the events of these orders led."""
        if ledgered is None:
            return
        new = self.table.save([ledgered.rows[place] for place in sorted(ledgered.changed)])
        ids = {place: row.id if row.id is not None else new[place] for place, row in ledgered.rows.items()}
        self.table.link(_links(ids, [signal for signal, _ in arrivals], fold))


def _links(ids: dict[OrderPlace, int], signals: Sequence[Signal], fold: Fold) -> list[tuple[int, int]]:
    known = fold.read_set.conversions
    pairs = {
        (ids[place_of(signal)], known[signal.key].id)
        for signal in signals
        if signal.of_order and signal.key in known and place_of(signal) in ids
    }
    return sorted(pairs)
