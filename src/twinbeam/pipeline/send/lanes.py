"""
All lanes: who has work, who may start, and when to look again.

Lanes are tasks of their own and share nothing but the request rate, of which each gets its turns (turns.py): a hanging,
paused or crashed one delays no other.
"""

import asyncio
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from twinbeam.core.clock import MS_PER_SECOND
from twinbeam.core.delivery import Lane, Lease
from twinbeam.core.errors import StorageError
from twinbeam.core.sending_waits import SendingWaits, longer
from twinbeam.pipeline.send.lane import LaneRun
from twinbeam.pipeline.send.order import FRESH_MS
from twinbeam.pipeline.send.ports import Ports
from twinbeam.pipeline.send.report import surprise
from twinbeam.pipeline.send.turn_keeper import TurnKeeper


@dataclass(kw_only=True, eq=False)
class Sender(Ports):
    """
    Sends everything that becomes due, lane by lane.

    Use one instance for one `run`. Methods belong to the event loop's thread; the store is reached through `on_store`.
    """

    _turn_keeper: TurnKeeper = field(init=False)
    _runs: dict[int, LaneRun] = field(default_factory=dict, init=False)
    _tasks: dict[int, asyncio.Task[None]] = field(default_factory=dict, init=False)
    _wakeup: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _stop: asyncio.Event = field(init=False)

    def __post_init__(self) -> None:
        self._turn_keeper = TurnKeeper(self, self.counts)

    async def run(self, stop: asyncio.Event) -> None:
        """Re-send what dead owners left, then send what is due until told to stop."""
        self._stop = stop
        stop_watcher = asyncio.create_task(self._wake_at_stop())
        keeper = asyncio.create_task(self._turn_keeper.run(), name="turns")
        try:
            await self._take_over()
            while not stop.is_set():
                await self._round()
            await self._await_answers()
            with suppress(StorageError):
                await self._turn_keeper.write_down()
        finally:
            stop_watcher.cancel()
            await self._abandon()
            keeper.cancel()
            await asyncio.gather(keeper, return_exceptions=True)

    def wake(self) -> None:
        """Say that something may have become due. Cheap: calls in quick succession lead to one look."""
        self._wakeup.set()

    async def resume(self, workspace: str, source_id: str) -> None:
        """
        Try again at once what waits for an event source: its token is another one, or it was started again.

        Raises StorageError.
        """
        now_ms = self.clock.now_ms()
        await self.on_store(self.leases.hasten, workspace=workspace, source_id=source_id, now_ms=now_ms)
        for run in self._runs.values():
            if (run.lane.workspace, run.lane.source_id) == (workspace, source_id):
                run.breaker.allow_probe()
        self.wake()

    def waits(self) -> SendingWaits:
        """Return why nothing is sent at this moment, to all pixels or to single ones; tests are left out."""
        waits = self._turn_keeper.turns.waits()
        pixels = dict(waits.pixels)
        for run in self._runs.values():
            place = run.lane.workspace, run.lane.source_id
            if not run.lane.test_code and (wait := longer(pixels.get(place), run.wait())):
                pixels[place] = wait
        return SendingWaits(waits.of_all, pixels)

    async def _wake_at_stop(self) -> None:
        await self._stop.wait()
        self.wake()
        for run in self._runs.values():
            run.wake()  # it may wait for a turn

    async def _take_over(self) -> None:
        """Adopt the batches of dead owners; nothing else is sent before that has worked."""
        adopted = False
        while not adopted and not self._stop.is_set():
            try:
                orphans = await self.on_store(
                    self.leases.reclaim, owner=self.owner, now_ms=self.clock.now_ms(), compose=self.compose
                )
            except Exception as error:  # noqa: BLE001 -- the store may come back
                await self._on_store_error(error)
            else:
                self._adopt(orphans)
                adopted = True

    def _adopt(self, orphans: Sequence[Lease]) -> None:
        for lease in reversed(orphans):  # each goes in front of the ones taken before it
            self._run_of(lease.lane).take([lease])
            self.report("send.reclaimed", lane=lease.lane.name, batch=lease.batch, count=lease.count)

    async def _round(self) -> None:
        """Start the lanes that have work, and rest until there may be more."""
        self._wakeup.clear()
        try:
            due, backlog, next_due_ms = await self.on_store(self._look)
        except Exception as error:  # noqa: BLE001 -- the store may come back; the lanes under way go on
            await self._on_store_error(error)
        else:
            self._start_lanes(due, backlog)
            await self._rest(self._seconds_to_rest(next_due_ms))

    def _look(self) -> tuple[list[Lane], set[int], int | None]:
        """Ask the store, in its own thread, what is due now, which lanes have backlog, and when more will be due."""
        due = self.leases.due_lanes(now_ms := self.clock.now_ms())
        backlog = {lane.id for lane in self.leases.due_lanes(now_ms - FRESH_MS)} if due else set()
        return due, backlog, self.leases.next_due_ms()

    def _start_lanes(self, due: Iterable[Lane], backlog: Collection[int]) -> None:
        runs = {lane.id: self._run_of(lane) for lane in due if not self.is_stopped(lane)}
        for key, run in runs.items():
            run.look_for_backlog(key in backlog or self.drained_since(run.lane) is not None)
        runs |= {key: run for key, run in self._runs.items() if run.has_leased_work}
        for key, run in runs.items():
            self._start(key, run)

    def _run_of(self, lane: Lane) -> LaneRun:
        if lane.id not in self._runs:
            self._runs[lane.id] = LaneRun(lane, self, self._turn_keeper.turns, self._stop)
        return self._runs[lane.id]

    def _start(self, key: int, run: LaneRun) -> None:
        if key in self._tasks:
            run.wake()
        else:
            self._tasks[key] = asyncio.create_task(self._supervise(key, run), name=f"lane {run.lane.name}")

    async def _supervise(self, key: int, run: LaneRun) -> None:
        """Run a lane once, so that an unexpected error in it stays its own."""
        try:
            sent = await run.run()
        except Exception as error:  # noqa: BLE001 -- reported, and the lane starts again after a delay
            run.crashed(error)
        else:
            if sent:
                self.wake()  # what waits now may be due before the rest is over
        finally:
            del self._tasks[key]

    def _seconds_to_rest(self, next_due_ms: int | None) -> float:
        """
        Return when to look again if nobody calls.

        What is due already is in the hands of a lane, or waits for a circuit breaker whose time counts here.
        """
        moments = [seconds for run in self._runs.values() if (seconds := run.breaker.seconds_open())]
        if next_due_ms is not None and next_due_ms > (now_ms := self.clock.now_ms()):
            moments.append((next_due_ms - now_ms) / MS_PER_SECOND)
        return min([*moments, self.policy.look_ms / MS_PER_SECOND])

    async def _rest(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wakeup.wait()

    async def _on_store_error(self, error: Exception) -> None:
        self.report("send.crashed", lane="", **surprise(error))
        await self.sleep(self.policy.restart_ms / MS_PER_SECOND)

    async def _await_answers(self) -> None:
        """Wait a little for the answers under way, so that a planned stop sends nothing twice."""
        if self._tasks:
            await asyncio.wait(self._tasks.values(), timeout=self.policy.shutdown_grace_ms / MS_PER_SECOND)

    async def _abandon(self) -> None:
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*(run.abandon() for run in self._runs.values()))
