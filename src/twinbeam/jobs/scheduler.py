"""
One scheduler for all periodic jobs of a process.

No job runs beside itself: its next run is planned when the last one has ended, a tenth sooner or later, so that jobs of
one period do not come together for ever. What only one process may do waits for the lease in the store, which is
renewed here, with the last run of each job. Trouble with storage is reported and ends a run; anything else ends all.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any

from msgspec.structs import replace

from twinbeam.core.clock import MS_PER_SECOND, Clock
from twinbeam.core.errors import StorageError
from twinbeam.jobs.contract import Job, OnStore, Report, Run, RunLedger

LEASE_SECONDS = 30.0  #: how long a dead leader is waited for, where it might be alive
RENEW_SECONDS = 10.0
AGAIN_SECONDS = 1.0  #: until the lease is asked for again that could not be had
JITTER = 0.1


@dataclass(eq=False)
class _Planned:
    """A job, and where it is in its course."""

    job: Job
    run: Run
    next_at: float = 0.0  #: on the event loop's clock; at once
    task: asyncio.Task[None] | None = None


@dataclass(kw_only=True, eq=False)
class Scheduler:
    """Use one instance for one `run`."""

    jobs: Sequence[Job]
    ledger: RunLedger
    owner: str  #: names this process in the lease
    clock: Clock
    rng: Random
    on_store: OnStore
    report: Report
    _planned: list[_Planned] = field(init=False)
    _renewal: _Planned = field(init=False)
    _leads_until: float = field(default=0.0, init=False)  #: on the event loop's clock

    def __post_init__(self) -> None:
        renewal = Job(name="lease", every_seconds=RENEW_SECONDS, act=self._renew, alone=False)
        self._renewal = _Planned(renewal, _first(renewal))
        self._planned = [_Planned(job, _first(job)) for job in self.jobs]

    async def run(self, stop: asyncio.Event) -> None:
        """Run what is due until told to stop; raises what a job raises that is no trouble with storage."""
        stopped: asyncio.Future[Any] = asyncio.ensure_future(stop.wait())
        try:
            while not stop.is_set():
                self._start_due()
                await self._rest(stopped)
        except BaseException:
            tasks = self._under_way()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            raise
        finally:
            stopped.cancel()
        await self._end()

    @property
    def leads(self) -> bool:
        """Return whether this process holds the lease."""
        return _now() < self._leads_until

    def runs(self) -> list[Run]:
        """List the jobs with their last runs."""
        return [planned.run for planned in self._planned]

    def _start_due(self) -> None:
        for planned in (self._renewal, *self._planned):
            job = planned.job
            if planned.task is not None or (_now() < planned.next_at and not job.is_asked()):
                continue
            if (job.alone and not self.leads) or not job.is_due():
                self._plan(planned, AGAIN_SECONDS)
            else:
                planned.task = asyncio.create_task(self._act(planned), name=f"job {job.name}")

    async def _act(self, planned: _Planned) -> None:
        job, began_ms, began = planned.job, self.clock.now_ms(), _now()
        trouble = ""
        try:
            await job.act()
        except (StorageError, OSError) as error:
            trouble = f"{type(error).__name__}: {error}"
            self.report(job.name, error)
        took_ms = round((_now() - began) * MS_PER_SECOND)
        planned.run = replace(planned.run, last_ms=began_ms, took_ms=took_ms, trouble=trouble)
        self._plan(planned, job.every_seconds)

    def _plan(self, planned: _Planned, seconds: float) -> None:
        if planned is self._renewal and not self.leads:
            seconds = AGAIN_SECONDS
        wait = seconds * self.rng.uniform(1 - JITTER, 1 + JITTER)
        planned.next_at = _now() + wait
        planned.run = replace(planned.run, next_ms=self.clock.now_ms() + round(wait * MS_PER_SECOND))

    async def _rest(self, stopped: asyncio.Future[Any]) -> None:
        """Wait until a job is due, or has ended, or all is to end."""
        idle = [planned.next_at for planned in (self._renewal, *self._planned) if planned.task is None]
        timeout = max(0.0, min(idle) - _now()) if idle else None
        await asyncio.wait({stopped, *self._under_way()}, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        for planned in (self._renewal, *self._planned):
            if planned.task is not None and planned.task.done():
                task, planned.task = planned.task, None
                task.result()

    def _under_way(self) -> list[asyncio.Future[Any]]:
        return [planned.task for planned in (self._renewal, *self._planned) if planned.task is not None]

    async def _renew(self) -> None:
        began, now_ms = _now(), self.clock.now_ms()
        until_ms = now_ms + round(LEASE_SECONDS * MS_PER_SECOND)
        leads = await self.on_store(self.ledger.lead, self.owner, now_ms=now_ms, until_ms=until_ms, runs=self.runs())
        if leads and not self.leads:
            for planned in self._planned:
                planned.next_at = min(planned.next_at, began)
        self._leads_until = began + LEASE_SECONDS if leads else 0.0

    async def _end(self) -> None:
        """Let the runs under way end, cut those off that bear it, and give the lease back."""
        for planned in self._planned:
            if planned.task is not None and planned.job.may_be_cut_off:
                planned.task.cancel()
        for ended in await asyncio.gather(*self._under_way(), return_exceptions=True):
            if isinstance(ended, BaseException) and not isinstance(ended, asyncio.CancelledError):
                raise ended
        runs = [replace(run, next_ms=None) for run in self.runs()]
        with suppress(StorageError, OSError):  # the next leader waits until it has run out
            await self.on_store(self.ledger.resign, self.owner, runs=runs)


def _now() -> float:
    return asyncio.get_running_loop().time()


def _first(job: Job) -> Run:
    return Run(name=job.name, every_ms=round(job.every_seconds * MS_PER_SECOND))
