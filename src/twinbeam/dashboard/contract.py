"""What the dashboard needs: a ledger to read from, and a few questions the composition root can answer."""

from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from msgspec import Struct

from twinbeam.core.clock import Clock
from twinbeam.core.story import LastAnswer, Listed, PixelRow, Story, Total
from twinbeam.pipeline.accept.directory import Directory

T = TypeVar("T")


class Ledger(Protocol):
    """
    The reading side of a store. Synchronous; called on the reader's own thread.

    Every call sees one committed state; two calls may see two. All raise StorageError.
    """

    def by_event_id(self, workspace: str, event_id: str) -> list[Story]:
        """Find what is known under an event id, in every event and pixel of the workspace, tombstones included."""
        ...

    def by_lookup(self, hashes: Iterable[bytes]) -> list[Story]:
        """Find conversions by look-up hashes (core.keys.lookup), with their copies and attempts."""
        ...

    def recent(self, *, limit: int, before_id: int | None = None) -> list[Story]:
        """Give the newest conversions and tombstones, newest first, without copies and attempts."""
        ...

    def in_state(
        self, states: Collection[str], *, limit: int, pixel: tuple[str, str] | None = None, before_id: int | None = None
    ) -> Listed:
        """
        Give the newest conversions and tombstones in one of some states, of one pixel (workspace, code) or of all.

        There may be fewer than asked for although there are older ones: `next_id` then leads on.
        """
        ...

    def totals(self, *, since_day: int = 0, by_event: bool = True) -> list[Total]:
        """
        Add all counters from a UTC day on up over the days, from one moment: the accounting law holds in them.

        They are added up over the events as well unless `by_event`.
        """
        ...

    def pixels(self) -> list[PixelRow]:
        """List the configured pixels."""
        ...

    def last_answers(self) -> list[LastAnswer]:
        """Give TikTok's newest answer with a code to each pixel, tests included; long forgotten ones may be missing."""
        ...


class OnReader(Protocol):
    """Runs a call on the reader's thread, so that the event loop never waits for a disk."""

    async def __call__(self, fn: Callable[[], T], /) -> T:
        """Give what the call gives, and raise what it raises."""
        ...


class JournalLag(Struct, frozen=True):
    """How far the record room is behind one journal."""

    journal: str
    pending: int  #: events accepted and not yet recorded
    oldest_ms: int | None = None  #: when the oldest of them was accepted


class LagView(Struct, frozen=True):
    """How far the record room is behind all journals."""

    lag_seconds: float = 0.0  #: age of the oldest event not yet recorded
    pending: int = 0  #: events accepted and not yet recorded
    journals: tuple[JournalLag, ...] = ()


def never() -> bool:
    """Say that the process is not about to stop."""
    return False


@dataclass(frozen=True, kw_only=True, slots=True)
class Parts:
    """
    What the routes share.

    `pending` tells whether an event id lies in a journal but is not yet recorded; `ready` gives reasons why not;
    `metrics` gives a body and its content type; `access_codes` are those with which TikTok refuses a token.
    `closing` ends the live streams, which would hold up a stop.
    """

    ledger: Ledger
    on_reader: OnReader
    directory: Callable[[], Directory]
    clock: Clock
    lag: Callable[[], LagView]
    pending: Callable[[str, str], Awaitable[bool]]
    metrics: Callable[[], tuple[bytes, str]]
    ready: Callable[[], list[str]]
    access_codes: Collection[int]
    closing: Callable[[], bool] = never
