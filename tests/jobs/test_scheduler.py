"""The one scheduler of periodic jobs: no overlap, no marching in step, and a lease for what only one process may do."""

import asyncio
import sqlite3
from contextlib import asynccontextmanager, closing
from random import Random

import pytest

from builders import NOW_MS
from sending import until
from twinbeam.core.clock import HandClock
from twinbeam.core.errors import ConfigError, StorageFull
from twinbeam.engines.stores.tables.database import Tables
from twinbeam.engines.stores.tables.jobs import JobTable
from twinbeam.engines.stores.tables.upgrade import bring_forward
from twinbeam.jobs import scheduler as its
from twinbeam.jobs.contract import Job
from twinbeam.jobs.scheduler import Scheduler


class Ledger(JobTable):
    """The table as a store has it, in memory; its disk may be full."""

    def __init__(self, db):
        bring_forward(db)
        super().__init__(Tables(db))
        self.error = None
        self.asked = 0

    def lead(self, owner, **how):
        self.asked += 1
        if self.error:
            raise self.error
        return super().lead(owner, **how)

    def is_free(self):
        """Tell whether anybody could take the lease; whoever asks has it then."""
        return self.lead("somebody", now_ms=NOW_MS, until_ms=NOW_MS, runs=[])


class Room:
    """A ledger in a store, a clock moved by hand, and what was reported."""

    def __init__(self, db):
        self.ledger = Ledger(db)
        self.clock = HandClock(NOW_MS)
        self.reports = []

    @asynccontextmanager
    async def running(self, *jobs, owner="writer-1"):
        scheduler, stop = self.scheduler(*jobs, owner=owner), asyncio.Event()
        task = asyncio.create_task(scheduler.run(stop))
        try:
            yield scheduler
        finally:
            stop.set()
            await task

    def scheduler(self, *jobs, owner="writer-1"):
        return Scheduler(
            jobs=jobs,
            ledger=self.ledger,
            owner=owner,
            clock=self.clock,
            rng=Random(7),
            on_store=self.on_store,
            report=lambda name, error: self.reports.append((name, str(error))),
        )

    async def on_store(self, fn, /, *args, **kwargs):
        await asyncio.sleep(0)
        return fn(*args, **kwargs)


@pytest.fixture
def room():
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        yield Room(db)


class Counted:
    """A job that counts its runs, and how many of them run at once."""

    def __init__(self, seconds=0.0, error=None, until=None):
        self.runs = self.at_once = self.most_at_once = 0
        self.times = []
        self.seconds, self.error, self.until = seconds, error, until

    async def __call__(self):
        self.times.append(asyncio.get_running_loop().time())
        self.runs += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(self.seconds)
        if self.until:
            await self.until.wait()
        self.at_once -= 1
        if self.error:
            raise self.error

    def job(self, name="job", every_seconds=0.005, **how):
        return Job(name=name, every_seconds=every_seconds, act=self, **how)


def test_a_job_runs_at_once_and_again_and_never_beside_itself(room):
    async def story():
        slow = Counted(seconds=0.02)
        async with room.running(slow.job(every_seconds=0.001)):
            await until(lambda: slow.runs == 4)
        assert slow.most_at_once == 1
        assert all(later - earlier >= 0.02 for earlier, later in zip(slow.times, slow.times[1:], strict=False))

    asyncio.run(story())


def test_a_slow_job_delays_no_other(room):
    async def story():
        slow, quick = Counted(until=asyncio.Event()), Counted()
        async with room.running(slow.job("slow"), quick.job("quick")):
            await until(lambda: quick.runs == 10)
            assert (slow.runs, slow.at_once) == (1, 1)
            slow.until.set()

    asyncio.run(story())


def test_the_time_between_two_runs_varies_by_a_tenth_each_way(room):
    async def story():
        job = Counted()
        async with room.running(job.job(every_seconds=1_000.0)) as scheduler:
            await until(lambda: scheduler.runs()[0].last_ms is not None)
            waits = []
            for _ in range(200):
                scheduler._plan(scheduler._planned[0], 1_000.0)
                waits.append(scheduler.runs()[0].next_ms - room.clock.now_ms())
        assert min(waits) >= 900_000
        assert max(waits) <= 1_100_000
        assert max(waits) - min(waits) > 150_000

    asyncio.run(story())


def test_what_only_one_may_do_is_done_by_whoever_holds_the_lease_and_by_the_next_when_it_is_given_back(
    room, monkeypatch
):
    monkeypatch.setattr(its, "AGAIN_SECONDS", 0.01)

    async def story():
        first, second, own = Counted(), Counted(), Counted()
        async with room.running(first.job()):
            await until(lambda: first.runs)
            async with room.running(second.job(), own.job("own", alone=False), owner="writer-2"):
                await until(lambda: own.runs > 5)
                assert second.runs == 0
                before = first.runs
                await until(lambda: first.runs > before)
                room.ledger.resign("writer-1", runs=[])
                room.ledger.lead("writer-2", now_ms=NOW_MS, until_ms=NOW_MS + 30_000, runs=[])
                await until(lambda: second.runs)
        assert room.ledger.is_free()

    asyncio.run(story())


def test_a_dead_leaders_lease_is_waited_for_until_it_has_run_out(room, monkeypatch):
    monkeypatch.setattr(its, "AGAIN_SECONDS", 0.01)

    async def story():
        job = Counted()
        room.ledger.lead("dead", now_ms=NOW_MS, until_ms=NOW_MS + 30_000, runs=[])
        async with room.running(job.job()) as scheduler:
            before = room.ledger.asked
            await until(lambda: room.ledger.asked > before + 3)
            assert (job.runs, scheduler.leads) == (0, False)
            room.clock.advance(seconds=31)
            await until(lambda: job.runs)
        assert room.ledger.runs()[0].next_ms is None

    asyncio.run(story())


def test_a_lease_that_cannot_be_renewed_ends_when_its_time_is_over(room, monkeypatch):
    monkeypatch.setattr(its, "LEASE_SECONDS", 0.5)
    monkeypatch.setattr(its, "RENEW_SECONDS", 0.01)
    monkeypatch.setattr(its, "AGAIN_SECONDS", 0.01)

    async def story():
        job = Counted()
        async with room.running(job.job()) as scheduler:
            await until(lambda: job.runs > 2)
            room.ledger.error = StorageFull("no room")
            await until(lambda: room.reports)
            assert scheduler.leads
            await until(lambda: not scheduler.leads)
            before, asked = job.runs, room.ledger.asked
            await until(lambda: room.ledger.asked > asked + 3)
            assert job.runs <= before + 1  # one may have begun in the last moment
            room.ledger.error = None
            await until(lambda: job.runs > before + 1)
        assert set(room.reports) == {("lease", "no room")}

    asyncio.run(story())


def test_trouble_with_storage_ends_a_run_and_is_noted_and_the_job_goes_on(room):
    async def story():
        job = Counted(error=StorageFull("no room"))
        async with room.running(job.job()) as scheduler:
            await until(lambda: len(room.reports) >= 2)
            assert scheduler.runs()[0].trouble == "StorageFull: no room"
            job.error = None
            await until(lambda: not scheduler.runs()[0].trouble)
        assert set(room.reports) == {("job", "no room")}
        (noted,) = room.ledger.runs()
        assert (noted.name, noted.every_ms, noted.last_ms, noted.trouble) == ("job", 5, NOW_MS, "")

    asyncio.run(story())


def test_anything_else_ends_all_and_comes_out(room):
    async def story():
        gone, slow = Counted(error=ConfigError("the store is gone")), Counted(seconds=60)
        with pytest.raises(ConfigError, match="the store is gone"):
            await room.scheduler(slow.job("slow", alone=False), gone.job("gone", alone=False)).run(asyncio.Event())

    asyncio.run(story())


def test_a_job_that_is_not_due_yet_does_not_run(room, monkeypatch):
    monkeypatch.setattr(its, "AGAIN_SECONDS", 0.01)

    async def story():
        due = asyncio.Event()
        waiting, other = Counted(), Counted()
        async with room.running(waiting.job("waiting", is_due=due.is_set), other.job("other")):
            await until(lambda: other.runs > 5)
            assert waiting.runs == 0
            due.set()
            await until(lambda: waiting.runs)

    asyncio.run(story())


def test_a_stop_waits_for_the_run_under_way(room):
    async def story():
        job = Counted(seconds=0.05)
        async with room.running(job.job()):
            await until(lambda: job.runs)
        assert job.at_once == 0

    asyncio.run(story())
