"""
What is stored about a person: the one search behind an erasure and behind what they are told.

Look-ups lead to conversions; these, by their order ids and by the notes of visits, to the person's visits; and the
visits to all that is noted under them.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from msgspec import Struct

from twinbeam.core import keys
from twinbeam.core.erasure import Person
from twinbeam.core.errors import StorageDamaged
from twinbeam.core.lifecycle import ERASABLE, State
from twinbeam.engines.stores.sqlite.connection import StoreConnection
from twinbeam.engines.stores.sqlite.consent_watchlist import ConsentWatchlist
from twinbeam.engines.stores.sqlite.lookup_index import lookup_tables, search
from twinbeam.engines.stores.sqlite.payloads import Payloads

END_OF_TIME_MS = 2**62
_AT_ONCE = 200

_ROWS = (
    "SELECT id, received, workspace, pixel, event, event_source, test_code, enriched, state, reason, due, order_id, "
    "maybe_at, shop FROM conversion WHERE id IN ({})"
)

VisitorsOf = Callable[[set[bytes]], Iterable[int]]
"""Gives the visitors that tokens of visits lead to."""


class PersonRow(Struct, frozen=True):
    """A conversion about a person."""

    id: int
    received_ms: int
    workspace: str
    pixel: str
    event: str
    event_source: str
    test_code: str
    enriched: bool
    state: State
    reason: str
    due_ms: int
    order_id: str
    maybe_at: int | None
    shop: str

    @property
    def reached_tiktok(self) -> bool:
        """Return whether TikTok has it, or may have it."""
        return self.state is State.DELIVERED or self.enriched or self.maybe_at is not None


class Search:
    """A search for what was accepted about a person until a moment; `rows` and `visitors` are what it found."""

    def __init__(
        self, connection: StoreConnection, person: Person, visitors_of: VisitorsOf, *, until_ms: int = END_OF_TIME_MS
    ) -> None:
        self.rows: list[PersonRow] = []
        self.visitors: set[int] = set()
        self._connection = connection
        self._person = person
        self._visitors_of = visitors_of
        self._until_ms = until_ms
        self._watchlist = ConsentWatchlist(connection)

    def pieces(self) -> Iterator[None]:
        """Search, piece by piece: between two of them others may work."""
        found: set[int] = set()
        for piece in _found_about(self._connection, self._person):
            found |= piece
            yield
        self.rows = self._rows(found)
        self.visitors = set(self._visitors_of(self._tokens()))
        for some in self._watchlist.visitors_of({row.id for row in self.rows}):
            self.visitors |= some
            yield
        self.rows = self._rows({row.id for row in self.rows} | self._noted())

    def _rows(self, ids: Iterable[int]) -> list[PersonRow]:
        return rows_of(self._connection, ids, self._person, until_ms=self._until_ms)

    def _tokens(self) -> set[bytes]:
        orders = {(keys.scope_of(row.workspace, row.shop), row.order_id) for row in self.rows if row.order_id}
        return {keys.visit("order", *order) for order in orders} | set(self._person.tokens)

    def _noted(self) -> set[int]:
        return {id_ for ids in self._watchlist.of(self.visitors).values() for id_ in ids}


def rows_of(connection: StoreConnection, ids: Iterable[int], person: Person, *, until_ms: int) -> list[PersonRow]:
    """Return those of some conversions about a person that were accepted until then and are not gone already."""
    rows = (_row(row) for row in connection.select_in(_ROWS, sorted(ids)))
    reached = (row for row in rows if person.means(row.workspace, row.shop) and row.received_ms <= until_ms)
    return [row for row in reached if row.state in ERASABLE]


def _found_about(connection: StoreConnection, person: Person) -> Iterator[set[int]]:
    """
    Yield the conversions that look-ups of a person lead to, in pieces.

    What is held is looked through first: nobody finds it by a look-up, and once it is released a look-up finds it.
    """
    yield from _held_about(connection, person)
    for table in lookup_tables(connection.db):
        yield set(search(connection.db, table, person.lookup))


def _held_about(connection: StoreConnection, person: Person) -> Iterator[set[int]]:
    sql = "SELECT id FROM held_key WHERE id > ? ORDER BY id LIMIT ?"
    place = 0
    while ids := [id_ for (id_,) in connection.db.execute(sql, (place, _AT_ONCE)).fetchall()]:
        place = ids[-1]
        yield {id_ for id_ in ids if person.lookup in _lookups(connection, id_)}


def _lookups(connection: StoreConnection, id_: int) -> set[bytes]:
    try:
        copies = Payloads(connection).copies_of([id_]).get(id_, [])
    except StorageDamaged:
        return set()  # unreadable to everybody
    return {lookup for copy in copies for lookup in copy.lookups}


def _row(row: Sequence[Any]) -> PersonRow:
    id_, received, workspace, pixel, event, event_source, test_code, enriched, state, *rest = row
    return PersonRow(
        id_, received, workspace, pixel, event, event_source, test_code, bool(enriched), State(state), *rest
    )
