"""What sending needs from a store and from a destination."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from twinbeam.core.dead_letters import Shape
from twinbeam.core.delivery import Answered, Lane, Lease, Verdict
from twinbeam.pipeline.send.bisection import Positions
from twinbeam.pipeline.send.order import EVERYTHING, Stretch

Compose = Callable[[Lane, Sequence[tuple[str, bytes]]], bytes]
"""Build one request body from (event name, event JSON without its name) pairs; must be deterministic."""

#: Full pages of expired conversions that one lease walks past. What a long outage leaves is ended in steps, so that
#: no single transaction keeps the recorder waiting.
MOST_PAGES = 10

#: What the attempt log says of a dead owner's batch that was not sent again.
TOO_LATE = Answered(message="no answer, and too late to be sent again")


class Leases(Protocol):
    """The part of a store that hands out work. Synchronous; called from the store's own thread."""

    def due_lanes(self, now_ms: int) -> list[Lane]:
        """List the lanes that hold at least one conversion due at `now_ms`."""
        ...

    def next_due_ms(self) -> int | None:
        """Return when the earliest unsent conversion of any lane is due, or None when there is none."""
        ...

    def lease(
        self,
        lane: Lane,
        *,
        limit: int,
        owner: str,
        now_ms: int,
        compose: Compose,
        stretches: Sequence[Stretch] = EVERYTHING,
    ) -> Lease | None:
        """
        Freeze and take up to `limit` due conversions of a lane, stretch by stretch; durable before it returns.

        Conversions that can no longer be sent without harm, or of which nothing is left that could be sent, end as
        expired on the way; the next page of due ones is looked at in their place, up to MOST_PAGES.
        """
        ...

    def hasten(self, *, workspace: str, source_id: str, now_ms: int) -> None:
        """Make due what waits after an attempt in the lanes of an event source; what was never tried keeps its time."""
        ...

    def pull_in(self, latest_ms: int, now_ms: int) -> int:
        """
        Make due now what is due later than anything may be, and tell how much of it there was.

        It was scheduled while the clock was ahead, and would wait for as long as that.
        """
        ...

    def reclaim(self, *, owner: str, now_ms: int, compose: Compose) -> list[Lease]:
        """
        Take over every batch of another (dead) owner, byte for byte as it was.

        What its visitor has refused since, or asked to have erased, is taken out, and the rest is a batch of its own.
        A batch with a conversion that can no longer be sent without harm ends as a whole as expired.
        """
        ...

    def end_stale(self, now_ms: int, *, limit: int) -> int:
        """
        End what has been due for as long as anything may wait, up to `limit` of it, and tell how many ended.

        `lease` ends what is too late as well, but of a lane that stands still for want of a token it is asked for
        little: what such a lane holds is about people, and would become more with every day.
        """
        ...

    def end_unsent_of(self, workspace: str, source_id: str, now_ms: int, *, limit: int) -> int:
        """
        End what waits to be sent to an event source that was removed, up to `limit` of it, and tell how many ended.

        What is in a request already stays in it: its answer decides, and what comes back waiting is ended then.
        """
        ...

    def split(
        self, batch: int, answer: Answered, parts: Sequence[Positions], *, owner: str, now_ms: int, compose: Compose
    ) -> list[Lease | None]:
        """
        Replace a leased batch, which got this answer, by leased parts in one transaction.

        The parts are positions in the batch, each in exactly one of them. What its visitor has refused since the
        lease is withdrawn and in none; None stands for a part of which nothing is left, and nothing is given where
        the batch is not the owner's any more.
        """
        ...

    def renew(self, lease: Lease, *, owner: str, now_ms: int, compose: Compose) -> Lease | None:
        """
        Return a lease that has waited for its turn as it may go out now, or None where nothing of it is left.

        It is the same one, unless something of it was refused or erased since: the rest is a batch of its own.
        """
        ...


class NotedRow(Struct, frozen=True, gc=False):
    """Requests that a process noted at once."""

    owner: str
    at_ms: int
    count: int


class NotedRequests(Struct, frozen=True):
    """What a note came to."""

    more: int  #: that may be made
    total: int  #: noted of this UTC day, with those
    rows: tuple[NotedRow, ...]  #: the notes of the day one by one, the earliest first; old ones may be added up


ALL_PIXELS = ("", "")
"""Stands for a pixel where something is of all of them."""


class RequestCounts(Protocol):
    """The part of a store that counts requests to the destination for all processes."""

    def note(self, scope: str, count: int, *, most: int, owner: str, now_ms: int) -> NotedRequests:
        """
        Note up to `count` requests of a scope for this UTC day before they are made; durable before it returns.

        All notes of a day come to no more than `most`, unless that is 0.
        """
        ...

    def add_throttled(self, day: int, events: Mapping[tuple[str, str], int]) -> None:
        """Add to how many events of some pixels, by workspace and code, waited for a limit on a UTC day."""
        ...

    def throttled(self, day: int) -> Mapping[tuple[str, str], int]:
        """Return how many events of each pixel waited for a limit on a UTC day."""
        ...

    def keep_closed(self, until_ms: Mapping[tuple[str, str], int]) -> None:
        """Keep until when the destination takes no requests for some pixels, or ALL_PIXELS, and forget all others."""
        ...

    def closed(self, now_ms: int) -> Mapping[tuple[str, str], int]:
        """Return until when it takes none for each pixel, where that is not over; ALL_PIXELS stands for all."""
        ...


class Resends(Protocol):
    """The part of a store that lets dead letters be sent again."""

    def resend(
        self, ids: Collection[int], never_taken: Collection[int], now_ms: int, shape: Shape
    ) -> Mapping[str, int]:
        """
        Let those of some dead letters be sent again that may be (resending.py), in one durable transaction.

        What `goes_anew` is kept as `shape` gives it; all else keeps its bytes.
        `never_taken` are the destination's codes that prove a batch did not arrive. Tells how many there are by the
        reason why they stay, "" for those that go; what is no dead letter is left out.
        """
        ...


class Destination(Protocol):
    """Somebody who takes batches."""

    async def deliver(self, lease: Lease) -> Verdict:
        """Send one frozen batch and say what the answer means; raises nothing it can put into a Verdict."""
        ...
