"""
What a store that was put back from a backup does not know: what was sent between the backup and the restore.

Whatever waited in the backup, or comes again and happened before the restore, may be at TikTok since then. Within 47
hours it is sent again under the same event id, which TikTok drops; later its owner decides.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

from msgspec import Struct

from twinbeam.core.delivery import RESEND_MS

Decision = Literal["send", "discard"]


class Restore(Struct, frozen=True):
    """A restore: of which moment the backup was, and when it was put back."""

    taken_ms: int
    restored_ms: int

    def may_have_since(self, event_ms: int) -> int | None:
        """Return since when TikTok may have what happened at a moment and is not known; None: it cannot have it."""
        return max(event_ms, self.taken_ms) if event_ms < self.restored_ms else None

    def knows_all_of(self, event_ms: int) -> bool:
        """Return whether the store has every answer about what happened at a moment: it happened after the restore."""
        return event_ms >= self.restored_ms

    def is_late(self, now_ms: int) -> bool:
        """Return whether what waited in the backup could count twice if it was sent now."""
        return now_ms >= self.taken_ms + RESEND_MS

    def may_double(self, event_ms: int, received_ms: int) -> bool:
        """Return whether something that is taken in anew could count twice if it was sent."""
        since = self.may_have_since(event_ms)
        return since is not None and max(received_ms, self.restored_ms) >= since + RESEND_MS


class Awaiting(Struct, frozen=True):
    """How many conversions of a kind wait for their owner's decision after a restore."""

    workspace: str
    pixel: str
    event: str
    count: int
    oldest_s: int  #: when the oldest of them happened, in seconds
    worth: Mapping[str, int] = {}  #: by currency, in its minor unit: of those whose value is known


class AfterRestore(Struct, frozen=True):
    """What the newest restore left for its owner to decide."""

    restore: Restore | None = None  #: None where the store comes from no backup
    deciding: str = ""  #: the decision that is being carried out
    awaiting: Sequence[Awaiting] = ()

    @property
    def count(self) -> int:
        """How many conversions wait."""
        return sum(it.count for it in self.awaiting)

    @property
    def worth(self) -> dict[str, int]:
        """What they are worth, by currency in its minor unit."""
        total: dict[str, int] = {}
        for it in self.awaiting:
            for currency, minor in it.worth.items():
                total[currency] = total.get(currency, 0) + minor
        return total
