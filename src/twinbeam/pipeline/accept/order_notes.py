"""
What deliveries state of orders, on its way to the ledger.

A note goes the way of an event, yet to no pixel and without a name: it is about nobody, so it needs no permission.
"""

from twinbeam.core.values import Arrival, OrderNote, Origin
from twinbeam.pipeline.accept.contract import Reading


def notes_of(reading: Reading, origin: Origin) -> list[Arrival]:
    """Return an arrival for the facts of each order, and for each request about a person."""
    seconds = origin.received_ms // 1_000
    notes = [OrderNote(event="", order_id=facts.order_id, facts=facts) for facts in reading.orders]
    return [Arrival(note, origin, "", "", 0, seconds) for note in (*notes, *reading.requests)]
