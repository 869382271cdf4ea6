"""The writer's parts, joined on real files: what it does at its start, and what it does beside its work."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from engines.kit.embedded import SqliteEngine
from engines.kit.harness import Harness
from signals import HOUR, NOW, PIXEL, WORKSPACE, a_signal
from twinbeam.app.reports import Reports
from twinbeam.app.terms import LiveTerms
from twinbeam.app.thread import Thread
from twinbeam.app.writer import Writer
from twinbeam.core.clock import HandClock
from twinbeam.settings import load

Lines = list[tuple[str, dict[str, Any]]]


class Log:
    """What a logger was told."""

    def __init__(self) -> None:
        self.lines: Lines = []

    def info(self, event: str, **fields: Any) -> None:
        self.lines.append((event, fields))

    error = warning = info

    def told(self, event: str) -> list[dict[str, Any]]:
        return [fields for name, fields in self.lines if name == event]


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def writer(engine: SqliteEngine, log: Log, data: Path) -> Writer:
    return a_writer(engine, log, data)


def a_writer(engine: SqliteEngine, log: Log, data: Path) -> Writer:
    """Join the parts around a clock that is moved by hand."""
    settings = load({"TWINBEAM_DATA": str(data), "TWINBEAM_KEYRING": str(data.parent / "keys" / "keyring.json")})
    return Writer(
        settings=settings,
        ring=engine.ring,
        store=engine.store,
        clock=HandClock(NOW),
        reports=Reports(log),
        on_store=Thread("store"),
        terms=LiveTerms(),
    )


async def until(condition: Callable[[], Any], seconds: float = 5) -> None:
    """Let the loop run until something is so; fails if it never is."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 -- what is waited for has no event of its own
            await asyncio.sleep(0.001)


@pytest.mark.parametrize(
    ("duty", "table"), [("refresh", "pixel"), ("end_overdue", "held"), ("tidy", "erasure"), ("measure", "cursor")]
)
def test_a_duty_that_fails_is_reported_and_tried_again(
    writer: Writer, log: Log, data: Path, duty: str, table: str
) -> None:
    act, done = getattr(writer, duty), []

    async def attempt() -> None:
        await act()
        done.append(True)

    async def work() -> None:
        stop = asyncio.Event()
        with closing(sqlite3.connect(data / "store.db", isolation_level=None)) as other:
            other.execute(f"ALTER TABLE {table} RENAME TO away")
            task = asyncio.create_task(writer.keep_up(stop, 0.001, "a duty", attempt))
            await until(lambda: log.told("upkeep.crashed"))
            assert not done
            other.execute(f"ALTER TABLE away RENAME TO {table}")
        await until(lambda: done)
        stop.set()
        await task

    asyncio.run(work())
    fields = log.told("upkeep.crashed")[0]
    assert (fields["what"], fields["error"]) == ("a duty", "StorageError")
    assert "no such table" in fields["detail"]


def test_a_full_disk_under_the_snapshot_is_reported_and_tried_again(writer: Writer, log: Log, data: Path) -> None:
    (data / "directory.json").mkdir()

    async def work() -> None:
        stop = asyncio.Event()
        task = asyncio.create_task(writer.keep_up(stop, 0.001, "settings", writer.refresh))
        await until(lambda: log.told("upkeep.crashed"))
        stop.set()
        await task

    asyncio.run(work())
    assert log.told("upkeep.crashed")[0]["error"] == "IsADirectoryError"


def test_a_start_hastens_nothing_and_a_new_token_does(h: Harness, engine: SqliteEngine, log: Log, data: Path) -> None:
    place = {"workspace": WORKSPACE, "code": PIXEL}
    h.store.save_pixel(**place, event_source="web", name="", now_ms=NOW)
    h.store.save_token(**place, token="token-1", now_ms=NOW)
    h.take(a_signal())
    h.waiting(h.lease(), after_ms=HOUR)
    writer = a_writer(engine, log, data)

    async def work() -> None:
        await writer.prepare()
        await writer.refresh()
        assert h.store.next_due_ms() == NOW + HOUR
        h.store.save_token(**place, token="token-2", now_ms=NOW)
        await writer.refresh()
        assert h.store.next_due_ms() == NOW

    asyncio.run(work())
