"""What alerts need from a store."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from msgspec import Struct

from twinbeam.alerts.judging import Watched, Why
from twinbeam.alerts.kinds import AlertKind
from twinbeam.alerts.retrying import AlertNotice
from twinbeam.alerts.rules import AlertChannel, AlertMute, Rule

Place = tuple[str, str]
"""(workspace, pixel)"""


class PastAlert(Struct, frozen=True):
    """An alert that was told of, and when and why it ended."""

    it: Watched
    ended_ms: int
    why: Why


class AlertReads(Protocol):
    """The part of a store that shows alerts. Synchronous; raises StorageError."""

    def rules(self) -> dict[AlertKind, Rule]:
        """Return the rule of each kind, as it was decided or as it usually is."""
        ...

    def mutes(self) -> list[AlertMute]:
        """Return the mutes, those that are over too until they are removed."""
        ...

    def channels(self) -> list[AlertChannel]:
        """Return the channels by their names, the log first."""
        ...

    def watched(self) -> list[Watched]:
        """Return what is watched: alerts that go on, and what is on its way to one."""
        ...

    def past(self, *, limit: int) -> list[PastAlert]:
        """Return the newest alerts that are over."""
        ...

    def waiting(self) -> dict[str, int]:
        """Return how many messages wait for each channel."""
        ...

    def volumes(self, hour: int) -> dict[Place, int] | None:
        """Return how many conversions came in an hour since the epoch; None where it was not counted."""
        ...

    def counted_hour(self) -> int | None:
        """Return the newest hour that was counted."""
        ...


class AlertStore(AlertReads, Protocol):
    """The part that writes them as well."""

    def transaction(self) -> AbstractContextManager[object]:
        """Commit all that is changed inside together, durably, or nothing."""
        ...

    def save_rule(self, rule: Rule) -> None:
        """Keep what was decided of a kind."""
        ...

    def forget_rule(self, kind: AlertKind) -> None:
        """Let the usual rule of a kind hold."""
        ...

    def add_mute(self, mute: AlertMute) -> AlertMute:
        """Keep a mute; returns it with its number."""
        ...

    def remove_mutes(self, ids: Collection[int]) -> None:
        """Forget mutes."""
        ...

    def add_channel(self, channel: AlertChannel, address: str, secret: str) -> None:
        """Keep a channel, its address and secret sealed."""
        ...

    def remove_channel(self, name: str) -> None:
        """Forget a channel with what waits for it."""
        ...

    def opened(self, name: str) -> tuple[str, str]:
        """Return the address and the secret of a channel; two empty texts where it is gone."""
        ...

    def save(self, it: Watched) -> Watched:
        """Keep an episode; a new one gets its number."""
        ...

    def drop(self, it: Watched) -> None:
        """Forget an episode that was told to nobody."""
        ...

    def end(self, it: Watched, ended_ms: int, why: Why) -> None:
        """Note that an episode is over; only so many of those are kept."""
        ...

    def add_notices(self, notices: Iterable[AlertNotice]) -> None:
        """Keep messages until they are sent; of those that wait for a channel only so many."""
        ...

    def heads(self) -> Sequence[AlertNotice]:
        """Return the oldest message that waits for each channel."""
        ...

    def note_try(self, it: AlertNotice, now_ms: int) -> None:
        """Note a try, and with it how its channel is; only so many that are done are kept."""
        ...

    def keep_volumes(self, hour: int, volumes: Mapping[Place, int], *, forget_before: int) -> None:
        """Keep the count of an hour, and forget hours before another one."""
        ...
