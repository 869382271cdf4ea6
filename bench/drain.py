"""
Drain: recorded conversions to TikTok's side in full batches.

The writer's own sender, client and store work on one core, as the writer process joins them; the emulator's plain
sink answers on another.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from statistics import median
from typing import Any

import uvloop
from ledger import recording, signals, write_journal
from processes import House, furnish
from result import Row
from scale import Bench
from sink import Sink, sink
from workload import distinct

from twinbeam.app.reports import Reports
from twinbeam.app.thread import Thread
from twinbeam.app.writer import joined
from twinbeam.core.values import Signal
from twinbeam.demo.processes import HOST
from twinbeam.settings import load

STAGE = "drain"
FULL_BATCH = 1_000
_ANEW = 700_000_000


class Log:
    """Takes the place of the log and keeps how large each batch was."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self._grew = asyncio.Event()

    async def reach(self, events: int) -> None:
        """Wait until this many events were in batches."""
        while sum(self.sizes) < events:
            self._grew.clear()
            await self._grew.wait()

    def __getattr__(self, _level: str) -> Any:
        """Be a log of any level."""
        return self._take

    def _take(self, event: str, **fields: Any) -> None:
        if event == "send.attempted":
            self.sizes.append(fields["count"])
            self._grew.set()


def measure(bench: Bench) -> Iterator[Row]:
    """Measure how fast everything that is ready leaves."""
    sealed = signals(_ANEW, bench.scale.drain_events)
    rates: list[float] = []
    sizes: list[int] = []
    for number in range(bench.scale.rounds):
        house = furnish(bench.folder / f"drain-{number}")
        with sink(bench.folder / f"sink-{number}", bench.other_core) as side:
            rate, round_sizes = _drained(house, sealed, side)
            _check_arrived(side, distinct(_ANEW, len(sealed)))
        rates.append(rate)
        sizes += round_sizes
    yield Row.of(STAGE, "full batches to the sink", rates, "events/s", target=30_000, note=_distribution(sizes))
    yield Row(stage=STAGE, name="events in a batch, median", value=median(sizes), unit="events")


def _drained(house: House, sealed: Sequence[Signal], side: Sink) -> tuple[float, list[int]]:
    write_journal(house, 0, sealed)
    log = Log()
    rate = uvloop.run(_drain(house, log, f"http://{HOST}:{side.port}"))
    return rate, log.sizes


async def _drain(house: House, log: Log, url: str) -> float:
    """Record, then send until nothing is unsent; give conversions per second of the sending."""
    writer = await joined(load(house.settings(tiktok_url=url)), Reports(log), Thread("store"))
    await writer.refresh()
    room = recording(house, 0, writer.store)
    while await writer.on_store(room.step) is not None:
        pass
    ready = await writer.on_store(writer.store.unsent)
    stop, began = asyncio.Event(), time.perf_counter()
    sending = asyncio.create_task(writer.sender.run(stop))
    await log.reach(ready)
    seconds = time.perf_counter() - began
    stop.set()
    await sending
    await writer.destination.close()
    await writer.on_store(writer.store.close)
    return ready / seconds


def _check_arrived(side: Sink, expected: int) -> None:
    arrived = side.events()
    if arrived != expected:
        raise AssertionError(f"{arrived} events reached the sink instead of {expected}")


def _distribution(sizes: Sequence[int]) -> str:
    full = sum(size == FULL_BATCH for size in sizes)
    others = Counter(size for size in sizes if size != FULL_BATCH)
    rest = ", ".join(f"{number} of {size}" for size, number in sorted(others.items()))
    return f"{full} of {len(sizes)} batches held 1,000" + (f"; {rest}" if rest else "")
