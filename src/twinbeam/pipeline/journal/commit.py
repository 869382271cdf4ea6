"""
Group commit: everything that arrives in two turns of the event loop is sealed together and durable with one sync.

The second turn lets requests join that came while the first ones were read: under load half as many syncs, and
nothing to wait for when there is none, because a loop with work to do does not sleep between its turns.

The sync runs inside the loop on purpose: a writer thread would cost a switch per group, and while it syncs there is
little else to do on the same core (docs/decisions/0005-journal.md).
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice
from typing import Any, Protocol, TypeVar

from msgspec import Struct

from twinbeam.core.clock import Clock
from twinbeam.core.values import Sealed
from twinbeam.pipeline.journal.codec import encode
from twinbeam.pipeline.journal.contract import JournalWriter

T = TypeVar("T")

Seal = Callable[[Sequence[T]], Sequence[Sealed]]
"""Turns what callers bring into what may be stored, one for one and in their order."""


class Report(Protocol):
    """Told about each commit group."""

    def __call__(self, *, count: int, size_bytes: int, seconds: float) -> None:
        """Take note of one durable group."""
        ...


class _Caller(Struct, frozen=True):
    """Who waits until what they brought is durable."""

    brought: Sequence[Any]
    seal: Seal[Any]
    durable: asyncio.Future[Sequence[Sealed]]


_Ready = tuple[_Caller, Sequence[Sealed]]


class GroupCommit:
    """Collects what callers bring for two turns of the loop, seals and appends it as one group, then releases them."""

    def __init__(self, journal: JournalWriter, *, clock: Clock, report: Report) -> None:
        self._journal = journal
        self._clock = clock
        self._report = report
        self._callers: list[_Caller] = []

    async def append(self, brought: Sequence[T], seal: Seal[T]) -> Sequence[Sealed]:
        """
        Return what `seal` made of what was brought, as soon as that is durable.

        What several callers bring for the same `seal` goes through it together. Raises StorageFull or another
        StorageError if it is not durable, and whatever `seal` raises on this caller's own.
        """
        loop = asyncio.get_running_loop()
        if not self._callers:
            loop.call_soon(loop.call_soon, self._commit)
        durable: asyncio.Future[Sequence[Sealed]] = loop.create_future()
        self._callers.append(_Caller(brought, seal, durable))
        return await durable

    def _commit(self) -> None:
        callers, self._callers = self._callers, []
        ready = list(_sealed(callers))
        try:
            self._write([one for _, sealed in ready for one in sealed])
        except Exception as error:  # noqa: BLE001 -- every caller hears it; nobody is left waiting
            for caller, _ in ready:
                _fail(caller, error)
        else:
            for caller, sealed in ready:
                _release(caller, sealed)

    def _write(self, group: Sequence[Sealed]) -> None:
        if not group:
            return
        started = self._clock.monotonic()
        body = encode([sealed.signal for sealed in group])
        self._journal.append(self._clock.now_ms(), len(group), body)
        self._report(count=len(group), size_bytes=len(body), seconds=self._clock.monotonic() - started)


def _sealed(callers: Sequence[_Caller]) -> Iterator[_Ready]:
    """Seal what all callers brought; those whose own cannot be sealed are told so and left out."""
    by_seal: defaultdict[Seal[Any], list[_Caller]] = defaultdict(list)
    for caller in callers:
        by_seal[caller.seal].append(caller)
    for seal, together in by_seal.items():
        try:
            sealed = iter(seal(list(chain.from_iterable([caller.brought for caller in together]))))
        except Exception:  # noqa: BLE001 -- one of them is the culprit, and will be told
            yield from _one_by_one(together)
        else:
            yield from [(caller, list(islice(sealed, len(caller.brought)))) for caller in together]


def _one_by_one(callers: Sequence[_Caller]) -> Iterator[_Ready]:
    for caller in callers:
        try:
            yield caller, caller.seal(caller.brought)
        except Exception as error:  # noqa: BLE001 -- whatever one of them brings, its neighbours go on
            _fail(caller, error)


def _release(caller: _Caller, sealed: Sequence[Sealed]) -> None:
    """Answer a caller that is still there; the events of one that hung up are durable all the same."""
    if not caller.durable.done():
        caller.durable.set_result(sealed)


def _fail(caller: _Caller, error: Exception) -> None:
    if not caller.durable.done():
        caller.durable.set_exception(error)
