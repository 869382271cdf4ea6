"""
The ledger: one row for each order of any source, brought up to date by the facts of a transaction's deliveries.

A store loads the rows that the facts at hand are about, `taken` merges, and the store writes what changed beside the
conversions. What events of a delivery mean is told by the whole order: `staged`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from msgspec import Struct
from msgspec.structs import replace

from twinbeam.core.order import CANCELLED, FIRST, IGNORED, UNTOLD, YES, OrderFacts, Stated
from twinbeam.core.values import Signal
from twinbeam.orders.merging import merged
from twinbeam.orders.state import stage_of


class OrderPlace(NamedTuple):
    """Which order: numbers are unique in a shop."""

    workspace: str
    shop: str  #: empty for the workspace's first
    order_id: str


class OrderRow(Struct, frozen=True):
    """One order in the ledger."""

    place: OrderPlace
    source: str  #: that told of it first
    facts: OrderFacts
    first_ms: int  #: when it was first told of
    heard_ms: int  #: when something of it last changed
    id: int | None = None  #: None: it is not written yet


class Ledgered(Struct, frozen=True):
    """What a transaction's deliveries make of the ledger."""

    rows: Mapping[OrderPlace, OrderRow]  #: all that they are about, as they are from now on
    changed: frozenset[OrderPlace]
    repeats: int  #: deliveries that changed nothing


class OrderLedger(Protocol):
    """The part of a store that keeps the rows; called inside the transaction that records."""

    def load(self, places: Iterable[OrderPlace]) -> Mapping[OrderPlace, OrderRow]:
        """Return the rows of some orders, as far as there are any."""
        ...

    def save(self, rows: Iterable[OrderRow]) -> None:
        """Write rows, new and old."""
        ...


def place_of(signal: Signal) -> OrderPlace:
    """Return which order a signal is about."""
    return OrderPlace(signal.workspace, signal.shop, signal.order_id)


def ledger_place(signal: Signal) -> OrderPlace:
    """Return which order of the ledger an event or its tombstone is about."""
    return OrderPlace(signal.workspace, signal.shop, signal.order_id or signal.ledger_order)


def places_in(signals: Iterable[Signal]) -> list[OrderPlace]:
    """Return the orders whose facts are at hand, and what they are to be known by, each once."""
    noted = [(place_of(signal), facts) for signal, facts in _notes(signals)]
    began = [place._replace(order_id=facts.began_as) for place, facts in noted if facts.began_as]
    return list(dict.fromkeys([*(place for place, _ in noted), *began]))


def taken(known: Mapping[OrderPlace, OrderRow], signals: Iterable[Signal]) -> Ledgered:
    """Merge the facts of a transaction's deliveries into the rows they are about."""
    rows, changed, repeats = dict(known), set[OrderPlace](), 0
    for signal, facts in _notes(signals):
        place = place_of(signal)
        began = rows.get(place._replace(order_id=facts.began_as)) if facts.began_as else None
        if began is not None and FIRST not in began.facts.stated:
            rows[began.place] = began = _with(began, FIRST, facts.order_id)
            changed.add(began.place)
        row, facts = rows.get(place), _as_first(facts, began)  # noqa: PLW2901 -- by what its subscription's row says
        if row is None:
            rows[place] = OrderRow(place, signal.source, facts, signal.received_ms, signal.received_ms)
            changed.add(place)
            continue
        joined = merged(row.facts, facts)
        if joined == row.facts:
            repeats += 1
            continue
        rows[place] = replace(row, facts=joined, heard_ms=max(row.heard_ms, signal.received_ms))
        changed.add(place)
    return Ledgered(rows, frozenset(changed), repeats)


def _as_first(facts: OrderFacts, began: OrderRow | None) -> OrderFacts:
    """Return facts with the word that they are of the first payment, where they are of the one noted."""
    is_first = began is not None and began.facts.stated[FIRST].text == facts.order_id
    return replace(facts, stated={**facts.stated, FIRST: Stated(0, YES)}) if is_first else facts


def _with(row: OrderRow, name: str, text: str) -> OrderRow:
    return replace(row, facts=replace(row.facts, stated={**row.facts.stated, name: Stated(0, text)}))


def staged(ledgered: Ledgered, signals: Sequence[Signal]) -> list[Signal]:
    """Return signals with the stage of their whole order, where they are events of an order's delivery."""
    stages = {place: (stage_of(row.facts), "value" in row.facts.stated) for place, row in ledgered.rows.items()}
    return [_staged(signal, stages) for signal in signals]


def _staged(signal: Signal, stages: Mapping[OrderPlace, tuple[str, bool]]) -> Signal:
    if not signal.of_order:
        return signal
    stage, is_whole = stages.get(place_of(signal), (signal.stage, False))
    if signal.stage == UNTOLD and stage not in (CANCELLED, IGNORED):
        if is_whole:
            return replace(signal, stage=f"{UNTOLD}+{stage}")  # what waits may hear of it
        return replace(signal, event="", pixel="", consent=None, visits=[], facts=None)  # a mere note
    return signal if stage == signal.stage else replace(signal, stage=stage)


def _notes(signals: Iterable[Signal]) -> Iterator[tuple[Signal, OrderFacts]]:
    for signal in signals:
        if signal.order is not None:
            yield signal, signal.order
