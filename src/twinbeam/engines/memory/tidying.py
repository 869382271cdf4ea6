"""Retention and erasure in the model."""

from collections.abc import Iterable

import msgspec

from twinbeam.core.clock import MS_PER_DAY, day_of
from twinbeam.core.erasure import Erasure, Receipt
from twinbeam.core.lifecycle import UNSENT, State
from twinbeam.core.outcomes import Reason
from twinbeam.core.rules import DEFAULT_WORKSPACE
from twinbeam.core.sightings import Ring, SightingPage
from twinbeam.core.values import Facts
from twinbeam.engines.memory.exporting import Search
from twinbeam.engines.memory.rows import Rows
from twinbeam.pipeline.record.conversion import Conversion
from twinbeam.pipeline.record.decision_table import may_be_reached
from twinbeam.pipeline.record.visits import erased

_KEEP = DEFAULT_WORKSPACE.keep_days
_ORDER_KEY_DAYS = 400
_OTHER_KEY_DAYS = 7
_BLANKED = frozenset({State.ERASED, State.WITHDRAWN, State.DROPPED})


class Tidying:
    """Does all at once what an engine with files does a little at a time."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def tidy(self, now_ms: int, *, retention: bool = True) -> bool:
        """Carry out the requests that are ready, and remove what has come to its end."""
        for request in list(self._rows.erasure_requests.values()):
            self._follow_up(request, now_ms)
            if request.id not in self._rows.receipts and self._is_recorded(request):
                self._rows.receipts[request.id] = self._carry_out(request, now_ms)
        if not retention:
            return False
        self._forget_payloads(now_ms)
        self._forget_lookups_of_the_withdrawn()
        self._forget_people(day_of(now_ms) - _KEEP, now_ms)
        before = now_ms - _KEEP * MS_PER_DAY
        self._rows.quarantine = {k: v for k, v in self._rows.quarantine.items() if v[0] >= before}
        self._forget_sightings(before)
        self._forget_keys(now_ms)
        return False

    def ask_erasure(self, request: Erasure) -> None:
        """Note a request; one that is known is left as it is."""
        self._rows.erasure_requests.setdefault(request.id, request)

    def erasure(self, id_: str) -> Receipt | None:
        """Return the receipt of a request, or None while it is not carried out."""
        return self._rows.receipts.get(id_)

    def erasures(self) -> set[str]:
        """Name all requests that are known, carried out or not."""
        return set(self._rows.erasure_requests)

    def _is_recorded(self, request: Erasure) -> bool:
        return all(self._rows.cursors.get(name, (0, 0))[0] >= seq for name, seq in request.upto.items())

    def _carry_out(self, request: Erasure, now_ms: int) -> Receipt:
        rows, visitors = Search(self._rows, request.person, request.asked_ms).found()
        self._rows.flying[request.id] = {row.id for row in rows if row.state is State.LEASED}
        receipt = self._erase(rows, now_ms)
        for visitor in visitors:
            left = erased(self._rows.facts_of.pop(visitor, Facts()))
            if left is not None:
                self._rows.facts_of[visitor], self._rows.facts_day[visitor] = left, day_of(now_ms)
            self._rows.watchlist[visitor] = self._still_watched(visitor, now_ms)
        for days in self._rows.lookups.values():
            for row in rows:
                days.pop(row.id, None)
        return msgspec.structs.replace(receipt, visits=len(visitors))

    def _follow_up(self, request: Erasure, now_ms: int) -> None:
        if request.id in self._rows.receipts:
            rows, flying = self._rows, self._rows.flying[request.id]
            on_the_wire = {id_ for id_ in flying if id_ in rows.by_id and rows.by_id[id_].state is State.LEASED}
            answered = flying - on_the_wire
            self._erase(Search(rows, request.person, request.asked_ms).reached(answered), now_ms)
            flying -= answered

    def _erase(self, rows: Iterable[Conversion], now_ms: int) -> Receipt:
        removed = in_flight = delivered = 0
        for row in rows:
            kept = self._rows.kept[row.id]
            delivered += row.state is State.DELIVERED or row.enriched or kept.maybe_at is not None
            if row.state is State.LEASED:
                row.reason = Reason.ERASURE_ASKED
                in_flight += 1
                continue
            removed += 1
            self._rows.move(row, State.ERASED, Reason.ERASURE_ASKED)
            row.event_id = row.order_id = row.currency = ""
            row.minor = None
            kept.settled_at = kept.settled_at or now_ms
            kept.copies = []
            self._rows.clear_differences(row.id)
            self._rows.margins.pop(row.id, None)
            self._rows.erased.add(row.id)
        return Receipt(now_ms, removed, in_flight, delivered)

    def _forget_sightings(self, before_ms: int) -> None:
        """Forget old pages; the newest one stays as a blank, so that no number returns."""
        rows = self._rows
        pages = {number: page for number, page in rows.sightings.items() if _newest_ms(page) >= before_ms}
        if rows.sightings and rows.ring.newest not in pages:
            last = rows.sightings[rows.ring.newest]
            pages[last.number] = last._replace(sightings=[msgspec.structs.replace(last.sightings[0], conversion=-1)])
            rows.erased.add(-1)
        rows.sightings = pages
        rows.ring = Ring((page.number, page.place, len(page.sightings)) for page in pages.values())

    def _forget_payloads(self, now_ms: int) -> None:
        for row in self._rows.by_id.values():
            kept = self._rows.kept[row.id]
            ended_ms = row.received_ms if kept.settled_at is None else kept.settled_at
            if row.state not in UNSENT and ended_ms < now_ms - _KEEP * MS_PER_DAY:
                kept.copies = []

    def _forget_lookups_of_the_withdrawn(self) -> None:
        gone = (State.WITHDRAWN, State.ERASED)
        withdrawn = {row.id for row in self._rows.by_id.values() if row.state in gone}
        for days in self._rows.lookups.values():
            for id_ in withdrawn & days.keys():
                del days[id_]

    def _forget_people(self, day: int, now_ms: int) -> None:
        rows = self._rows
        for visitor in [visitor for visitor, seen in rows.facts_day.items() if seen < day]:
            rows.facts_of.pop(visitor, None)
            rows.watchlist[visitor] = self._still_watched(visitor, now_ms)
            if not rows.watchlist[visitor]:
                del rows.facts_day[visitor], rows.watchlist[visitor]
        rows.lookups = {h: {id_: came for id_, came in days.items() if came >= day} for h, days in rows.lookups.items()}

    def _still_watched(self, visitor: bytes, now_ms: int) -> list[int]:
        return [id_ for id_ in self._rows.watchlist.get(visitor, ()) if self._is_watched(id_, now_ms)]

    def _is_watched(self, id_: int, now_ms: int) -> bool:
        row = self._rows.by_id.get(id_)
        if row is None:
            return False
        settled_at = self._rows.kept[id_].settled_at
        return may_be_reached(row.state, row.reason, row.received_ms if settled_at is None else settled_at, now_ms)

    def _forget_keys(self, now_ms: int) -> None:
        rows, old_ms = self._rows, now_ms - _ORDER_KEY_DAYS * MS_PER_DAY
        rows.by_key = {key: row for key, row in rows.by_key.items() if not self._is_forgotten(row, now_ms)}
        gone = [row for row in rows.by_id.values() if row.received_ms < old_ms and row.state not in UNSENT]
        for row in gone:
            rows.removed[row.state] = rows.removed.get(row.state, 0) + 1
            del rows.by_id[row.id], rows.kept[row.id]

    def _is_forgotten(self, row: Conversion, now_ms: int) -> bool:
        longer = row.order_id or row.state in _BLANKED or row.state in UNSENT
        days = _ORDER_KEY_DAYS if longer else _OTHER_KEY_DAYS
        return row.received_ms < now_ms - days * MS_PER_DAY


def _newest_ms(page: SightingPage) -> int:
    return max(sighting.at_ms for sighting in page.sightings)
