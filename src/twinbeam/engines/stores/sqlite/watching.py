"""
Which conversions a visit's later word on consent may still reach.

Every event with a visit is noted, and few are ever asked for: only when a visit says otherwise than before. So the
notes of a transaction are one row that is appended, searched from end to end, and dropped once all of it has ended.
"""

from collections.abc import Iterable, Iterator, Sequence

from twinbeam.core.lifecycle import UNSENT, State
from twinbeam.engines.stores.sqlite import packed
from twinbeam.engines.stores.sqlite.connection import Connection
from twinbeam.pipeline.record.rules import IN_VAIN

_TABLE = "watched"
_WIDTH = 8
_STATES = "SELECT id, state, reason, coalesce(settled_at, received) FROM conversion WHERE id IN ({})"


class Watching:
    """The notes of one store; whatever writes is called inside a transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._db = connection.db

    def add(self, notes: Sequence[tuple[int, int]]) -> None:
        """Note conversions under their visitors: (visitor, conversion)."""
        if notes:
            packed.append(self._db, _TABLE, _WIDTH, [(_key(visitor), id_) for visitor, id_ in notes])

    def of(self, visitors: Iterable[int]) -> dict[int, list[int]]:
        """Give the conversions noted under some visitors, in one pass."""
        found: dict[int, list[int]] = {}
        for key, id_ in packed.find(self._db, _TABLE, *map(_key, visitors)):
            known = found.setdefault(int.from_bytes(key, "big"), [])
            if id_ not in known:
                known.append(id_)
        return found

    def visitors_of(self, ids: Iterable[int]) -> set[int]:
        """Give the visitors under whom some conversions are noted."""
        return {int.from_bytes(key, "big") for key, _ in packed.leading_to(self._db, _TABLE, _WIDTH, ids)}

    def forget(self, visitors: Iterable[int]) -> None:
        """Drop what is noted under some visitors."""
        leaving = set(visitors)
        for n, entries in list(self._rows()):
            left = [entry for entry in entries if int.from_bytes(entry[0], "big") not in leaving]
            if len(left) < len(entries):
                packed.rewrite(self._db, _TABLE, n, left)

    def tidy(self, vain_since_ms: int, sent_since_ms: int) -> Iterator[bool]:
        """
        Drop, row by row, the notes of what has ended.

        What was held in vain since the one moment may begin anew, and what was delivered since the other be added to.
        """
        place = 0
        while row := self._db.execute("SELECT n, hashes, ids FROM watched WHERE n > ? LIMIT 1", (place,)).fetchone():
            place, entries = row[0], packed.taken_apart(row[1], row[2], _WIDTH)
            left = self._alive(entries, vain_since_ms, sent_since_ms)
            if not left:
                self._db.execute("DELETE FROM watched WHERE n=?", (place,))
            elif len(left) < len(entries):
                packed.rewrite(self._db, _TABLE, place, left)
            yield False

    def _alive(self, entries: Sequence[packed.Entry], vain_since_ms: int, sent_since_ms: int) -> list[packed.Entry]:
        rows = self._connection.among(_STATES, sorted({id_ for _, id_ in entries}))
        alive = {
            id_
            for id_, state, reason, ended in rows
            if state in UNSENT
            or (state == State.EXPIRED and reason in IN_VAIN and ended >= vain_since_ms)
            or (state == State.DELIVERED and ended >= sent_since_ms)
        }
        return [entry for entry in entries if entry[1] in alive]

    def _rows(self) -> Iterator[tuple[int, list[packed.Entry]]]:
        for n, hashes, ids in self._db.execute("SELECT n, hashes, ids FROM watched ORDER BY n"):
            yield n, packed.taken_apart(hashes, ids, _WIDTH)


def _key(visitor: int) -> bytes:
    return visitor.to_bytes(_WIDTH, "big")
