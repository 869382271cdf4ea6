"""How a conversion and its copies are written in a row, and read back."""

from collections.abc import Sequence
from typing import Any

import msgspec

from twinbeam.core.lifecycle import State
from twinbeam.core.values import Facts
from twinbeam.pipeline.record.conversion import Conversion, Copy

_NAMES = (
    *("id", "key", "workspace", "pixel", "event_source", "event", "event_id", "event_time", "received", "state"),
    *("reason", "minor", "currency", "order_id", "channels", "consent", "source", "due", "copies", "lacks"),
    *("browser_at", "native_proven", "match", "enriched", "test_code", "found", "since", "conditions"),
    *("evidence", "visitor", "other_visitor", "granter", "contested", "united", "person"),
    "shop",
)
COLUMNS = ", ".join(_NAMES)
INSERT = f"INSERT INTO conversion ({COLUMNS}) VALUES ({','.join('?' * len(_NAMES))})"  # noqa: S608 -- constants only
UPDATE = (
    "UPDATE conversion SET event_id=?, event_time=?, state=?, reason=?, minor=?, currency=?, order_id=?, channels=?, "
    "consent=?, due=?, copies=?, lacks=?, browser_at=?, native_proven=?, match=?, enriched=?, found=?, since=?, "
    "conditions=?, evidence=?, visitor=?, other_visitor=?, granter=?, contested=?, united=?, person=? WHERE id=?"
)

#: A visitor's id, the day under whose key the facts are sealed, the notes (NULL: as they are) and the facts.
PUT_VISITOR = (
    "INSERT INTO visitor VALUES (?1,?2,coalesce(?3,x''),?4) "
    "ON CONFLICT DO UPDATE SET seen=?2, watchlist=coalesce(?3,watchlist), facts=?4"
)

_HANDLE_BYTES = 8

encode_copies = msgspec.msgpack.Encoder().encode
decode_copies = msgspec.msgpack.Decoder(list[Copy]).decode
encode_facts = msgspec.msgpack.Encoder().encode
decode_facts = msgspec.msgpack.Decoder(Facts).decode


def handle_of(visitor: int) -> bytes:
    """Name a stored visitor as the fold does; new ones go by their first token, which is longer."""
    return visitor.to_bytes(_HANDLE_BYTES, "big")


def known_id(handle: bytes) -> int:
    """Return the id of a stored visitor; 0 for nobody."""
    return int.from_bytes(handle, "big")


def is_stored(handle: bytes) -> bool:
    """Return whether a visitor has an id already."""
    return len(handle) == _HANDLE_BYTES


def as_row(c: Conversion) -> tuple[object, ...]:
    """Return the values of INSERT."""
    return (
        *(c.id, c.key, c.workspace, c.pixel, c.event_source, c.event, c.event_id, c.event_time, c.received_ms),
        *(c.state, c.reason, c.minor, c.currency, c.order_id, c.channels, c.consent, c.source, c.due_ms, c.copies),
        *(c.lacks, c.browser_at, c.native_proven, c.match, c.enriched, c.test_code, c.found, c.since_ms, c.conditions),
        *(
            c.evidence,
            known_id(c.visitor),
            known_id(c.other_visitor),
            known_id(c.granter),
            c.contested_ms,
            c.united,
            c.person,
        ),
        c.shop,
    )


def _evidence(c: Conversion) -> tuple[object, ...]:
    visits = map(known_id, (c.visitor, c.other_visitor, c.granter))
    return (c.evidence, *visits, c.contested_ms, c.united, c.person)


def as_changes(c: Conversion) -> tuple[object, ...]:
    """Return the values of UPDATE."""
    return (
        *(c.event_id, c.event_time, c.state, c.reason, c.minor, c.currency, c.order_id, c.channels, c.consent),
        *(c.due_ms, c.copies, c.lacks, c.browser_at, c.native_proven, c.match, c.enriched, c.found, c.since_ms),
        *(
            c.conditions,
            c.evidence,
            known_id(c.visitor),
            known_id(c.other_visitor),
            known_id(c.granter),
            c.contested_ms,
            c.united,
            c.person,
        ),
        c.id,
    )


def as_conversion(row: Sequence[Any]) -> Conversion:
    """Read a row of COLUMNS, followed by the number of attempts."""
    (id_, key, workspace, pixel, event_source, event, event_id, event_time, received, state, *rest) = row
    (reason, minor, currency, order_id, channels, consent, source, due, copies, *rest) = rest
    (lacks, browser_at, native_proven, match, enriched, test_code, found, since, conditions, *rest) = rest
    (evidence, visitor, other_visitor, granter, contested, united, person, shop, attempts) = rest
    return Conversion(
        id=id_,
        key=key,
        workspace=workspace,
        pixel=pixel,
        event_source=event_source,
        event=event,
        event_id=event_id,
        event_time=event_time,
        received_ms=received,
        state=State(state),
        reason=reason,
        minor=minor,
        currency=currency,
        order_id=order_id,
        channels=channels,
        consent=consent,
        source=source,
        frozen=bool(attempts),
        due_ms=due,
        copies=copies,
        lacks=lacks,
        browser_at=browser_at,
        native_proven=bool(native_proven),
        match=match,
        enriched=bool(enriched),
        test_code=test_code,
        conditions=conditions,
        found=found,
        since_ms=since,
        evidence=evidence,
        visitor=handle_of(visitor) if visitor else b"",
        other_visitor=handle_of(other_visitor) if other_visitor else b"",
        granter=handle_of(granter) if granter else b"",
        contested_ms=contested,
        united=united,
        person=person,
        shop=shop,
    )
