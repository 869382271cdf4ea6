"""
Erasure: what is stored about a person goes; key, event, time and the counters stay.

A request is a row. The writer carries it out once everything that was accepted before it is recorded, in pieces that
keep the recorder waiting for milliseconds only: it yields between them.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from twinbeam.core import keys
from twinbeam.core.clock import day_of
from twinbeam.core.erasure import Erasure, Person, Receipt
from twinbeam.core.keys import LOOKUP_BYTES
from twinbeam.core.lifecycle import State
from twinbeam.core.outcomes import Reason
from twinbeam.core.values import Facts
from twinbeam.engines.stores.sqlite.connection import StoreConnection, facts_context
from twinbeam.engines.stores.sqlite.consent_watchlist import ConsentWatchlist
from twinbeam.engines.stores.sqlite.counting import cover_delivered, move_counts
from twinbeam.engines.stores.sqlite.deferred_index import DeferredIndex
from twinbeam.engines.stores.sqlite.lookup_index import delete_lookups
from twinbeam.engines.stores.sqlite.payloads import Payloads
from twinbeam.engines.stores.sqlite.pricing import forget_margins
from twinbeam.engines.stores.sqlite.rows import PUT_VISITOR, encode_facts
from twinbeam.engines.stores.sqlite.searching import PersonRow, Search, rows_of
from twinbeam.engines.stores.sqlite.sightings import SightingRing
from twinbeam.pipeline.record.visits import erased

_BLANK = (
    "UPDATE conversion SET state=?, reason=?, event_id='', order_id='', currency='', minor=NULL, due=0, "
    "settled_at=coalesce(settled_at, ?) WHERE id=?"
)
_VISITS = "SELECT id, seen, facts FROM visitor WHERE id IN ({})"
_OPEN = (
    "SELECT id, workspace, kind, shop, hashes, asked_at, upto FROM erasure WHERE done_at IS NULL ORDER BY asked_at, id"
)
_NOTED = "SELECT receipt, waits FROM erasure WHERE id=?"
_NOTE = "UPDATE erasure SET receipt=?, waits=? WHERE id=?"
_DONE = "UPDATE erasure SET done_at=?, hashes=x'' WHERE id=?"
_ANSWERED = "SELECT id FROM conversion WHERE state <> 'leased' AND id IN (SELECT value FROM json_each(?))"


class Erasing:
    """Carries requests out; whatever writes is called inside a transaction."""

    def __init__(self, connection: StoreConnection, visitor_keys: DeferredIndex, ring: SightingRing) -> None:
        self._connection = connection
        self._sighting_ring = ring
        self._db = connection.db
        self._visitor_keys = visitor_keys
        self._payloads = Payloads(connection)
        self._watchlist = ConsentWatchlist(connection)

    def ready(self) -> list[Erasure]:
        """Return the requests before which everything is recorded."""
        requests = [self._request(row) for row in self._db.execute(_OPEN).fetchall()]
        if not requests:
            return []
        cursors = dict(self._db.execute("SELECT journal, seq FROM cursor").fetchall())
        return [it for it in requests if all(cursors.get(name, 0) >= seq for name, seq in it.upto.items())]

    def carry_out(self, request: Erasure, now_ms: int) -> Iterator[bool]:
        """Erase what a request reaches, piece by piece."""
        search = Search(self._connection, request.person, self._visitors_of, until_ms=request.asked_ms)
        for _ in search.pieces():
            yield False
        rows, visitors = search.rows, search.visitors
        before, noted = self._noted(request)
        receipt, waits = self._erase([row for row in rows if row.id not in noted], now_ms)
        self._forget_visitors(visitors, request, now_ms)
        receipt = msgspec.structs.replace(receipt, visits=len(visitors))
        self._note(request, before.plus(receipt), [*noted, *waits])
        yield False
        for _ in delete_lookups(self._db, [row.id for row in rows]):
            yield False
        self._db.execute(_DONE, (now_ms, request.id))

    def _noted(self, request: Erasure) -> tuple[Receipt, list[int]]:
        """Return what was erased before, and what is awaited since, where carrying out was cut off and begins anew."""
        told, waits = self._db.execute(_NOTED, (request.id,)).fetchone()
        return msgspec.json.decode(told, type=Receipt) if told else Receipt(0), json.loads(waits)

    def _note(self, request: Erasure, receipt: Receipt, waits: Sequence[int]) -> None:
        """Write down with the erasing itself what was erased: afterwards nobody finds it any more."""
        self._db.execute(_NOTE, (msgspec.json.encode(receipt).decode(), json.dumps(waits), request.id))

    def follow_up(self, now_ms: int) -> bool:
        """Erase what was on the wire and has been answered; tells whether there was any."""
        waiting = self._db.execute("SELECT id, workspace, asked_at, waits FROM erasure WHERE waits <> '[]'").fetchall()
        moved = False
        for request_id, workspace, asked_ms, waits in waiting:
            answered = {id_ for (id_,) in self._db.execute(_ANSWERED, (waits,))}
            if answered:
                request = Erasure(request_id, Person(workspace, "", b""), asked_ms)
                self._erase(rows_of(self._connection, answered, request.person, until_ms=request.asked_ms), now_ms)
                # Housekeeping removes what copies added since.
                news = "INSERT OR IGNORE INTO pending_lookup_removal VALUES (?)"
                self._db.executemany(news, [(id_,) for id_ in sorted(answered)])
                left = [id_ for id_ in json.loads(waits) if id_ not in answered]
                self._db.execute("UPDATE erasure SET waits=? WHERE id=?", (json.dumps(left), request_id))
                moved = True
        return moved

    def _request(self, row: Sequence[Any]) -> Erasure:
        id_, workspace, kind, shop, sealed, asked_ms, upto = row
        request = Erasure(id_, Person(workspace, kind, b"", shop=shop), asked_ms, json.loads(upto))
        return opened(self._connection, request, sealed)

    def _visitors_of(self, tokens: set[bytes]) -> Iterable[int]:
        return self._visitor_keys.find(tokens).values()

    def _forget_visitors(self, visitors: Iterable[int], request: Erasure, now_ms: int) -> None:
        """Forget all but what visits denied; of one that was seen later than on the day of the request, nothing."""
        until, today = self._connection.sealing_day(request.asked_ms), self._connection.sealing_day(now_ms)
        seen = self._connection.select_in(_VISITS, sorted(visitors))
        reached = {id_: self._denied(id_, sealed) for id_, day, sealed in seen if day <= until}
        self._watchlist.forget(list(reached), now_ms)
        seal, left = self._connection.keys.seal, [(id_, facts) for id_, facts in reached.items() if facts is not None]
        rows = [(id_, today, None, seal(today, encode_facts(facts), facts_context(id_))) for id_, facts in left]
        self._db.executemany(PUT_VISITOR, rows)
        self._connection.scrub_due = self._connection.scrub_due or bool(reached)

    def _denied(self, visitor: int, sealed: bytes) -> Facts | None:
        facts = self._connection.facts_in(visitor, sealed)
        return None if facts is None else erased(facts)

    def _erase(self, rows: Sequence[PersonRow], now_ms: int) -> tuple[Receipt, list[int]]:
        """Erase what is not on the wire, and note on the rest that it has to go."""
        flying = [row for row in rows if row.state is State.LEASED]
        gone = [row for row in rows if row.state is not State.LEASED]
        note = "UPDATE conversion SET reason=? WHERE id=?"
        self._db.executemany(note, [(Reason.ERASURE_ASKED, row.id) for row in flying])
        self._unschedule(gone)
        self._payloads.purge([row.id for row in gone])
        self._db.executemany("UPDATE copy SET differs='' WHERE id=?", [(row.id,) for row in gone])
        cover_delivered(self._db, [row.id for row in gone if row.state is State.DELIVERED], -1)
        end = (State.ERASED, Reason.ERASURE_ASKED)
        self._db.executemany(_BLANK, [(*end, now_ms, row.id) for row in gone])
        forget_margins(self._connection, [row.id for row in gone])
        self._sighting_ring.blank([row.id for row in gone])
        self._count(gone)
        self._connection.scrub_due = self._connection.scrub_due or bool(rows)
        delivered = sum(row.reached_tiktok for row in rows)
        return Receipt(now_ms, len(gone), len(flying), delivered), [row.id for row in flying]

    def _unschedule(self, rows: Sequence[PersonRow]) -> None:
        held = [(row.due_ms, row.id) for row in rows if row.state is State.HELD]
        self._db.executemany("DELETE FROM held WHERE due=? AND id=?", held)
        ready = [(self._lane(row), row.due_ms, row.id) for row in rows if row.state in (State.READY, State.WAITING)]
        self._db.executemany("DELETE FROM ready WHERE lane=? AND due=? AND id=?", ready)

    def _lane(self, row: PersonRow) -> int:
        return self._connection.lane((row.workspace, row.event_source, row.pixel, row.test_code, row.enriched)).id

    def _count(self, rows: Sequence[PersonRow]) -> None:
        moves: Counter[tuple[int, str, str, str, str, str]] = Counter()
        for row in rows:
            place = (day_of(row.received_ms), row.workspace, row.pixel, row.event)
            moves[*place, row.state, row.reason] -= 1
            moves[*place, State.ERASED, Reason.ERASURE_ASKED] += 1
        move_counts(self._db, [(*key, n) for key, n in sorted(moves.items())])


def sealed_hashes(connection: StoreConnection, request: Erasure) -> bytes:
    """Seal by what a person is looked up."""
    return connection.ring.seal(b"".join((request.person.lookup, *request.person.tokens)), erasure_context(request.id))


def opened(connection: StoreConnection, request: Erasure, sealed: bytes) -> Erasure:
    """Put back into a request by what its person is looked up."""
    hashes = connection.ring.open_sealed(sealed, erasure_context(request.id))
    rest = hashes[LOOKUP_BYTES:]
    tokens = tuple(rest[at : at + keys.KEY_BYTES] for at in range(0, len(rest), keys.KEY_BYTES))
    who = msgspec.structs.replace(request.person, lookup=hashes[:LOOKUP_BYTES], tokens=tokens)
    return msgspec.structs.replace(request, person=who)


def erasure_context(id_: str) -> bytes:
    """Bind sealed hashes to their request."""
    return f"erasure {id_}".encode()
