"""
Group commit: everything that arrives in two turns of the event loop is sealed together and durable with one sync.

The second turn lets requests join that came while the first ones were read: under load half as many syncs, and
nothing to wait for when there is none, because a loop with work to do does not sleep between its turns.

Somebody may make sealing cost much: an odd phone number takes 50 us, and a body holds twenty thousand. So arrivals are
sealed in steps, which become smaller where they take long; after `MOST_SECONDS` in one turn of the loop others have
their turn, and what is sealed by then is written.

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

FIRST_STEP = 16  #: arrivals that are sealed together before anybody knows what they cost
LARGEST_STEP = 128  #: more gain nothing by it
LONG_SECONDS = 0.005  #: after a step that takes longer the next one is half as large, else twice
MOST_SECONDS = 0.05  #: of sealing in one turn of the loop

Seal = Callable[[Sequence[T]], Sequence[Sealed]]
"""Turns what callers bring into what may be stored, one for one and in their order."""


class Report(Protocol):
    """Told about each commit group."""

    def __call__(self, *, count: int, size_bytes: int, seconds: float) -> None:
        """Take note of one durable group."""
        ...


class _Caller(Struct):
    """Who waits until what they brought is durable."""

    brought: Sequence[Any]
    seal: Seal[Any]
    durable: asyncio.Future[Sequence[Sealed]]
    sealed: list[Sealed] = []
    failed: bool = False

    def next(self, most: int) -> Sequence[Any]:
        """Return what is to be sealed next, at most so many."""
        return self.brought[len(self.sealed) : len(self.sealed) + most]

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to be sealed."""
        return self.failed or len(self.sealed) == len(self.brought)


_Piece = tuple[_Caller, Sequence[Any]]


class GroupCommit:
    """Collects what callers bring for two turns of the loop, seals and appends it as one group, then releases them."""

    def __init__(self, journal: JournalWriter, *, clock: Clock, report: Report) -> None:
        self._journal = journal
        self._clock = clock
        self._report = report
        self._callers: list[_Caller] = []
        self._step = FIRST_STEP

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
        ready = self._seal_some()
        try:
            self._write([one for caller in ready for one in caller.sealed])
        except Exception as error:  # noqa: BLE001 -- every caller hears it; nobody is left waiting
            for caller in ready:
                _fail(caller, error)
        else:
            for caller in ready:
                _release(caller)

    def _seal_some(self) -> list[_Caller]:
        """Seal while there is time, and give the callers of whom nothing is left; the others go on in the next turn."""
        until = self._clock.monotonic() + MOST_SECONDS
        ready: list[_Caller] = []
        while self._callers and self._clock.monotonic() <= until:
            ready += self._seal_step()
        if self._callers:
            asyncio.get_running_loop().call_soon(self._commit)
        else:
            self._step = FIRST_STEP
        return ready

    def _seal_step(self) -> list[_Caller]:
        started = self._clock.monotonic()
        pieces = list(_pieces(self._callers, self._step))
        _seal(pieces)
        is_long = self._clock.monotonic() - started > LONG_SECONDS
        self._step = max(1, self._step // 2) if is_long else min(LARGEST_STEP, self._step * 2)
        touched = [caller for caller, _ in pieces]
        unfinished = [caller for caller in touched if not caller.is_done]  # at most the last one
        self._callers = [*unfinished, *self._callers[len(touched) :]]
        return [caller for caller in touched if caller.is_done and not caller.failed]

    def _write(self, group: Sequence[Sealed]) -> None:
        if not group:
            return
        started = self._clock.monotonic()
        body = encode([sealed.signal for sealed in group])
        self._journal.append(self._clock.now_ms(), len(group), body)
        self._report(count=len(group), size_bytes=len(body), seconds=self._clock.monotonic() - started)


def _pieces(callers: Sequence[_Caller], most: int) -> Iterator[_Piece]:
    """Yield what is sealed in one step, in the order in which it came."""
    for caller in callers:
        piece = caller.next(most)
        yield caller, piece
        most -= len(piece)
        if most <= 0:
            return


def _seal(pieces: Sequence[_Piece]) -> None:
    """Seal pieces of several callers; those whose own cannot be sealed are told so and left out."""
    by_seal: defaultdict[Seal[Any], list[_Piece]] = defaultdict(list)
    for caller, piece in pieces:
        by_seal[caller.seal].append((caller, piece))
    for seal, together in by_seal.items():
        try:
            sealed = iter(seal(list(chain.from_iterable([piece for _, piece in together]))))
        except Exception:  # noqa: BLE001 -- one of them is the culprit, and will be told
            _seal_one_by_one(together)
        else:
            for caller, piece in together:
                caller.sealed += islice(sealed, len(piece))


def _seal_one_by_one(pieces: Sequence[_Piece]) -> None:
    for caller, piece in pieces:
        try:
            caller.sealed += caller.seal(piece)
        except Exception as error:  # noqa: BLE001 -- whatever one of them brings, its neighbours go on
            caller.failed = True
            _fail(caller, error)


def _release(caller: _Caller) -> None:
    """Answer a caller that is still there; the events of one that hung up are durable all the same."""
    if not caller.durable.done():
        caller.durable.set_result(caller.sealed)


def _fail(caller: _Caller, error: Exception) -> None:
    if not caller.durable.done():
        caller.durable.set_exception(error)
