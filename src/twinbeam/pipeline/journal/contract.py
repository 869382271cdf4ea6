"""What the journal room needs from an engine: an append that is durable, and a reader that never skips."""

from typing import Protocol

from msgspec import Struct


class Group(Struct, frozen=True, gc=False):
    """One commit group: the signals that were made durable together, still encoded."""

    seq: int
    at_ms: int
    count: int
    body: bytes
    damaged: bool = False  #: its seal is broken, and `body` is what lies in the file


class Backlog(Struct, frozen=True, gc=False):
    """What a journal still holds."""

    appended: int  #: events appended since this journal began
    pending: int  #: events not known to be recorded
    oldest_ms: int | None  #: when the oldest of them was appended, None when there is none
    used_bytes: int  #: room taken by live data


class JournalWriter(Protocol):
    """One ingest process's slot. Only its holder writes."""

    journal_id: str

    def append(self, at_ms: int, count: int, body: bytes) -> int:
        """
        Make one group durable and give its sequence number.

        Raises StorageFull or StorageBehind, and keeps nothing of it.
        """
        ...

    def forget(self) -> None:
        """Drop the groups that the store has confirmed."""
        ...

    def backlog(self) -> Backlog:
        """Return what is still here."""
        ...

    def has_room(self) -> bool:
        """Return whether an append would find room now."""
        ...

    def close(self) -> None:
        """Give the slot back."""
        ...


class JournalReader(Protocol):
    """The recorder's view of one journal."""

    journal_id: str

    def read(self, after: int, *, limit: int) -> list[Group]:
        """Return the groups after a sequence number in order, up to about `limit` events (at least one group)."""
        ...

    def confirm(self, seq: int, safe: int | None = None) -> None:
        """
        Say that every group up to `seq` is recorded and synced.

        The writer may forget those up to `safe`, and all of them where that is not said.
        """
        ...
