"""What sending needs from a store and from a destination."""

from collections.abc import Callable, Sequence
from typing import Protocol

from twinbeam.core.delivery import Lane, Lease, Verdict

Compose = Callable[[Lane, Sequence[tuple[str, bytes]]], bytes]
"""Build one request body from (event name, event JSON without its name) pairs; must be deterministic."""


class Leases(Protocol):
    """The part of a store that hands out work. Synchronous; called from the store's own thread."""

    def due_lanes(self, now_ms: int) -> list[Lane]:
        """List the lanes that hold at least one conversion due at `now_ms`."""
        ...

    def next_due_ms(self) -> int | None:
        """Tell when the earliest unsent conversion of any lane is due, or None when there is none."""
        ...

    def lease(self, lane: Lane, *, limit: int, owner: str, now_ms: int, compose: Compose) -> Lease | None:
        """
        Freeze and take up to `limit` due conversions of a lane; durable before it returns.

        Conversions that can no longer be sent without harm end as expired on the way.
        """
        ...

    def reclaim(self, *, owner: str, compose: Compose) -> list[Lease]:
        """Take over every batch of another (dead) owner, byte for byte as it was."""
        ...

    def split(self, batch: int, *, owner: str, now_ms: int, compose: Compose) -> list[Lease]:
        """Replace a leased batch by two leased halves in one transaction."""
        ...


class Destination(Protocol):
    """Somebody who takes batches."""

    async def deliver(self, lease: Lease) -> Verdict:
        """Send one frozen batch and say what the answer means; raises nothing it can put into a Verdict."""
        ...
