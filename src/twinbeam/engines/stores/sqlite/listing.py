"""What the pages list beside single stories. Reads only; there is no index for it, so each look has a bound."""

from collections.abc import Collection

import msgspec

from twinbeam.core.story import LastAnswer, Listed
from twinbeam.engines.stores.sqlite.reading import STORY, Reading, as_story

#: Conversions that are looked through for one page of a list: 30 ms where hardly any is in its state.
MOST_ROWS = 100_000

#: Requests that are looked through, newest first, in at most 150 ms; a refused token is tried again each minute.
_MOST_REQUESTS = 20_000
_ANSWERS = (  # of a group with max(), SQLite gives the other columns of the row that has it
    "SELECT lane.workspace, lane.source_id AS pixel, batch.answered_at AS at_ms, batch.code, "
    "coalesce(batch.message, '') AS message, max(batch.id) FROM batch JOIN lane ON lane.id = batch.lane "
    "WHERE batch.id > (SELECT max(id) FROM batch) - ? AND batch.code IS NOT NULL "
    "GROUP BY lane.workspace, lane.source_id ORDER BY lane.workspace, lane.source_id"
)


class Listing(Reading):
    """See dashboard.contract.Ledger for the promises."""

    def in_state(
        self, states: Collection[str], *, limit: int, pixel: tuple[str, str] | None = None, before_id: int | None = None
    ) -> Listed:
        """Give the newest conversions in one of some states; a page ends where enough was found or looked through."""
        top = before_id or self._number("SELECT max(id) FROM conversion") + 1
        marks, place = ",".join("?" * len(states)), pixel or ()
        where = f"id<? AND id>=? AND state IN ({marks}) {'AND workspace=? AND pixel=?' * bool(place)}"
        rows = self._records(
            f"{STORY} WHERE {where} ORDER BY id DESC LIMIT ?", (top, top - MOST_ROWS, *states, *place, limit)
        )
        end = rows[-1]["id"] if len(rows) == limit else top - MOST_ROWS
        older = end > self._number("SELECT min(id) FROM conversion")
        return Listed([as_story(row, [], []) for row in rows], end if older else None)

    def _number(self, sql: str) -> int:
        return int(self._rows(sql)[0][0] or 0)

    def last_answers(self) -> list[LastAnswer]:
        """Give the newest answer to each pixel that had one lately."""
        return [msgspec.convert(row, LastAnswer) for row in self._records(_ANSWERS, (_MOST_REQUESTS,))]
