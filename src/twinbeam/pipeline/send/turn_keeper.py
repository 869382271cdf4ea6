"""What keeps the turns going: it grants them when their time comes, and has requests noted before they are made."""

import asyncio
from collections.abc import Coroutine, Sequence

from twinbeam.core.clock import MS_PER_SECOND, day_of
from twinbeam.core.errors import StorageBusy, StorageError, StorageFull
from twinbeam.pipeline.send.contract import NotedRequests, RequestCounts
from twinbeam.pipeline.send.ports import Ports
from twinbeam.pipeline.send.report import surprise
from twinbeam.pipeline.send.turns import MOST_NOTED, Scope, Turns

#: What was made longer ago than this is in no minute any more, whatever it took to be answered.
LATELY_MS = 120_000
_SHORTEST_SECONDS = 0.001
_TELL_SECONDS = 60.0


class TurnKeeper:
    """Serves one `Turns`; belongs to the event loop's thread."""

    def __init__(self, ports: Ports, counts: RequestCounts | None) -> None:
        self._ports = ports
        self._counts = counts
        self._changed = asyncio.Event()
        self._noting: asyncio.Task[None] | None = None
        self._writing: asyncio.Task[None] | None = None
        self._written = float("-inf")
        self._told_at = float("-inf")
        self.turns = Turns(
            clock=ports.clock,
            rates=ports.rates,
            pixel_rates=ports.pixel_rates,
            changed=self._changed.set,
            notes=counts is not None,
        )

    async def run(self) -> None:
        """Grant turns until cancelled."""
        while True:
            self._changed.clear()
            seconds = self.turns.grant()
            if self.turns.short and self._noting is None:
                self._noting = asyncio.create_task(self._kept(self._note(tuple(self.turns.short.values()))))
                self._noting.add_done_callback(self._noted)
            written = self._write_in_time()
            await self._until_changed(min(filter(None, (seconds, written)), default=None))

    async def write_down(self) -> None:
        """Add what waited for a limit to the day's count, and keep which pixels are closed; a kill loses a second's."""
        if self._counts is not None:
            await self._write_throttled(self._counts)
            await self._write_closed(self._counts)

    async def _write_closed(self, counts: RequestCounts) -> None:
        """Keep which pixels are closed; whoever starts finds all open, and so forgets what was closed before."""
        if self.turns.closed_is_new:
            self.turns.closed_is_new = False  # before it is written: what closes meanwhile is new again
            try:
                await self._ports.on_store(counts.keep_closed, dict(self.turns.closed))
            except BaseException:
                self.turns.closed_is_new = True
                raise

    async def _write_throttled(self, counts: RequestCounts) -> None:
        if not self.turns.throttled:
            return
        throttled, self.turns.throttled = self.turns.throttled, {}
        day = day_of(self._ports.clock.now_ms())
        for (_, code), events in throttled.items():
            self._ports.report("send.throttled", pixel=code, count=events)
        await self._ports.on_store(counts.add_throttled, day, throttled)

    def _write_in_time(self) -> float | None:
        """Have what is new written down once a second; returns the seconds until the next time."""
        if self._counts is None or not (self.turns.throttled or self.turns.closed_is_new):
            return None
        now = self._ports.clock.monotonic()
        left = self._written + self._ports.policy.look_ms / MS_PER_SECOND - now
        if left > 0 or self._writing is not None:
            return max(left, _SHORTEST_SECONDS)
        self._written = now
        self._writing = asyncio.create_task(self._kept(self.write_down()))
        self._writing.add_done_callback(self._wrote)
        return None

    def _noted(self, _task: asyncio.Task[None]) -> None:
        self._noting = None
        self._changed.set()

    def _wrote(self, _task: asyncio.Task[None]) -> None:
        self._writing = None

    async def _kept(self, act: Coroutine[None, None, None]) -> None:
        """Do something with the store, and bear that it fails: it may come back."""
        try:
            await act
        except Exception as error:  # noqa: BLE001 -- reported, and done again
            self._ports.report("send.crashed", lane="", **surprise(error))
            await self._ports.sleep(self._ports.policy.restart_ms / MS_PER_SECOND)

    async def _note(self, scopes: Sequence[Scope]) -> None:
        """Note requests of some scopes before any is made."""
        assert self._counts is not None  # nothing is short of notes without
        ports, now_ms = self._ports, self._ports.clock.now_ms()
        for scope in scopes:
            most = scope.rates.per_day
            try:
                noted = await ports.on_store(
                    self._counts.note, scope.name, scope.block, most=most, owner=ports.owner, now_ms=now_ms
                )
            except (StorageBusy, StorageFull):
                raise
            except StorageError as error:  # damage to what is counted keeps no event
                self._tell_uncounted(error)
                self.turns.go_unnoted(scope)
                continue
            lately = lately_made(noted, ports.owner, now_ms)
            self.turns.noted(scope, noted.more, noted.total, lately)

    def _tell_uncounted(self, error: StorageError) -> None:
        """Say that requests are counted in this process alone, once a minute at most."""
        now = self._ports.clock.monotonic()
        if now - self._told_at >= _TELL_SECONDS:
            self._told_at = now
            self._ports.report("send.uncounted", **surprise(error))

    async def _until_changed(self, seconds: float | None) -> None:
        """Sleep by the sender's own sleep, or until something changes."""
        if seconds is None:
            await self._changed.wait()
            return
        longest = self._ports.policy.look_ms / MS_PER_SECOND  # an owner may change a limit meanwhile
        sleep = self._ports.sleep(min(max(seconds, _SHORTEST_SECONDS), longest))
        waits = [asyncio.ensure_future(sleep), asyncio.ensure_future(self._changed.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()


def lately_made(noted: NotedRequests, owner: str, now_ms: int) -> int:
    """
    Return how many requests others may have made within the last two minutes.

    A note is made when the one before it is used up: the last note of before may still have been used since. More is
    in one row where old notes were added up, or where a restore noted what it does not know.
    """
    before: dict[str, int] = {}
    since = 0
    for row in noted.rows:
        if row.owner == owner:
            continue
        if row.at_ms > now_ms - LATELY_MS:
            since += row.count
        else:
            before[row.owner] = min(row.count, MOST_NOTED)
    return since + sum(before.values())
