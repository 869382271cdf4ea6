"""
Which conversions a visit's later word on consent may still reach.

Every event with a visit is noted, and few are ever asked for: only when a visit says otherwise than before. So the
notes of a visit lie in its own row, which most of its events write anyway (docs/decisions/0015-notes-of-a-visit.md).
"""

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet

from twinbeam.engines.stores.sqlite.connection import StoreConnection
from twinbeam.engines.stores.sqlite.packed import ids_of, packed_ids
from twinbeam.pipeline.record.rules import may_be_reached

_FEW = 32  #: notes of one visit that are kept without a look at what has become of them
_AT_ONCE = 2_000  #: visits that are looked through in one piece
_OF = "SELECT id, watched FROM visitor WHERE id IN ({})"
_ALL = "SELECT id, watched FROM visitor WHERE id > ? ORDER BY id LIMIT ?"
_EMPTY = "UPDATE visitor SET facts=x'', watched=?1 WHERE id=?2 AND (facts<>x'' OR watched<>?1)"
_STATES = "SELECT id, state, reason, coalesce(settled_at, received) FROM conversion WHERE id IN ({})"


class Watching:
    """The notes of one store."""

    def __init__(self, connection: StoreConnection) -> None:
        self._connection = connection
        self._db = connection.db
        self._laid: dict[int, bytes] = {}

    def lay(self, notes: dict[int, bytes]) -> None:
        """Take over notes as they were just read, by visitor: nothing changes them before `joined` gives new ones."""
        self._laid = notes

    def of(self, visitors: Iterable[int]) -> dict[int, list[int]]:
        """Return the conversions noted under each of some visitors that are there."""
        asked = set(visitors)
        laid = [(visitor, notes) for visitor, notes in self._laid.items() if visitor in asked]
        read = self._connection.among(_OF, sorted(asked.difference(self._laid)))
        return {visitor: ids_of(notes).tolist() for visitor, notes in (*laid, *read)}

    def joined(self, news: Sequence[tuple[int, int]], now_ms: int, *, new: AbstractSet[int]) -> dict[int, bytes]:
        """
        Join new notes, (visitor, conversion), with those that are there; give them by the visitors they change.

        Of visitors that are new, nothing is noted yet.
        """
        known = self.of({visitor for visitor, _ in news} - new)
        self._laid = {}
        joined: dict[int, list[int]] = {}
        for visitor, id_ in news:
            notes = joined[visitor] if visitor in joined else known.get(visitor, ())
            if id_ not in notes:
                joined.setdefault(visitor, [*notes]).append(id_)
        many = {visitor for visitor, notes in joined.items() if _are_many(len(known.get(visitor, ())), len(notes))}
        alive = self._alive((id_ for visitor in many for id_ in joined[visitor]), now_ms) if many else frozenset()
        left = {visitor: [id_ for id_ in joined[visitor] if id_ in alive] for visitor in many}
        return {visitor: packed_ids(notes) for visitor, notes in (joined | left).items()}

    def forget(self, visitors: Sequence[int], now_ms: int) -> None:
        """Remove what some visits are known by; what their later word may still reach stays noted."""
        noted = self.of(visitors)
        alive = self._alive((id_ for ids in noted.values() for id_ in ids), now_ms)
        needed = {visitor: left for visitor, ids in noted.items() if (left := [id_ for id_ in ids if id_ in alive])}
        self._db.executemany(_EMPTY, [(packed_ids(ids), visitor) for visitor, ids in needed.items()])
        gone = [(visitor,) for visitor in noted if visitor not in needed]
        if gone:
            self._connection.remember_highest("visitor")
            self._db.executemany("DELETE FROM visitor WHERE id=?", gone)

    def visitors_of(self, ids: Iterable[int]) -> Iterator[set[int]]:
        """Yield the visitors under whom some conversions are noted, in pieces: all visits are looked through."""
        wanted, place = set(ids), 0
        while wanted and (rows := self._db.execute(_ALL, (place, _AT_ONCE)).fetchall()):
            place = rows[-1][0]
            yield {visitor for visitor, notes in rows if not wanted.isdisjoint(ids_of(notes))}

    def _alive(self, ids: Iterable[int], now_ms: int) -> frozenset[int]:
        """Return those of some conversions that a word on consent may still reach."""
        rows = self._connection.among(_STATES, sorted(set(ids)))
        return frozenset(id_ for id_, state, reason, ended in rows if may_be_reached(state, reason, ended, now_ms))


def _are_many(before: int, now: int) -> bool:
    """Return whether notes have grown past the next power of two: looked through only then, they cost little each."""
    return now > _FEW and before.bit_length() < now.bit_length()
