"""What settling needs from a store."""

from typing import Protocol

from twinbeam.core.delivery import Answered


class Ledger(Protocol):
    """
    The part of a store that writes verdicts down. Synchronous; called from the store's own thread.

    Each call is one durable transaction that moves the batch's conversions, counts them and logs the attempt.
    A batch that is no longer leased by `owner` is left as it is, and False is returned.
    """

    def settle_delivered(self, batch: int, answer: Answered, *, owner: str, now_ms: int) -> bool:
        """Move the batch's conversions to DELIVERED."""
        ...

    def settle_waiting(
        self, batch: int, answer: Answered, *, owner: str, now_ms: int, due_ms: int, arrived: bool
    ) -> bool:
        """
        Move the batch's conversions to WAITING until `due_ms`.

        With `arrived=False` TikTok certainly does not hold them, and a first attempt leaves no mark.
        """
        ...

    def settle_refused(self, batch: int, answer: Answered, *, owner: str, now_ms: int) -> bool:
        """Move the batch's conversions to REFUSED (dead letters), with TikTok's message in the attempt log."""
        ...
