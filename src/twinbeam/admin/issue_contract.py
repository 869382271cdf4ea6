"""What the issues need of a store: what jobs found out, since when something is wrong, and what is muted."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from twinbeam.checks.facts import Evidence
from twinbeam.checks.records import IssueKey, IssueRecord, Mute


class IssueReads(Protocol):
    """The reading side. All raise StorageError."""

    def evidence(self) -> list[Evidence]:
        """Return what a job found out of each pixel."""
        ...

    def records(self) -> list[IssueRecord]:
        """Return since when what is wrong, and what was within the last 30 days."""
        ...

    def mutes(self) -> list[Mute]:
        """Return what is muted."""
        ...

    def open_by_workspace(self) -> Mapping[str, int]:
        """Return how many issues stand and are not muted, by workspace; what has none is left out."""
        ...


class IssueStore(IssueReads, Protocol):
    """The writing side; each change is durable when the call, or the transaction around it, ends."""

    def keep_evidence(self, found: Sequence[Evidence]) -> None:
        """Keep these, and forget all others."""
        ...

    def keep_records(self, changed: Sequence[IssueRecord], gone: Collection[IssueKey]) -> None:
        """Write some records, and forget some."""
        ...

    def save_mute(self, mute: Mute) -> None:
        """Mute an issue, or say anew why."""
        ...

    def forget(self, workspace: str, pixel: str) -> None:
        """Forget all of a pixel that is removed: issues, mutes, and what was found out of it."""
        ...

    def drop_mute(self, key: IssueKey) -> None:
        """Take a mute away."""
        ...
