"""A sender on a real store while TikTok's side is away for hours: the clock runs, and is moved ahead besides."""

import asyncio
import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from builders import PIXEL, WORKSPACE
from sending import BUSY, JOURNAL, OK, SendingRoom
from signals import a_body, a_signal
from twinbeam.core.delivery import Lease, Verdict
from twinbeam.core.keys import conversion_key
from twinbeam.core.values import Signal
from twinbeam.engines.keyring import KeyRing
from twinbeam.engines.stores.sqlite.store import SqliteStore
from twinbeam.pipeline.record.contract import Numbered
from twinbeam.pipeline.record.policy import RecordPolicy
from twinbeam.pipeline.send.limits import Ages

_TRIP_SECONDS = 0.1  #: to TikTok and back
_NUMBERED = re.compile(rb'"event_id":"(kept|fresh)-(\d+)"')


class MovedClock:
    """The machine's clock, which is moved ahead by hand as well."""

    def __init__(self) -> None:
        self._ahead_ms = 0

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000 + self._ahead_ms

    def monotonic(self) -> float:
        return time.monotonic() + self._ahead_ms / 1_000

    def advance(self, *, seconds: float) -> None:
        """Move it forward."""
        self._ahead_ms += round(seconds * 1_000)


class Arrivals:
    """What TikTok's side took: how often each numbered event, and how late the fresh ones were."""

    def __init__(self, kept: int, fresh: int) -> None:
        self.counts = {b"kept": bytearray(kept), b"fresh": bytearray(fresh)}
        self.is_away = True
        self.refused = 0  #: requests that failed
        self.posted_at: dict[int, float] = {}
        self.late_seconds: list[float] = []
        self.took = 0
        self.under_way = 0

    async def deliver(self, lease: Lease) -> Verdict:
        """Take a batch, or fail while TikTok's side is away."""
        if self.is_away:
            self.refused += 1
            return BUSY
        self.under_way += 1
        await asyncio.sleep(_TRIP_SECONDS)
        self.under_way -= 1
        for kind, number in _NUMBERED.findall(lease.body):
            self.counts[kind][int(number)] += 1
            if kind == b"fresh":
                self.late_seconds.append(time.monotonic() - self.posted_at.pop(int(number), time.monotonic()))
        self.took += lease.count
        return OK

    @property
    def lost(self) -> int:
        """How many were never taken."""
        return self.counts[b"kept"].count(0) + len(self.posted_at)

    @property
    def doubled(self) -> int:
        """How many were taken more than once."""
        return sum(count > 1 for counts in self.counts.values() for count in counts)


class StoredRoom(SendingRoom):
    """A sending room around a store in a file, whose calls go through a thread of their own as the writer's do."""

    def __init__(self, folder: Path, destination: Arrivals, **policy: Any) -> None:
        super().__init__(clock=MovedClock(), **policy)
        self._thread = ThreadPoolExecutor(1)
        self.destination = destination
        self.folder = folder
        ring = KeyRing.open_or_create(folder.parent / "keyring.json")
        opened = partial(SqliteStore.open_as_writer, folder, ring, policy=RecordPolicy(), ages=Ages())
        self.store = self._thread.submit(opened).result()
        self._parts = self.store
        self._group = 0

    async def on_store(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._thread, partial(fn, *args, **kwargs))

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def take(self, kind: str, first: int, count: int) -> None:
        """Record numbered events as they come in now."""
        self._group += 1
        now_ms = self.clock.now_ms()
        signals = [numbered(kind, number, now_ms) for number in range(first, first + count)]
        await self.on_store(self.store.record, JOURNAL, [Numbered(self._group, signals)], now_ms)

    async def waiting(self) -> int:
        """Count what waits to be sent or is on its way."""
        ((count,),) = await self.on_store(lambda: self.store._db.execute("SELECT count(*) FROM ready").fetchall())
        return int(count) + self.destination.under_way

    def close(self) -> None:
        """Close the store."""
        self._thread.submit(self.store.close).result()
        self._thread.shutdown()

    def megabytes(self) -> float:
        """Return how much of the disk the store takes."""
        return sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file()) / 1e6


_VIEW = a_signal("view", event="ViewContent", workspace=WORKSPACE, pixel=PIXEL, value=None, currency="")


def numbered(kind: str, number: int, now_ms: int) -> Signal:
    """Return one event of this moment."""
    event_id, second = f"{kind}-{number}", now_ms // 1_000
    return replace(
        _VIEW,
        key=conversion_key(WORKSPACE, "web", PIXEL, "ViewContent", event_id),
        event_id=event_id,
        event_time=second,
        received_ms=now_ms,
        body=a_body(event_id, second, user={"ttclid": f"E.C.P.{number:040}"}, page=None, properties={}, limited=False),
    )
