"""
One reading of the store for everybody who sees the same: at most one a second, however many viewers there are.

Nothing is read while nobody looks.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from msgspec import Struct

from twinbeam.core.clock import day_of
from twinbeam.core.fleet import WEEK_DAYS
from twinbeam.core.story import PixelRow, Story, Total
from twinbeam.core.users import Role, SignedIn
from twinbeam.web.alarms import Alarm
from twinbeam.web.contract import LagView, ReadModel, RouteContext
from twinbeam.web.sight import as_seen, lag_within

PERIODS = (1, WEEK_DAYS)  #: in UTC days, today among them
LATEST = 20
FRESH_SECONDS = 1.0
ALARM_SECONDS = 5.0  #: what must not be overlooked costs more to find, and lasts for longer than that


Look = Callable[[ReadModel, Sequence[PixelRow], Sequence[Total], int], Sequence[Alarm]]
"""Finds what must not be overlooked, in a store with these pixels and totals of the week, at a moment."""


class Snapshot(Struct, frozen=True):
    """What the store said at one moment."""

    at_ms: int
    totals: Mapping[int, Sequence[Total]]  #: of each period of PERIODS
    latest: Sequence[Story]
    pixels: Sequence[PixelRow]
    lag: LagView
    alarms: Sequence[Alarm] = ()
    may_change: bool = True  #: whoever looks at it may run commands


class SnapshotCache:
    """Shares snapshots, and what is rendered from them."""

    def __init__(
        self,
        context: RouteContext,
        *,
        render: Callable[[Snapshot, int], str],
        look: Look,
        role: Role = Role.OWNER,
        workspace: str = "",
    ) -> None:
        self._context = context
        self._workspace = workspace
        self._may_change = role != Role.VIEWER
        self._read_model = as_seen(role, workspace, context.read_model)
        self._render = render
        self._look = look
        self._alarms: Sequence[Alarm] = ()
        self._looked_at = -ALARM_SECONDS
        self._lock = asyncio.Lock()
        self._last: Snapshot | None = None
        self._read_at = 0.0
        self._rendered: dict[int, str] = {}

    async def fragment(self, days: int) -> tuple[Snapshot, str]:
        """
        Return a snapshot not older than a second and what the page shows of it; raises StorageError.

        It is rendered once for all viewers of this period, on the reader's thread: many pixels make many rows.
        """
        async with self._lock:
            snapshot = await self._fresh()
            if days not in self._rendered:
                self._rendered[days] = await self._context.on_reader(partial(self._render, snapshot, days))
            return snapshot, self._rendered[days]

    async def _fresh(self) -> Snapshot:
        now = self._context.clock.monotonic()
        if self._last is None or now - self._read_at >= FRESH_SECONDS:
            self._last = await self._context.on_reader(self._read)
            self._read_at = now
            self._rendered.clear()
        return self._last

    def _read(self) -> Snapshot:
        """Read one snapshot; for the reader's thread."""
        read_model, now_ms, now = (
            self._read_model,
            self._context.clock.now_ms(),
            self._context.clock.monotonic(),
        )
        totals = {days: read_model.totals(since_day=day_of(now_ms) - days + 1) for days in PERIODS}
        pixels = read_model.pixels()
        if now - self._looked_at >= ALARM_SECONDS:
            self._alarms, self._looked_at = self._look(read_model, pixels, totals[WEEK_DAYS], now_ms), now
        return Snapshot(
            at_ms=now_ms,
            totals=totals,
            latest=read_model.recent(limit=LATEST),
            pixels=pixels,
            lag=lag_within(self._workspace, self._context.lag()),
            alarms=self._alarms,
            may_change=self._may_change,
        )


class SnapshotCaches:
    """One cache for viewers and one for the others, of all workspaces and of each that somebody is kept to."""

    def __init__(self, context: RouteContext, *, render: Callable[[Snapshot, int], str], look: Look) -> None:
        self._make = partial(SnapshotCache, context, render=render, look=look)
        self._caches: dict[tuple[Role, str], SnapshotCache] = {}

    def of(self, who: SignedIn) -> SnapshotCache:
        """Return the cache of those who see what somebody may see. Only workspaces that were added get here."""
        role = Role.VIEWER if who.role == Role.VIEWER else Role.OWNER  # members see no less here than owners
        return self._caches.setdefault((role, who.workspace), self._make(role=role, workspace=who.workspace))
