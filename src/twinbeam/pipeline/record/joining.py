"""
Which conversion an arrival belongs to, where its keys lead to several, or to one that is of another order.

An arrival bears the key of its event id and those that its order, checkout and cart give. Where they lead to two
conversions, they were one order all along and are united, as far as the arrival's word reaches: a server's joins what
it reports, a browser's joins what its own visit reported. Where they lead to what a server vouched for as another
order, or as another person's, the arrival gets a conversion of its own.
"""

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import NamedTuple

import msgspec
from msgspec import Raw
from msgspec.structs import replace

from twinbeam.core.keys import KEY_BYTES, conversion_key, stream_of
from twinbeam.core.lifecycle import UNSENT, State
from twinbeam.core.outcomes import Finding, Reason
from twinbeam.core.values import Side, Signal
from twinbeam.pipeline.record.conversion import STRONG, VOUCHED, Conversion, belongs_to
from twinbeam.pipeline.record.decision_table import REFUSED_BEFORE
from twinbeam.pipeline.record.read_set import ReadSet
from twinbeam.pipeline.record.relation import Relation, has_left, is_another_order, relation_of
from twinbeam.pipeline.record.vouching import person_of
from twinbeam.pipeline.record.write_set import WriteSet

_APART_SECONDS = 30 * 86_400  #: orders of one number that far apart are two: some shops begin anew each year
_SUFFIX_BYTES = 4
_MOST_REUSES = 5  #: of one number that are told apart


class Belonging(NamedTuple):
    """What an arrival belongs to."""

    signal: Signal  #: the arrival, under an id of its own where that was needed
    known: Conversion | None  #: its conversion; None: it opens one
    others: Sequence[Conversion] = ()  #: what turns out to be the same order
    finding: Finding | None = None  #: what is wrong with its sender's ids
    is_reused: bool = False  #: its number was used before, by another person or long ago
    moved: frozenset[bytes] = frozenset()  #: keys that lead to its conversion from now on, and led elsewhere


class Joining:
    """Finds conversions for the arrivals of one transaction."""

    def __init__(self, read_set: ReadSet, write_set: WriteSet) -> None:
        self._read_set = read_set
        self._write_set = write_set

    def belonging(self, signal: Signal, visitors: tuple[bytes, ...]) -> Belonging:
        """Return the conversion that an arrival belongs to."""
        if not signal.aliases:
            row = self._row(signal.key)
            if row is None or _is_of(row, signal):
                return Belonging(signal, row)
            return self._apart(signal, [row])
        rows = list({row.id: row for key in _keys(signal) if (row := self._row(key)) is not None}.values())
        fitting = [row for row in rows if _is_of(row, signal)]
        if not rows or not fitting:
            return self._apart(signal, rows) if rows else Belonging(signal, None)
        if len(fitting) == 1 == len(rows):
            return Belonging(signal, fitting[0])
        return self._one_of(signal, fitting, rows, visitors)

    def _row(self, key: bytes) -> Conversion | None:
        """Find the conversion under a key, or the one in which that is counted."""
        row = self._read_set.conversions.get(key)
        return self._read_set.rows.get(row.united, row) if row is not None and row.united else row

    def _one_of(
        self, signal: Signal, fitting: list[Conversion], rows: list[Conversion], visitors: tuple[bytes, ...]
    ) -> Belonging:
        """Choose among several, and name those that are the same order."""
        relations = {row.id: _relation(row, signal, visitors) for row in fitting}
        refused = [row for row in fitting if row.state in REFUSED_BEFORE and relations[row.id] is Relation.OWN]
        vouched_for = signal.channel.side is Side.SERVER
        own = _preferred(signal, fitting, relations)
        ranked = sorted(fitting, key=lambda row: (_rank(row), row.key == signal.key, -row.id))
        best = max(reversed(ranked), key=lambda row: (not is_another_order(row, signal), row.id in own))
        first = refused[0] if refused else best
        others = [row for row in fitting if row is not first and _may_unite(first, row, signal, relations[row.id])]
        yielding = [row for row in fitting if row is not first and vouched_for and _yields(row)]
        moved = self._leading_to(signal, {row.id for row in (*others, *yielding)})
        finding = Finding.ORDER_DIFFERS if len(fitting) < len(rows) else None
        return Belonging(self._under_own_id(signal, first), first, others, finding, moved=moved)

    def _under_own_id(self, signal: Signal, first: Conversion) -> Signal:
        """Return a browser's arrival under its order's id where its own leads to another order that is not ended."""
        there = self._row(signal.key)
        if there is None or there is first or signal.channel.side is Side.SERVER or not signal.order_event_id:
            return signal
        if there.state in REFUSED_BEFORE or not is_another_order(there, signal):
            return signal
        return renamed(signal, signal.order_event_id, signal.aliases[0])

    def _leading_to(self, signal: Signal, ids: set[int]) -> frozenset[bytes]:
        conversions = self._read_set.conversions
        return frozenset(key for key in _keys(signal) if key in conversions and conversions[key].id in ids)

    def _apart(self, signal: Signal, rows: Sequence[Conversion]) -> Belonging:
        """
        Return a conversion of an arrival's own, beside those of other orders under its ids.

        An id that leads to another order is used again only where a server ties it to a visit and the other order does
        not go out under it.
        """
        if any(_is_reused(row, signal) for row in rows):
            return self._reused(signal)
        order_key = signal.aliases[0] if signal.order_event_id else signal.key
        taken, there, key = self._row(order_key), self._row(signal.key), _key_apart(signal)
        is_server = signal.channel.side is Side.SERVER  # a browser takes no other order's keys
        is_free = there is None or (is_server and signal.strong and not self._goes_by(there, signal.event_id))
        if is_free:
            event_id = signal.event_id
        elif signal.order_event_id and (taken is None or not self._goes_by(taken, signal.order_event_id)):
            event_id = signal.order_event_id
        else:
            event_id = _with_suffix(signal.event_id, signal.order_id.encode())
        own = replace(renamed(signal, event_id, key), aliases=[signal.key, *signal.aliases])
        moved = frozenset({order_key, *([signal.key] if is_free else ())}) if is_server else frozenset[bytes]()
        row = self._found(key)
        if row is not None and not _is_of(row, own):
            row, moved = None, moved | {key}
        return Belonging(own, row, finding=Finding.ORDER_DIFFERS, moved=moved)

    def _goes_by(self, row: Conversion, event_id: str) -> bool:
        """
        Return whether a conversion may be sent under an id that leads to it: its row's own, or one that a copy brought.

        What copies of earlier transactions brought stands in their payload alone: the row tells how many there are.
        """
        brought = self._write_set.payloads.get(row.id, ())
        heard = (copy for copy in brought if not row.evidence & STRONG or belongs_to(row, copy.visitor))
        may_bring = not row.evidence & STRONG and row.copies > 1
        return row.event_id in ("", event_id) or may_bring or any(copy.event_id == event_id for copy in heard)

    def _found(self, key: bytes) -> Conversion | None:
        """Find the conversion under a key that no arrival bears by itself."""
        row = self._row(key) or self._read_set.find([key]).get(key)
        if row is not None:
            self._read_set.conversions[key] = row
        return row

    def _reused(self, signal: Signal) -> Belonging:
        """Find the conversion of a number's second, third ... use: its key goes by the person."""
        key, mark = signal.key, person_of(signal) or b"later"
        for _ in range(_MOST_REUSES):
            key = blake2b(key + mark, digest_size=KEY_BYTES).digest()
            row = self._found(key)
            own = renamed(signal, _with_suffix(signal.event_id, key), key)
            if row is None:
                return Belonging(own, None, is_reused=True)
            if not _is_reused(row, own):
                return Belonging(own, row)
        return Belonging(signal, self._read_set.conversions[signal.key])


def split(signal: Signal) -> Signal:
    """Return an arrival under an id that nobody who lacks its visit's token can have used before."""
    own = renamed(signal, _with_suffix(signal.event_id, signal.visits[0]), signal.key)
    return replace(own, aliases=signal.aliases)


def renamed(signal: Signal, event_id: str, key: bytes) -> Signal:
    """Return an arrival under another event id, in its body as well, and under one key alone."""
    if signal.body:
        body = msgspec.json.decode(signal.body, type=dict[str, Raw])
        body["event_id"] = Raw(msgspec.json.encode(event_id))
        signal = replace(signal, body=msgspec.json.encode(body))
    return replace(signal, event_id=event_id, key=key, aliases=[], order_event_id="")


def _key_apart(signal: Signal) -> bytes:
    """Return the key of an order whose ids lead to other orders."""
    stream = stream_of(signal.pixel, signal.test_code)
    return conversion_key(signal.workspace, signal.event_source, stream, signal.event, f"apart\n{signal.order_id}")


def _keys(signal: Signal) -> tuple[bytes, ...]:
    return (signal.key, *signal.aliases)


def _with_suffix(event_id: str, seed: bytes) -> str:
    return f"{event_id}-{blake2b(seed, digest_size=_SUFFIX_BYTES).hexdigest()}"


def _is_of(row: Conversion, signal: Signal) -> bool:
    """Return whether an arrival may be of a conversion, as far as servers have vouched for its order and person."""
    if not row.evidence & VOUCHED or not signal.order_id or not row.order_id:
        return True
    return row.order_id == signal.order_id and not _is_reused(row, signal)


def _is_reused(row: Conversion, signal: Signal) -> bool:
    """
    Return whether a server names another person under an order's number, or the same number long after.

    A shop system tells of one order for as long as something of it changes: a parcel that leaves after two months.
    """
    if signal.channel.side is not Side.SERVER or row.order_id != signal.order_id or not row.evidence & VOUCHED:
        return False
    person = person_of(signal)
    other_person = bool(person) and bool(row.person) and person != row.person
    is_long_after = abs(signal.event_time - row.event_time) > _APART_SECONDS
    return other_person or (is_long_after and not signal.of_order)


def _yields(row: Conversion) -> bool:
    """Return whether a server's word takes keys from a conversion: what only browsers refused."""
    return row.state in REFUSED_BEFORE and not row.evidence & VOUCHED


def _preferred(signal: Signal, rows: Sequence[Conversion], relations: Mapping[int, Relation]) -> set[int]:
    """Return those that an arrival rather belongs to: its own visit's, where a server named that, before all others."""
    own = {row.id for row in rows if relations[row.id] is Relation.OWN}
    if signal.channel.side is Side.SERVER:
        return own if signal.strong else set()
    is_named = any(row.evidence & STRONG for row in rows if row.id in own)
    return own if is_named else own | {row.id for row in rows if row.evidence & VOUCHED}


def _relation(row: Conversion, signal: Signal, visitors: tuple[bytes, ...]) -> Relation:
    return relation_of(row, signal, visitors, visitors[0] if visitors else b"")


def _rank(row: Conversion) -> tuple[bool, bool, bool]:
    """Order conversions of one order: what has left stands, then what waits, then what a server vouches for."""
    return (has_left(row), row.state in UNSENT, bool(row.evidence & VOUCHED))


def _may_unite(first: Conversion, other: Conversion, signal: Signal, relation: Relation) -> bool:
    """Return whether an arrival's word is enough to take two conversions for one order."""
    if is_another_order(other, signal):
        return False
    if other.state in REFUSED_BEFORE or other.state is State.ERASED or other.reason == Reason.JOINED:
        return False
    if first.state in REFUSED_BEFORE:
        return False
    if signal.channel.side is Side.SERVER:
        return True
    return relation is Relation.OWN and bool(other.visitor)
