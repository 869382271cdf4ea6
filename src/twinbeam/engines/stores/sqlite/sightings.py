"""The ring of sightings in SQLite: a row is a page of one place; core.sightings decides which rows leave."""

import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

import msgspec

from twinbeam.core.clock import MS_PER_DAY
from twinbeam.core.errors import StorageBusy, StorageError, StorageFull
from twinbeam.core.sightings import PAGE, Ring, Seen, Sighting, SightingPlace
from twinbeam.core.story import Story
from twinbeam.engines.sqlite_file import translated

_PAGES = "SELECT id, workspace, pixel, side, n FROM sighting_page ORDER BY id"
_PUT = "INSERT INTO sighting_page VALUES (?,?,?,?,?,?,?)"
_DELETE = "DELETE FROM sighting_page WHERE id=?"
_NEWEST = "SELECT coalesce(max(id), 0) FROM sighting_page"
_READ = "SELECT id, workspace, pixel, side, n, body FROM sighting_page "
_SINCE = _READ + "WHERE id > ? ORDER BY id DESC"
_BEFORE = _READ + "WHERE id < ? ORDER BY id DESC"  # a page that begins before a number may end behind it
_ONE = _READ + "WHERE id >= ? ORDER BY id LIMIT 1"
_OLD = "SELECT id, workspace, at_ms FROM sighting_page ORDER BY id"
_BODIES = "SELECT id, body FROM sighting_page"
_BLANK = "UPDATE sighting_page SET body=? WHERE id=?"

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[Sighting | None]).decode


class SightingRing:
    """Writes sightings down; call inside a transaction."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._ring: Ring | None = None

    def reload(self) -> None:
        """Take what is kept in memory from the file, after a rollback or after pages were removed otherwise."""
        self._ring = None

    def add(self, sighted: Sequence[tuple[SightingPlace, Sighting]]) -> None:
        """Keep what came, and let go what has no room any more; damage to what is kept here takes no event with it."""
        if not sighted:
            return
        self._db.execute("SAVEPOINT sightings")
        try:
            with translated():
                self._add(sighted)
        except (StorageBusy, StorageFull):
            raise
        except StorageError:
            self._db.execute("ROLLBACK TO sightings")
            self.reload()
        finally:
            if self._db.in_transaction:
                self._db.execute("RELEASE sightings")

    def _add(self, sighted: Sequence[tuple[SightingPlace, Sighting]]) -> None:
        if self._ring is None:
            rows = self._db.execute(_PAGES).fetchall()
            self._ring = Ring((id_, SightingPlace(*place), n) for id_, *place, n in rows)
        pages, leaving = self._ring.add(sighted)
        written = [
            (it.number, *it.place, len(it.sightings), max(one.at_ms for one in it.sightings), _encode(it.sightings))
            for it in pages
        ]
        self._db.executemany(_PUT, written)
        if leaving:
            self._db.executemany(_DELETE, [(number,) for number in leaving])

    def blank(self, conversions: Collection[int]) -> None:
        """Forget all sightings of some conversions; their numbers stay taken."""
        gone = frozenset(conversions)
        if not gone:
            return
        changed = []
        for id_, body in self._db.execute(_BODIES):
            kept = _decode(body)
            left = [None if one is not None and one.conversion in gone else one for one in kept]
            if left != kept:
                changed.append((_encode(left), id_))
        self._db.executemany(_BLANK, changed)

    def forget(self, keep_days_of: Callable[[str], int], now_ms: int) -> None:
        """Forget what is older than its workspace keeps; the newest page stays as a blank: no number returns."""
        rows = self._db.execute(_OLD).fetchall()
        old = [id_ for id_, workspace, at_ms in rows if at_ms < now_ms - keep_days_of(workspace) * MS_PER_DAY]
        if old and old[-1] == rows[-1][0]:
            (n,) = self._db.execute("SELECT n FROM sighting_page WHERE id=?", (old[-1],)).fetchone()
            self._db.execute(_BLANK, (_encode([None] * n), old.pop()))
        self._db.executemany(_DELETE, [(id_,) for id_ in old])
        self.reload()


class SightingReader:
    """See core.sightings.SightingReads for the promises."""

    def __init__(self, db: sqlite3.Connection, stories: Callable[[Sequence[int]], list[Story]]) -> None:
        self._db = db
        self._stories = stories

    def newest(self) -> int:
        """Return the number of the newest sighting, 0 where there is none."""
        with translated():
            return int(self._db.execute(_NEWEST).fetchone()[0])

    def since(self, number: int, *, limit: int) -> list[Seen]:
        """Return what came after a number, the newest of it, newest first."""
        return self._first(self._seen(_SINCE, number), limit, lambda it: it.number > number)

    def before(self, number: int | None, *, limit: int) -> list[Seen]:
        """Return what came before a number, or the newest, newest first."""
        upto = 2**62 if number is None else number
        return self._first(self._seen(_BEFORE, upto + PAGE), limit, lambda it: it.number < upto)

    def one(self, number: int) -> Seen | None:
        """Return one sighting, or None where it is gone."""
        return next((it for it in self._seen(_ONE, number) if it.number == number), None)

    def of(self, conversions: Sequence[int]) -> list[Seen]:
        """Return the sightings of some conversions, newest first."""
        asked = frozenset(conversions)
        return [it for it in self._seen(_SINCE, 0) if it.sighting.conversion in asked]

    def conversions(self, ids: Sequence[int]) -> Mapping[int, Story]:
        """Return conversions by their numbers, as they stand now, without copies and attempts."""
        return {story.id: story for story in self._stories(ids)}

    def _first(self, found: Iterator[Seen], limit: int, is_meant: Callable[[Seen], bool]) -> list[Seen]:
        kept: list[Seen] = []
        for it in found:
            if is_meant(it):
                kept.append(it)
            if len(kept) >= limit:
                break
        return kept

    def _seen(self, sql: str, number: int) -> Iterator[Seen]:
        with translated():
            for row in self._db.execute(sql, (number,)):
                yield from _page(*row)


def _page(number: int, workspace: str, pixel: str, side: str, n: int, body: bytes) -> Iterator[Seen]:
    first = number - n + 1
    for place, sighting in reversed(list(enumerate(_decode(body)))):
        if sighting is not None:
            yield Seen(first + place, workspace, pixel, side, sighting)
