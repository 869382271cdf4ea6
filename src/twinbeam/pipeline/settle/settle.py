"""
The last step: each verdict becomes exactly one call of the ledger.

When a batch is tried again is the sender's knowledge (it owns backoff and pauses) and comes in as `due_ms`.
"""

from collections.abc import Awaitable, Callable, Container
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from twinbeam.core.clock import Clock
from twinbeam.core.delivery import Accepted, Answered, Lease, Refused, TokenRejected, TryLater, Verdict
from twinbeam.pipeline.settle.contract import Ledger


class Settled(StrEnum):
    """What was written down about a batch."""

    DELIVERED = "delivered"
    WAITING = "waiting"
    REFUSED = "refused"
    NOT_OURS = "not_ours"  #: the lease had passed to another owner, so nothing was changed


@dataclass(frozen=True, kw_only=True)
class Settler:
    """
    Writes verdicts into the ledger.

    `on_store` runs a ledger call in the store's own thread. `not_taken` holds the destination's codes that prove
    a batch did not arrive; a refused token says so only together with such a code, or when no request was made.
    """

    ledger: Ledger
    owner: str
    clock: Clock
    on_store: Callable[..., Awaitable[bool]]
    not_taken: Container[int]

    async def settle(self, lease: Lease, verdict: Verdict, *, due_ms: int) -> Settled:
        """Write one verdict down durably; raises StorageError, and then nothing is written."""
        match verdict:
            case Accepted(answer=answer):
                return await self._end(self.ledger.settle_delivered, lease, answer, Settled.DELIVERED)
            case Refused(answer=answer):
                return await self._end(self.ledger.settle_refused, lease, answer, Settled.REFUSED)
            case TryLater(answer=answer, arrived=arrived):
                return await self._wait(lease, answer, due_ms=due_ms, arrived=arrived)
            case TokenRejected(answer=answer):
                return await self._wait(lease, answer, due_ms=due_ms, arrived=self._may_have_arrived(answer))
            case _:
                assert_never(verdict)

    async def _end(self, call: Callable[..., bool], lease: Lease, answer: Answered, settled: Settled) -> Settled:
        ours = await self.on_store(call, lease.batch, answer, owner=self.owner, now_ms=self.clock.now_ms())
        return settled if ours else Settled.NOT_OURS

    async def _wait(self, lease: Lease, answer: Answered, *, due_ms: int, arrived: bool) -> Settled:
        ours = await self.on_store(
            self.ledger.settle_waiting,
            lease.batch,
            answer,
            owner=self.owner,
            now_ms=self.clock.now_ms(),
            due_ms=due_ms,
            arrived=arrived,
        )
        return Settled.WAITING if ours else Settled.NOT_OURS

    def _may_have_arrived(self, answer: Answered) -> bool:
        """Without a request nothing arrived; otherwise only the destination's own code proves it."""
        made_a_request = answer.status != 0 or answer.code is not None
        return made_a_request and answer.code not in self.not_taken
