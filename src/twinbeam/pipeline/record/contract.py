"""What recording needs from a store."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Protocol

from msgspec import Struct

from twinbeam.core.values import Signal


class Numbered(Struct, frozen=True, gc=False):
    """A decoded group with its place in its journal."""

    seq: int
    signals: Sequence[Signal]
    set_aside: int = 0  #: items of the group that went to quarantine instead


def has_gap(before: int, groups: Sequence[Numbered]) -> bool:
    """Return whether a group is missing between the cursor and the last of these groups; a new cursor misses none."""
    seqs = [*([before] if before else []), *(group.seq for group in groups)]
    return any(later != earlier + 1 for earlier, later in pairwise(seqs))


def arrivals_of(journal_id: str, groups: Sequence[Numbered]) -> list[tuple[Signal, bytes]]:
    """Return every arrival of some groups with its unique id: journal, group and place in it."""
    origin = bytes.fromhex(journal_id)[:8]
    return [
        (signal, b"%b%b%b" % (origin, group.seq.to_bytes(8, "big"), index.to_bytes(4, "big")))
        for group in groups
        for index, signal in enumerate(group.signals)
    ]


class Recorded(Struct, frozen=True, gc=False):
    """What one transaction did, in arrivals; replayed groups count nowhere."""

    arrivals: int = 0
    opened: int = 0
    merged: int = 0
    duplicate: int = 0
    dropped: int = 0
    skipped_groups: int = 0
    gap: bool = False  #: the cursor jumped: groups are missing, an alarm is due
    unledgered: bool = False  #: the ledger of orders is damaged: events were recorded without it

    def plus(self, other: "Recorded") -> "Recorded":
        """Sum up two transactions."""
        return Recorded(
            arrivals=self.arrivals + other.arrivals,
            opened=self.opened + other.opened,
            merged=self.merged + other.merged,
            duplicate=self.duplicate + other.duplicate,
            dropped=self.dropped + other.dropped,
            skipped_groups=self.skipped_groups + other.skipped_groups,
            gap=self.gap or other.gap,
            unledgered=self.unledgered or other.unledgered,
        )


class Recorder(Protocol):
    """The part of a store that takes groups in. Synchronous; called from the store's own thread."""

    def cursor(self, journal_id: str) -> int:
        """Return the last recorded sequence number of a journal, 0 when it is new."""
        ...

    def safe(self, journal_id: str) -> int:
        """
        Return the last sequence number of a journal that the store would still have without its write-ahead log.

        What comes behind it is recorded and synced as well; a journal keeps it a little longer all the same.
        """
        ...

    def record(self, journal_id: str, groups: Sequence[Numbered], now_ms: int) -> Recorded:
        """Record groups in one durable transaction; a group at or below the cursor changes nothing."""
        ...

    def rehearse(self, journal_id: str, group: Numbered, now_ms: int) -> None:
        """Raise what recording this group would raise, and change nothing."""
        ...

    def quarantine(  # noqa: PLR0913 -- where, what, why, when and how many
        self, journal_id: str, seq: int, index: int, raw: bytes, why: str, now_ms: int, *, count: int = 1
    ) -> None:
        """
        Keep, encrypted, what cannot be recorded; the cursor is not moved by it.

        It is counted once as `count` arrivals: a group that cannot even be taken apart is kept as one item.
        """
        ...


class Holds(Protocol):
    """The part of a store that lets held conversions go when nobody permitted or confirmed them in time."""

    def next_deadline_ms(self) -> int | None:
        """Return when the next held conversion ends, or None when nothing is held."""
        ...

    def release_asked(self, now_ms: int) -> int:
        """Let go the held conversions whose owner asked for it (`order_reused`), and tell how many were asked for."""
        ...

    def end_overdue(self, now_ms: int, *, limit: int) -> int:
        """
        End held conversions whose deadline has come, up to `limit` of them, and tell how many.

        Their payloads are removed and the keys of their own destroyed: what they held is unreadable from then on.
        """
        ...

    def end_held_of(self, workspace: str, pixel: str, now_ms: int, *, limit: int) -> int:
        """End what is held for a pixel that was removed, up to `limit` of it, as `end_overdue` does; tells how many."""
        ...

    def end_confirming(self, now_ms: int) -> None:
        """Await no server's word any more on pixels where none has reported a purchase for so long (confirming.py)."""
        ...
