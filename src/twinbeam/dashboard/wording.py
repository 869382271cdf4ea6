"""The words and numbers that people read: sentences for every state, money, durations and times in UTC."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal

from twinbeam.core.lifecycle import State
from twinbeam.core.money import decimal_places
from twinbeam.core.outcomes import Finding, Reason
from twinbeam.core.rules import MAIN
from twinbeam.core.story import Stopped, Story

STATE_SENTENCES: Mapping[State, str] = {
    State.DROPPED: "Only its key is kept; nothing of it was stored or sent.",
    State.HELD: "It waits for the visitor's permission or the shop's confirmation; without them it ends unsent.",
    State.READY: "It goes to TikTok when it is due.",
    State.LEASED: "It is in a request to TikTok that has no answer yet.",
    State.WAITING: "An attempt failed; it is tried again when due.",
    State.DELIVERED: "TikTok took it.",
    State.REFUSED: "TikTok refused it; it is kept as a dead letter.",
    State.EXPIRED: "It was not sent: doing so later could do harm or make no sense.",
    State.WITHDRAWN: "The visitor refused before it was delivered; the payload is gone.",
    State.ERASED: "A person asked for erasure; the payload is gone.",
}

#: What the attempt log writes about a request, for people.
ATTEMPT_WORDS: Mapping[str, str] = {
    "leased": "on the wire, no answer yet",
    "delivered": "taken",
    "try later": "to be tried again",
    "refused": "refused",
    "split": "refused as a whole; its halves were sent by themselves",
    "expired": "too late to be sent again",
}


def state_sentence(state: str) -> str:
    """Say what a state means for the conversion."""
    return STATE_SENTENCES[State(state)]


def reason_sentence(reason: str) -> str:
    """Say why, or give an empty text where there is no reason to tell."""
    return Reason(reason).sentence if reason else ""


def finding_sentence(finding: str) -> str:
    """Say what copies were found to disagree about."""
    return Finding(finding).sentence


def why(story: Story) -> str:
    """Give the one sentence that explains where a conversion stands: its reason, else its state."""
    return reason_sentence(story.reason) or state_sentence(story.state)


def amount(minor: int | None, currency: str) -> Decimal | None:
    """Give an amount in the currency's own unit with all its decimals, or None where it is not known."""
    if minor is None or not currency:
        return None
    return Decimal(minor).scaleb(-decimal_places(currency))


def money(story: Story) -> str:
    """Write a conversion's value for people, or nothing."""
    value = amount(story.value_minor, story.currency)
    return "" if value is None else f"{value:,} {story.currency}"


def workspace_option(workspace: str) -> str:
    """Give what a command needs beside the code of a pixel; the one workspace a single shop has is not named."""
    return "" if workspace == MAIN else f" --workspace {workspace}"


def since_when(stopped: Stopped) -> str:
    """Say since when a pixel is stopped, by whom and why."""
    who = f" by {stopped.who}" if stopped.who else ""
    return f"since {_moment(stopped.since_ms):%Y-%m-%d %H:%M:%S} UTC{who}{': ' if stopped.why else ''}{stopped.why}"


def lapse(ms: int) -> str:
    """Write how long a request took."""
    return f"{ms} ms" if ms < 1_000 else duration(ms / 1_000)


def duration(seconds: float) -> str:
    """Write a length of time in the coarsest unit that says enough."""
    if seconds < 0.05:
        return "0 s"
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7_200 else f"{seconds / 3_600:.0f} h"


def iso(ms: int) -> str:
    """Write a time for machines, with milliseconds."""
    return _moment(ms).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def time_of_day(ms: int) -> str:
    """Write the hour of a time, to the second."""
    return f"{_moment(ms):%H:%M:%S}"


def date(ms: int) -> str:
    """Write the day of a time."""
    moment = _moment(ms)
    return f"{moment.day} {moment:%b %Y}"


def _moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1_000, UTC)
