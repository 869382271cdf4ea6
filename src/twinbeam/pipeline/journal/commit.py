"""
Group commit: everything that arrives in two turns of the event loop becomes durable with one sync.

The second turn lets requests join that were read while the first ones were sealed: under load half as many syncs,
and nothing to wait for when there is none, because a loop with work to do does not sleep between its turns.

The sync runs inside the loop on purpose: a writer thread would cost a switch per group, and while it syncs there is
little else to do on the same core (docs/decisions/0005-journal.md).
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
    """Collects signals for two turns of the loop, appends them as one group, then releases their callers."""

    def __init__(self, journal: JournalWriter, *, clock: Clock, report: Report) -> None:
        self._journal = journal
        self._clock = clock
        self._report = report
        self._signals: list[Signal] = []
        self._callers: list[asyncio.Future[None]] = []

    async def append(self, signals: Sequence[Signal]) -> None:
        """Return when the signals are durable; raises StorageFull or another StorageError if they are not."""
        loop = asyncio.get_running_loop()
        if not self._callers:
            loop.call_soon(loop.call_soon, self._commit)
        durable = loop.create_future()
        self._callers.append(durable)
        self._signals.extend(signals)
        await durable

    def _commit(self) -> None:
        signals, callers = self._signals, self._callers
        self._signals, self._callers = [], []
        try:
            self._write(signals)
        except Exception as error:  # noqa: BLE001 -- every caller hears it; nobody is left waiting
            _release(callers, error)
        else:
            _release(callers)

    def _write(self, signals: Sequence[Signal]) -> None:
        started = self._clock.monotonic()
        body = encode(signals)
        self._journal.append(self._clock.now_ms(), len(signals), body)
        self._report(count=len(signals), size_bytes=len(body), seconds=self._clock.monotonic() - started)


def _release(callers: Sequence[asyncio.Future[None]], error: Exception | None = None) -> None:
    """Answer the callers that are still there; the events of one that hung up are durable all the same."""
    for caller in callers:
        if not caller.done():
            if error is None:
                caller.set_result(None)
            else:
                caller.set_exception(error)
