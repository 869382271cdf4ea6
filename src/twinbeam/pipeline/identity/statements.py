"""What comes without an event: a statement about consent, with its visit; what is said of an order, with nobody."""

from msgspec.structs import replace

from twinbeam.core import keys
from twinbeam.core.consent import ConsentRecord
from twinbeam.core.values import Arrival, Decision, OrderNote, Permission, Sealed, Signal
from twinbeam.pipeline.identity import event_ids, traces
from twinbeam.pipeline.identity.notices import Told, notices

#: There is nothing to judge or to send.
_NOTHING_TO_SEND = Permission(Decision.UNDECIDED, "statement")


def seal_order(arrival: Arrival) -> Sealed:
    """Return the storable form of what a shop system says of an order: its facts, under a number that names nobody."""
    told: Told = []
    item, origin = arrival.item, arrival.origin
    if not isinstance(item, OrderNote):
        raise TypeError("an arrival without an event is a note of an order")
    order_id = event_ids.order_id_of(item, told) or ""
    signal = Signal(
        key=keys.conversion_key(origin.scope, item.event_source, "", "", order_id),
        workspace=origin.workspace,
        pixel="",
        event_source=item.event_source,
        event="",
        event_id="",
        event_time=arrival.event_time,
        received_ms=origin.received_ms,
        channel=origin.channel,
        source=origin.source,
        permission=_NOTHING_TO_SEND,
        body=b"",
        order_id=order_id,
        shop=origin.shop,
        order=replace(item.facts, order_id=order_id),
    )
    return Sealed(signal, notices(told, arrival.index))


def seal_statement(arrival: Arrival, consent: ConsentRecord) -> Sealed:
    """Return the storable form of a statement: the hashed tokens of its visit and the record, and nothing else."""
    told: Told = []
    item, origin = arrival.item, arrival.origin
    order_id = event_ids.order_id_of(item, told)
    signal = Signal(
        key=keys.conversion_key(origin.workspace, item.event_source, "", "", ""),
        workspace=origin.workspace,
        pixel="",
        event_source=item.event_source,
        event="",
        event_id="",
        event_time=arrival.event_time,
        received_ms=origin.received_ms,
        channel=origin.channel,
        source=origin.source,
        permission=_NOTHING_TO_SEND,
        body=b"",
        consent=consent,
        **traces.known_by(origin, item, order_id, told),
        shop=origin.shop,
    )
    return Sealed(signal, notices(told, arrival.index))
