"""The ledger of orders as a part of the transaction that records their deliveries."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import MsgspecError

from twinbeam.core.errors import StorageBusy, StorageError, StorageFull
from twinbeam.core.values import Signal
from twinbeam.engines.stores.sqlite.connection import StoreConnection
from twinbeam.orders.ledger import Ledgered, OrderPlace, OrderRow, ledger_place, places_in, staged, taken
from twinbeam.pipeline.record.fold import Fold

if TYPE_CHECKING:
    from twinbeam.engines.stores.tables.orders import OrderTable
    from twinbeam.engines.stores.tables.person_requests import PersonRequestTable


class Unwritable(Exception):  # noqa: N818 -- reads as the state it reports
    """What is kept about orders is damaged; it is no StorageError, since events go on without it."""


Arrivals = list[tuple[Signal, bytes]]


class Ordering:
    """Merges what deliveries state of orders, and notes which conversions follow from them."""

    def __init__(self, connection: StoreConnection) -> None:
        self._connection = connection
        self.is_missing = False  #: the ledger was damaged when events were last recorded that it tells of

    @cached_property
    def table(self) -> "OrderTable":
        """The table; SQLAlchemy is loaded only once an order is told of."""
        from twinbeam.engines.stores.tables.orders import OrderTable  # noqa: PLC0415

        return OrderTable(self._connection.tables)

    def hear(self, arrivals: Arrivals) -> None:
        """
        Keep what shop systems pass on of persons' rights.

        Raises Unwritable where the table is damaged: a request is set aside then, and not lost.
        """
        asked = [signal for signal, _ in arrivals if signal.request is not None]
        if asked:
            with self._apart():
                self._requests.add(asked)

    @cached_property
    def _requests(self) -> "PersonRequestTable":
        from twinbeam.engines.stores.tables.person_requests import PersonRequestTable  # noqa: PLC0415

        return PersonRequestTable(self._connection.tables, self._connection.ring)

    def take(self, arrivals: Arrivals) -> tuple[Arrivals, Ledgered | None]:
        """Return arrivals with the stages of their whole orders, and what becomes of the ledger."""
        self.is_missing = False
        signals = [signal for signal, _ in arrivals]
        places = places_in(signals)
        if not places:
            return arrivals, None
        known = self._loaded(places)
        ledgered = taken(known or {}, signals)
        numbers = [arrival for _, arrival in arrivals]
        return list(zip(staged(ledgered, signals), numbers, strict=True)), None if known is None else ledgered

    def _loaded(self, places: list[OrderPlace]) -> Mapping[OrderPlace, OrderRow] | None:
        """Return the rows, or None where they cannot be read: then events go by what their own delivery says."""
        try:
            return self.table.load(places)
        except (StorageBusy, StorageFull):
            raise
        except (StorageError, MsgspecError):
            self.is_missing = True
            return None

    def write(self, ledgered: Ledgered | None, arrivals: Iterable[tuple[Signal, bytes]], fold: Fold) -> None:
        """Write what changed, and the conversions to which the events of these orders led."""
        if ledgered is None:
            return
        try:
            self._write(ledgered, arrivals, fold)
        except Unwritable:
            self.is_missing = True

    def _write(self, ledgered: Ledgered, arrivals: Iterable[tuple[Signal, bytes]], fold: Fold) -> None:
        with self._apart():
            new = self.table.save([ledgered.rows[place] for place in sorted(ledgered.changed)])
            ids = {place: row.id if row.id is not None else new[place] for place, row in ledgered.rows.items()}
            self.table.link(_links(ids, [signal for signal, _ in arrivals], fold))

    @contextmanager
    def _apart(self) -> Iterator[None]:
        """Keep all of the ledger's part of a transaction or nothing: damage to it takes no event with it."""
        db = self._connection.db
        db.execute("SAVEPOINT ledger")
        try:
            yield
        except (StorageBusy, StorageFull):
            raise
        except StorageError as error:
            db.execute("ROLLBACK TO ledger")
            raise Unwritable from error
        finally:
            if db.in_transaction:
                db.execute("RELEASE ledger")


def _links(ids: dict[OrderPlace, int], signals: Sequence[Signal], fold: Fold) -> list[tuple[int, int]]:
    known = fold.read_set.conversions
    pairs = {
        (ids[place], known[signal.key].id)
        for signal in signals
        if (signal.of_order or signal.ledger_order) and signal.key in known and (place := ledger_place(signal)) in ids
    }
    return sorted(pairs)
