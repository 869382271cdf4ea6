"""
Group commit: everything that arrives in one turn of the event loop becomes durable with one sync.

The sync runs inside the loop on purpose: measured on one core, a writer thread costs more in switching than it
gains in overlap (docs/decisions/0005-journal.md).
"""

import asyncio
from collections.abc import Sequence
from typing import Protocol

from twinbeam.core.clock import Clock
from twinbeam.core.values import Signal
from twinbeam.pipeline.journal.codec import encode
from twinbeam.pipeline.journal.contract import JournalWriter


class Report(Protocol):
    """Told about each commit group."""

    def __call__(self, *, count: int, size_bytes: int, seconds: float) -> None:
        """Take note of one durable group."""
        ...


class GroupCommit:
    """Collects signals until the loop's next turn, appends them as one group, then releases their callers."""

    def __init__(self, journal: JournalWriter, *, clock: Clock, report: Report) -> None:
        self._journal = journal
        self._clock = clock
        self._report = report
        self._signals: list[Signal] = []
        self._waiting: asyncio.Future[None] | None = None

    async def append(self, signals: Sequence[Signal]) -> None:
        """Return when the signals are durable; raises StorageFull or another StorageError if they are not."""
        self._signals.extend(signals)
        if self._waiting is None:
            loop = asyncio.get_running_loop()
            self._waiting = loop.create_future()
            loop.call_soon(self._commit)
        await asyncio.shield(self._waiting)

    def _commit(self) -> None:
        signals, waiting = self._signals, self._waiting
        self._signals, self._waiting = [], None
        if waiting is None:
            return
        try:
            self._write(signals)
        except Exception as error:  # noqa: BLE001 -- whatever it is: callers that are never answered hang for good
            waiting.set_exception(error)
            waiting.exception()  # the callers may all have hung up; then nobody else would fetch it
        else:
            waiting.set_result(None)

    def _write(self, signals: Sequence[Signal]) -> None:
        started = self._clock.monotonic()
        body = encode(signals)
        self._journal.append(self._clock.now_ms(), len(signals), body)
        self._report(count=len(signals), size_bytes=len(body), seconds=self._clock.monotonic() - started)
