"""What comes without an event: a statement about consent, with its visit; what is said of an order, with nobody."""

from hashlib import blake2b

from msgspec.structs import replace

from twinbeam.core import keys
from twinbeam.core.consent import ConsentRecord
from twinbeam.core.erasure import PersonRequest, person
from twinbeam.core.values import Arrival, Decision, OrderNote, Permission, RequestNote, Sealed, Signal
from twinbeam.pipeline.identity import event_ids, traces
from twinbeam.pipeline.identity.email import email_digest
from twinbeam.pipeline.identity.notices import Told, notices
from twinbeam.pipeline.identity.order_ids import one_spelling
from twinbeam.pipeline.identity.person import hashed_external_id
from twinbeam.pipeline.identity.phone import Phones

#: There is nothing to judge or to send.
_NOTHING_TO_SEND = Permission(Decision.UNDECIDED, "statement")


def seal_note(arrival: Arrival) -> Sealed:
    """Return the storable form of what a shop system says beside its events."""
    return _sealed_request(arrival, arrival.item) if isinstance(arrival.item, RequestNote) else seal_order(arrival)


def _sealed_request(arrival: Arrival, note: RequestNote) -> Sealed:
    """Keep of a person what looks them up, hashed as events have it; what cannot be looked up is left out."""
    origin = arrival.origin
    known = ((kind, _looked_up(kind, value)) for kind, value in note.known_by)
    people = [
        person(kind, origin.workspace, value, shops=(origin.shop,), shop=origin.shop)
        for kind, value in dict.fromkeys(known)
        if value
    ]
    id_ = blake2b(f"{origin.source}\0{note.kind}\0{note.delivery}".encode(), digest_size=16).hexdigest()
    signal = Signal(
        key=keys.conversion_key(origin.scope, note.event_source, "", "", id_),
        workspace=origin.workspace,
        pixel="",
        event_source=note.event_source,
        event="",
        event_id="",
        event_time=arrival.event_time,
        received_ms=origin.received_ms,
        channel=origin.channel,
        source=origin.source,
        permission=_NOTHING_TO_SEND,
        body=b"",
        shop=origin.shop,
        request=PersonRequest(id_, note.kind, people),
    )
    return Sealed(signal, [])


def _looked_up(kind: str, value: str) -> str | None:
    """Return a value as it is looked up: hashed where events have it hashed; None for what can be none."""
    match kind:
        case "order":
            return one_spelling(event_ids.safe_id(value))
        case "email":
            return email_digest(value)
        case "phone":
            found = Phones(None).hashed(value, None, [])
        case _:
            found = hashed_external_id(value, [])
    return found if isinstance(found, str) else None


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
