"""What shop systems pass on of persons' rights, until it is carried out."""

from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import delete, insert, select, update

from twinbeam.core.erasure import Person
from twinbeam.core.values import Signal
from twinbeam.engines.keyring import KeyRing
from twinbeam.engines.stores.tables.database import Tables
from twinbeam.engines.stores.tables.order_schema import person_request
from twinbeam.orders.requests import RequestRow

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[Person]).decode


class PersonRequestTable:
    """See orders.requests.RequestLedger for the promises."""

    def __init__(self, tables: Tables, ring: KeyRing) -> None:
        self._tables = tables
        self._ring = ring

    def add(self, signals: Iterable[Signal]) -> None:
        """Keep the requests of a transaction; one that is there already stays as it is."""
        asked = {signal.request.id: signal for signal in signals if signal.request is not None}
        with self._tables.transaction() as connection:
            known = set(connection.scalars(select(person_request.c.id).where(person_request.c.id.in_(asked))))
            new = [self._values(signal) for id_, signal in asked.items() if id_ not in known]
            if new:
                connection.execute(insert(person_request), new)

    def all_of_them(self) -> list[RequestRow]:
        """Return all requests, the oldest first."""
        with self._tables.reading() as connection:
            asked = select(person_request).order_by(person_request.c.asked_ms, person_request.c.id)
            return [self._row(row) for row in connection.execute(asked)]

    def note_done(self, id_: str, now_ms: int) -> None:
        """Note that a request is carried out, and forget whom it was about."""
        with self._tables.transaction() as connection:
            done = {"done_ms": now_ms, "people": b""}
            connection.execute(update(person_request).where(person_request.c.id == id_).values(done))

    def forget_done(self, before_ms: int) -> None:
        """Remove what was done before a moment; what is not done stays."""
        with self._tables.transaction() as connection:
            connection.execute(delete(person_request).where(person_request.c.done_ms < before_ms))

    def _values(self, signal: Signal) -> dict[str, Any]:
        request = signal.request
        assert request is not None
        return {
            "id": request.id,
            "workspace": signal.workspace,
            "shop": signal.shop,
            "source": signal.source,
            "kind": request.kind,
            "asked_ms": signal.received_ms,
            "people": self._ring.seal(_encode(request.people), people_context(request.id)),
            "done_ms": None,
        }

    def _row(self, row: Any) -> RequestRow:
        sealed = row.people
        people = _decode(self._ring.open_sealed(sealed, people_context(row.id))) if sealed else []
        return RequestRow(row.id, row.workspace, row.shop, row.source, row.kind, row.asked_ms, people, row.done_ms)


def people_context(request: str) -> bytes:
    """Bind the people to their request."""
    return f"people of request {request}".encode()
