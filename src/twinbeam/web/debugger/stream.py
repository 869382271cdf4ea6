"""
GET /debugger/live: rows as server-sent events.

`rows` carries up to 50 new rows, the newest first; `changed` carries rows that were sent before and stand otherwise
now; `left` tells that more came than are shown; `tick` that nothing did, `trouble` and `ended` carry a sentence.
Whoever reads too slowly is hung up on: their browser asks again, and goes on where it was.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import partial
from itertools import count

from starlette.requests import Request
from starlette.responses import Response

from twinbeam.core.errors import TwinbeamError
from twinbeam.web.access import signed_in
from twinbeam.web.contract import RouteContext
from twinbeam.web.debugger.asked import DebuggerQuestion, read_place, read_question
from twinbeam.web.debugger.newest import EVERY_SECONDS, Glance, NewestOfWorkspaces, NewestRows
from twinbeam.web.debugger.rows import DebuggerRow
from twinbeam.web.places import Places
from twinbeam.web.streaming import ENDED, RETRY, Still, event, streamed, trouble

Render = Callable[[Sequence[DebuggerRow], Places, int | None], str]

MOST_ROWS = 50  #: of one event
SLOW_SECONDS = 5.0  #: that somebody may take to read what was written
_FOLLOWED = 200  #: rows whose changes are told
_STILL_TURNS = 25
_TICK_TURNS = 5
_TROUBLE = "The store cannot be read right now; new events will show once it can."


async def stream(
    render: Render, context: RouteContext, newest: NewestOfWorkspaces, still: Still, request: Request
) -> Response:
    """Answer GET /debugger/live."""
    told = request.headers.get("last-event-id", "")
    after = read_place({"id": told.partition("/")[0]}, "id") or read_place(request.query_params, "after") or 0
    since = read_place({"id": told.partition("/")[2]}, "id") or read_place(request.query_params, "since") or 0
    watching = Watching(read_question(request.query_params), after, since)
    rows = newest.of(signed_in(request).workspace)
    return streamed(request, lambda: _events(rows, watching, render, context, partial(still, request)))


class Watching:
    """What one who watches has been told."""

    def __init__(self, question: DebuggerQuestion, after: int, since_ms: int) -> None:
        self._question = question
        self._after = after  #: the number of the newest recorded row that they know
        self._since_ms = since_ms  #: when the newest rejected one that they know came
        self._told: dict[str, tuple[str, str, int | None]] = {}

    @property
    def place(self) -> str:
        """Where they would go on."""
        return f"{self._after}/{self._since_ms}"

    def news(self, glance: Glance) -> tuple[list[DebuggerRow], list[DebuggerRow], bool]:
        """Return new rows, rows that changed, and whether more came than these."""
        newest = max((row.number for row in glance.recorded), default=self._after)
        self._after = min(self._after, newest)  # in a store that was restored numbers begin anew
        recorded = [row for row in glance.recorded if row.number > self._after]
        rejected = [row for row in glance.rejected if row.at_ms > self._since_ms]
        has_gap = bool(recorded) and bool(self._after) and len(recorded) == len(glance.recorded)
        fresh = [row for row in (*recorded, *rejected) if self._question.means(row)]
        fresh = sorted(fresh, key=lambda row: row.at_ms, reverse=True)
        changed = [row for row in glance.recorded if self._told.get(row.key, row.version) != row.version]
        self._after = max([self._after, *(row.number for row in recorded)])
        self._since_ms = max([self._since_ms, *(row.at_ms for row in rejected)])
        shown = fresh[:MOST_ROWS]
        self._remember([*reversed(shown), *changed[:MOST_ROWS]])
        return shown, changed[:MOST_ROWS], has_gap or len(fresh) > MOST_ROWS

    def _remember(self, rows: Sequence[DebuggerRow]) -> None:
        for row in rows:
            if row.seen is not None:
                self._told[row.key] = row.version
        while len(self._told) > _FOLLOWED:
            del self._told[next(iter(self._told))]


async def _events(
    newest: NewestRows, watching: Watching, render: Render, context: RouteContext, still: Callable[[], Awaitable[bool]]
) -> AsyncIterator[str]:
    yield RETRY
    for turn in count(1):
        if context.closing():
            return
        if turn % _STILL_TURNS == 0 and not await _is_still(still):
            yield ENDED
            return
        text = await _turn(newest, watching, render, is_quiet=turn % _TICK_TURNS != 1)
        if text:
            began = context.clock.monotonic()
            yield text
            if context.clock.monotonic() - began > SLOW_SECONDS:
                return
        await asyncio.sleep(EVERY_SECONDS)


async def _is_still(still: Callable[[], Awaitable[bool]]) -> bool:
    try:
        return await still()
    except TwinbeamError:
        return True  # nobody can tell just now


async def _turn(newest: NewestRows, watching: Watching, render: Render, *, is_quiet: bool) -> str:
    try:
        glance = await newest.look()
        shown, changed, has_more = watching.news(glance)
    except TwinbeamError:
        return "" if is_quiet else trouble(_TROUBLE)
    parts = [event("rows", render(shown, glance.places, glance.at_ms), watching.place)] if shown else []
    parts += [event("changed", render(changed, glance.places, glance.at_ms), watching.place)] if changed else []
    parts += [event("left", "", watching.place)] if has_more else []
    return "".join(parts) or ("" if is_quiet else event("tick", "", watching.place))
