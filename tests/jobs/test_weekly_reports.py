"""The weekly report by e-mail: once a week, after Monday 06:00 UTC, and again while nobody takes it."""

import asyncio
from datetime import UTC, date, datetime

import pytest

from engines.kit.embedded import SqliteEngine
from twinbeam.core.clock import HandClock
from twinbeam.jobs import weekly_reports
from twinbeam.jobs.weekly_reports import due_week


def ms(text):
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1_000)


async def at_once(call, *args):
    return call(*args)


@pytest.mark.parametrize(
    ("now", "week"),
    [
        ("2026-11-22T23:59", "2026-11-09"),
        ("2026-11-23T05:59", "2026-11-09"),
        ("2026-11-23T06:00", "2026-11-16"),
        ("2026-11-29T12:00", "2026-11-16"),
        ("2027-01-04T06:00", "2026-12-28"),
    ],
)
def test_a_week_is_due_from_monday_morning_on(now, week):
    assert due_week(ms(now)) == date.fromisoformat(week)


def test_it_goes_out_once_a_week_and_again_after_trouble(tmp_path):
    engine, clock, sent, trouble = SqliteEngine(tmp_path), HandClock(ms("2026-11-23T07:00")), [], [OSError("away")]

    def send(told):
        if trouble:
            raise trouble.pop()
        sent.append(told)

    def made():
        orders = engine.store.orders
        return weekly_reports.job(lambda week: f"of {week}", at_once, send, lambda: orders, at_once, clock)

    with pytest.raises(OSError, match="away"):
        asyncio.run(made().act())
    for _ in range(3):
        asyncio.run(made().act())
    assert sent == ["of 2026-11-16"]
    engine.reopen()
    asyncio.run(made().act())
    clock.advance(seconds=7 * 86_400)
    asyncio.run(made().act())
    assert sent == ["of 2026-11-16", "of 2026-11-23"]
    engine.close()
