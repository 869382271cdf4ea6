"""The weekly report goes out by e-mail: on Mondays, once a week, and again each ten minutes while nobody takes it."""

import asyncio
from collections.abc import Callable
from datetime import date, timedelta
from typing import Protocol, TypeVar

from twinbeam.core.clock import MS_PER_DAY, Clock
from twinbeam.jobs.contract import Job, OnStore

EVERY_SECONDS = 600.0
BEGINS_MS = 6 * 3_600_000  #: after Monday 00:00 UTC, so that the last orders of Sunday have been answered
_EPOCH = date(1970, 1, 1)

Told = TypeVar("Told")


class SentReports(Protocol):
    """The part of a store that knows which weeks were sent."""

    def report_sent(self, week: str) -> bool:
        """Return whether the report of a week, by its Monday, was sent."""
        ...

    def note_report(self, week: str, now_ms: int) -> None:
        """Note that it was."""
        ...


def job(
    read: Callable[[date], Told],
    on_counter: OnStore,
    send: Callable[[Told], None],
    sent: Callable[[], SentReports],
    on_store: OnStore,
    clock: Clock,
) -> Job:
    """Return the job; `on_counter` runs what reads on a thread of its own, and `send` gets one for its time."""

    async def act() -> None:
        now_ms = clock.now_ms()
        week = due_week(now_ms)
        if await on_store(lambda: sent().report_sent(str(week))):
            return
        told = await on_counter(read, week)
        await asyncio.to_thread(send, told)
        await on_store(lambda: sent().note_report(str(week), now_ms))

    return Job(name="weekly_reports", every_seconds=EVERY_SECONDS, act=act)


def due_week(now_ms: int) -> date:
    """Return the Monday of the newest week whose report is due, in UTC."""
    day = _EPOCH + timedelta(days=(now_ms - BEGINS_MS) // MS_PER_DAY)
    return day - timedelta(days=day.weekday() + 7)
