"""What an owner decided about alerts: rules, mutes and channels, as values."""

from collections.abc import Iterable
from enum import StrEnum
from math import isfinite

from msgspec import Struct

from twinbeam.alerts.kinds import KINDS, AlertKind, KindTerms

MOST_AFTER_SECONDS = 86_400
MOST_THRESHOLD = 1e9
LOG = "log"  #: the channel that is always there


class Rule(Struct, frozen=True, kw_only=True):
    """When an alert of a kind begins and ends, for which pixels, and who is told."""

    kind: AlertKind
    on: bool = True
    raise_at: float = 1
    clear_at: float = 0
    raise_after_seconds: int = 0
    clear_after_seconds: int = 0
    pixels: tuple[str, ...] = ()  #: as workspace/code; empty for all
    channels: tuple[str, ...] = ()  #: names; empty for all

    def tells(self, channel: str) -> bool:
        """Return whether a channel is told."""
        return not self.channels or channel in self.channels

    def covers(self, workspace: str, pixel: str) -> bool:
        """Return whether it is for a pixel; what is of no pixel always is."""
        return not self.pixels or not pixel or f"{workspace}/{pixel}" in self.pixels

    def begins(self, value: float) -> bool:
        """Return whether a value is beyond the threshold."""
        return value < self.raise_at if KINDS[self.kind].falls else value >= self.raise_at

    def ends(self, value: float) -> bool:
        """Return whether a value is back behind the threshold of the end."""
        return value >= self.clear_at if KINDS[self.kind].falls else value <= self.clear_at


def usual(kind: AlertKind) -> Rule:
    """Return the rule of a kind about which nobody decided."""
    its = KINDS[kind]
    return Rule(
        kind=kind,
        raise_at=its.raise_at,
        clear_at=its.clear_at,
        raise_after_seconds=its.raise_after_seconds,
        clear_after_seconds=its.clear_after_seconds,
    )


def wrong_with(rule: Rule) -> str:
    """Return what is wrong with a rule and how to mend it; "" where nothing is."""
    its = KINDS[rule.kind]
    if rule.pixels and not its.of_pixel:
        return f"{rule.kind} is about the whole installation; leave pixels out."
    if not all(0 <= it <= MOST_AFTER_SECONDS for it in (rule.raise_after_seconds, rule.clear_after_seconds)):
        return f"A duration is from 0 to {MOST_AFTER_SECONDS} seconds."
    return _wrong_with_thresholds(rule, its)


def _wrong_with_thresholds(rule: Rule, its: KindTerms) -> str:
    if its.is_switch and (rule.raise_at, rule.clear_at) != (its.raise_at, its.clear_at):
        return f"{rule.kind} has no threshold; leave raise_at and clear_at out."
    if not all(isfinite(it) and 0 <= it <= MOST_THRESHOLD for it in (rule.raise_at, rule.clear_at)):
        return f"A threshold is a number from 0 to {MOST_THRESHOLD:.0f}."
    if its.falls and rule.clear_at < rule.raise_at:
        return f"{rule.kind} ends above its threshold: set clear_at to {rule.raise_at:g} or more."
    if not its.falls and rule.clear_at > rule.raise_at:
        return f"{rule.kind} ends below its threshold: set clear_at to {rule.raise_at:g} or less."
    if not its.falls and rule.raise_at <= 0:
        return "Set raise_at above 0: any value is beyond 0."
    return ""


class AlertMute(Struct, frozen=True):
    """Nobody is told that an alert begins, of some kind or pixel, until a time."""

    id: int
    kind: str  #: empty for all
    workspace: str
    pixel: str  #: with its workspace; empty for all, and for what is of no pixel
    reason: str
    until_ms: int
    who: str
    at_ms: int

    def covers(self, kind: AlertKind, workspace: str, pixel: str) -> bool:
        """Return whether it is about such an alert."""
        return self.kind in ("", kind) and (not self.pixel or (self.workspace, self.pixel) == (workspace, pixel))


def is_muted(mutes: Iterable[AlertMute], kind: AlertKind, workspace: str, pixel: str, now_ms: int) -> bool:
    """Return whether nobody is to be told that such an alert begins."""
    return any(mute.until_ms > now_ms and mute.covers(kind, workspace, pixel) for mute in mutes)


class ChannelKind(StrEnum):
    """What a channel speaks."""

    LOG = "log"
    WEBHOOK = "webhook"  #: Standard Webhooks, signed
    SLACK = "slack"  #: JSON as Slack's incoming webhooks take it
    EMAIL = "email"


class AlertChannel(Struct, frozen=True):
    """Where messages go; its address and secret are told to nobody."""

    name: str
    kind: ChannelKind
    shown: str  #: of the address what pages may show: its host, or how many people get the e-mail
    created_ms: int = 0
    sent_ms: int | None = None  #: when it last took a message
    trouble: str = ""  #: why it did not take the newest one
    trouble_ms: int | None = None  #: since when


LOG_CHANNEL = AlertChannel(LOG, ChannelKind.LOG, "the gateway's log")
