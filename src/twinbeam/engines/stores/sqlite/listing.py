"""
What the pages list: conversions by their state and pixel, newest first, and TikTok's newest answers. Reads only.

What is being sent stands in the schedule and in open batches; everything else in the index `conversion_listed`, by
workspace, pixel and state. A page is merged from the newest of each, so it costs the same however much there is.
"""

import json
from collections.abc import Collection, Iterator, Sequence
from heapq import merge, nlargest
from itertools import islice

import msgspec

from twinbeam.core.clock import MS_PER_DAY
from twinbeam.core.lifecycle import SENDING, State, whole
from twinbeam.core.story import WIDE, LastAnswer, Listed, Narrowed, SideSeen, Story
from twinbeam.core.values import MATCH
from twinbeam.engines.stores.sqlite.moments import first_since
from twinbeam.engines.stores.sqlite.packed_rows import unpack_ids
from twinbeam.engines.stores.sqlite.reading import STORY, StoreReader, as_story
from twinbeam.pipeline.record.conversion import BARE, found_bit

Place = tuple[str, str]
"""(workspace, pixel)"""

_END = 2**62
MOST_LOOKED_AT = 5_000  #: conversions among which those of an event or a side are looked for, for one page
_CHUNK = 250
#: What a narrowed list holds of some conversions, by the sides that reported them.
_MATCHING = {
    seen: (
        "SELECT id FROM conversion WHERE id IN (SELECT value FROM json_each(?1)) AND (?2 = '' OR event = ?2) "  # noqa: S608
        "AND (?3 = '' OR (instr(',' || ?3 || ',', ',' || reason || ',') AND state <> 'leased')) "
        "AND (?4 = 0 OR found & ?4) AND (?5 = 0 OR copies > 1) "
        f"AND (?6 = 0 OR (match & ?6 AND conditions & {BARE} = 0)) "
        f"{which} ORDER BY id DESC"
    )
    for seen, which in {
        "": "",
        "browser": "AND channels = 'browser' AND united = 0 AND test_code = '' AND state <> 'dropped'",
        "server": "AND instr(channels, 'browser') = 0 AND united = 0 AND test_code = '' AND state <> 'dropped'",
        "both": "AND instr(channels, 'browser') > 0 AND channels <> 'browser' AND united = 0 AND test_code = '' "
        "AND state <> 'dropped'",
    }.items()
}
_LISTED = "conversion INDEXED BY conversion_listed WHERE state NOT IN ('ready', 'leased', 'waiting')"
_NEXT_PIXEL = f"SELECT workspace, pixel FROM {_LISTED} AND workspace=? AND pixel>? ORDER BY pixel LIMIT 1"  # noqa: S608 -- constants only
_NEXT_WORKSPACE = f"SELECT workspace, pixel FROM {_LISTED} AND workspace>? ORDER BY workspace, pixel LIMIT 1"  # noqa: S608 -- likewise
_IN_STATE = f"SELECT id FROM {_LISTED} AND workspace=? AND pixel=? AND state=? AND id<? ORDER BY id DESC LIMIT ?"  # noqa: S608 -- likewise
_OF_PIXEL = "IN (SELECT id FROM lane WHERE workspace=? AND source_id=?)"
_SCHEDULED = "SELECT id FROM ready WHERE id<? {} ORDER BY id DESC LIMIT ?"
_OPEN = "SELECT ids FROM batch WHERE state='leased' {}"
_NEWEST = "SELECT id FROM conversion WHERE id<? ORDER BY id DESC LIMIT ?"
#: A pixel may have several lanes; of a group with max(), SQLite gives the other columns of the row that has it.
_ANSWERS = (
    "SELECT lane.workspace, lane.source_id AS pixel, batch.answered_at AS at_ms, batch.code, "
    "coalesce(batch.message, '') AS message, max(batch.id) FROM lane JOIN batch ON batch.id = "
    "(SELECT max(id) FROM batch WHERE batch.lane = lane.id AND code IS NOT NULL) "
    "GROUP BY lane.workspace, lane.source_id ORDER BY lane.workspace, lane.source_id"
)
_SIDES = (
    "SELECT workspace, pixel, event, side, at AS at_ms, alone FROM side_seen ORDER BY workspace, pixel, event, side"
)


class Listing(StoreReader):
    """See web.contract.ReadModel for the promises."""

    def in_state(
        self,
        states: Collection[str],
        *,
        limit: int,
        pixel: Place | None = None,
        before_id: int | None = None,
        narrowed: Narrowed = WIDE,
    ) -> Listed:
        """Return the newest conversions in one of some states, and where the list goes on."""
        asked = whole(states)
        with self.one_moment():
            if narrowed.is_wide:
                ids = self._newest(asked, pixel, before_id or _END, limit + 1)
                next_id = ids[limit - 1] if len(ids) > limit else None
            else:
                ids, next_id = self._narrowed(asked, pixel, before_id or _END, limit, narrowed)
            stories = [story for id_ in ids[:limit] for story in self._summaries(id_)]
        return Listed(stories, next_id)

    def last_answers(self) -> list[LastAnswer]:
        """Return the newest answer to each pixel that ever had one."""
        return [msgspec.convert(row, LastAnswer) for row in self._records(_ANSWERS)]

    def sides_seen(self) -> list[SideSeen]:
        """Return when each side of each pixel last reported each event."""
        return [SideSeen(*row) for row in self._rows(_SIDES)]

    def _newest(self, states: frozenset[str], pixel: Place | None, top: int, limit: int) -> Sequence[int]:
        if pixel is None and states.issuperset(State):
            return [id_ for (id_,) in self._rows(_NEWEST, (top, limit))]
        lists = [self._at_rest(place, state, top, limit) for place in self._places(pixel) for state in states - _SENT]
        if states & _SENT:
            lists.append(self._being_sent(pixel, top, limit))
        return list(islice(merge(*lists, reverse=True), limit))

    def _narrowed(
        self, states: frozenset[str], pixel: Place | None, top: int, limit: int, narrowed: Narrowed
    ) -> tuple[list[int], int | None]:
        """Return the newest ids that a narrowed list holds, and where it goes on; it looks at so many and no more."""
        bottom, end = self._between(narrowed)
        looked_at = self._newest(states, pixel, min(top, end), MOST_LOOKED_AT)
        among = [id_ for id_ in looked_at if id_ >= bottom]
        found: list[int] = []
        bits = found_bit(narrowed.found), int(narrowed.several), MATCH.get(narrowed.carries, 0)
        said = (narrowed.event, narrowed.reason, *bits)
        for first in range(0, len(among), _CHUNK):
            some = json.dumps(among[first : first + _CHUNK])
            found += [id_ for (id_,) in self._rows(_MATCHING[narrowed.seen], (some, *said))]
            if len(found) > limit:
                return found[:limit], found[limit - 1]
        cut_off = len(looked_at) == MOST_LOOKED_AT and len(among) == len(looked_at)
        return found, looked_at[-1] if cut_off else None

    def _between(self, narrowed: Narrowed) -> tuple[int, int]:
        """Return the first id of some days, and the first behind them."""
        highest = self._rows("SELECT coalesce(max(id), 0) FROM conversion")[0][0]
        since, until = narrowed.since_day, narrowed.until_day
        bottom = 0 if since is None else first_since(self._db, since * MS_PER_DAY, highest)
        end = _END if until is None else first_since(self._db, (until + 1) * MS_PER_DAY, highest)
        return bottom, end

    def _at_rest(self, place: Place, state: str, top: int, limit: int) -> list[int]:
        return [id_ for (id_,) in self._rows(_IN_STATE, (*place, state, top, limit))]

    def _being_sent(self, pixel: Place | None, top: int, limit: int) -> list[int]:
        of_pixel, place = (f"AND lane {_OF_PIXEL}", pixel) if pixel else ("", ())
        scheduled = [id_ for (id_,) in self._rows(_SCHEDULED.format(of_pixel), (top, *place, limit))]
        leased = (id_ for (ids,) in self._rows(_OPEN.format(of_pixel), place) for id_ in unpack_ids(ids) if id_ < top)
        return nlargest(limit, [*scheduled, *leased])

    def _places(self, pixel: Place | None) -> Iterator[Place]:
        """Yield each workspace and pixel that the index knows, by a leap to the next one."""
        if pixel is not None:
            yield pixel
            return
        workspace = code = ""
        while found := self._rows(_NEXT_PIXEL, (workspace, code)) or self._rows(_NEXT_WORKSPACE, (workspace,)):
            ((workspace, code),) = found
            yield workspace, code

    def _summaries(self, id_: int) -> list[Story]:
        return [as_story(row, [], []) for row in self._records(f"{STORY} WHERE id = ?", (id_,))]


_SENT = frozenset(SENDING)
