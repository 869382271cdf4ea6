"""
Which conversions a visit's later word on consent may still reach.

Every event with a visit is noted, and few are ever asked for: only when a visit says otherwise than before. So the
notes of a visit lie in its own row, which most of its events write anyway (docs/decisions/0015-notes-of-a-visit.md).
"""

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet

from twinbeam.engines.stores.sqlite.connection import StoreConnection
from twinbeam.engines.stores.sqlite.packed_rows import pack_ids, unpack_ids
from twinbeam.pipeline.record.decision_table import may_be_reached

_FEW = 32  #: notes of one visit that are kept without a look at what has become of them
_AT_ONCE = 2_000  #: visits that are looked through in one piece
_OF = "SELECT id, watchlist FROM visitor WHERE id IN ({})"
_ALL = "SELECT id, watchlist FROM visitor WHERE id > ? ORDER BY id LIMIT ?"
_EMPTY = "UPDATE visitor SET facts=x'', watchlist=?1 WHERE id=?2 AND (facts<>x'' OR watchlist<>?1)"
_STATES = "SELECT id, state, reason, coalesce(settled_at, received) FROM conversion WHERE id IN ({})"


class ConsentWatchlist:
    """The notes of one store."""

    def __init__(self, connection: StoreConnection) -> None:
        self._connection = connection
        self._db = connection.db
        self._preloaded: dict[int, bytes] = {}

    def preload(self, notes: dict[int, bytes]) -> None:
        """Take over notes as they were just read, by visitor: nothing changes them before `merged` gives new ones."""
        self._preloaded = notes

    def of(self, visitors: Iterable[int]) -> dict[int, list[int]]:
        """Return the conversions noted under each of some visitors that are there."""
        asked = set(visitors)
        preloaded = [(visitor, notes) for visitor, notes in self._preloaded.items() if visitor in asked]
        read = self._connection.select_in(_OF, sorted(asked.difference(self._preloaded)))
        return {visitor: unpack_ids(notes).tolist() for visitor, notes in (*preloaded, *read)}

    def merged(self, news: Sequence[tuple[int, int]], now_ms: int, *, new: AbstractSet[int]) -> dict[int, bytes]:
        """
        Merge new notes, (visitor, conversion), with those that are there; give them by the visitors they change.

        Of visitors that are new, nothing is noted yet.
        """
        known = self.of({visitor for visitor, _ in news} - new)
        self._preloaded = {}
        merged: dict[int, list[int]] = {}
        for visitor, id_ in news:
            notes = merged[visitor] if visitor in merged else known.get(visitor, ())
            if id_ not in notes:
                merged.setdefault(visitor, [*notes]).append(id_)
        many = {visitor for visitor, notes in merged.items() if _are_many(len(known.get(visitor, ())), len(notes))}
        alive = self._alive((id_ for visitor in many for id_ in merged[visitor]), now_ms) if many else frozenset()
        left = {visitor: [id_ for id_ in merged[visitor] if id_ in alive] for visitor in many}
        return {visitor: pack_ids(notes) for visitor, notes in (merged | left).items()}

    def forget(self, visitors: Sequence[int], now_ms: int) -> None:
        """Remove what some visits are known by; what their later word may still reach stays noted."""
        noted = self.of(visitors)
        alive = self._alive((id_ for ids in noted.values() for id_ in ids), now_ms)
        needed = {visitor: left for visitor, ids in noted.items() if (left := [id_ for id_ in ids if id_ in alive])}
        self._db.executemany(_EMPTY, [(pack_ids(ids), visitor) for visitor, ids in needed.items()])
        gone = [(visitor,) for visitor in noted if visitor not in needed]
        if gone:
            self._connection.save_highest_id("visitor")
            self._db.executemany("DELETE FROM visitor WHERE id=?", gone)

    def visitors_of(self, ids: Iterable[int]) -> Iterator[set[int]]:
        """Yield the visitors under whom some conversions are noted, in pieces: all visits are looked through."""
        wanted, place = set(ids), 0
        while wanted and (rows := self._db.execute(_ALL, (place, _AT_ONCE)).fetchall()):
            place = rows[-1][0]
            yield {visitor for visitor, notes in rows if not wanted.isdisjoint(unpack_ids(notes))}

    def _alive(self, ids: Iterable[int], now_ms: int) -> frozenset[int]:
        """Return those of some conversions that a word on consent may still reach."""
        rows = self._connection.select_in(_STATES, sorted(set(ids)))
        return frozenset(id_ for id_, state, reason, ended in rows if may_be_reached(state, reason, ended, now_ms))


def _are_many(before: int, now: int) -> bool:
    """Return whether notes have grown past the next power of two: looked through only then, they cost little each."""
    return now > _FEW and before.bit_length() < now.bit_length()
