"""The record of one conversion, and the copies it was made of."""

from msgspec import Struct

from twinbeam.core.lifecycle import State
from twinbeam.core.values import Channel, Side, Signal


class Copy(Struct, frozen=True, gc=False, array_like=True):
    """
    One reported copy as it is kept in a payload until it is merged for the wire.

    `arrival` orders copies that were accepted in the same millisecond; it is unique per arrival.
    """

    channel: str  #: a Channel, or "visit" for what an earlier visit left behind
    received_ms: int
    arrival: bytes
    source: str
    body: bytes
    event_time: int = 0
    minor: int | None = None
    currency: str = ""
    order_id: str = ""


class Conversion(Struct, gc=False):
    """The row of one conversion while a transaction works on it; the only mutable value of the record room."""

    id: int
    key: bytes
    workspace: str
    pixel: str
    event_source: str
    event: str
    event_id: str
    event_time: int
    received_ms: int
    state: State
    reason: str  #: why it ended; NO_CONSENT while LEASED notes a refusal that came too late to stop the request
    minor: int | None
    currency: str
    order_id: str
    channels: str  #: channels that reported it, the first one first, joined by "+"
    consent: str
    source: str
    frozen: bool  #: an attempt was made at some time: body and spelling stand
    due_ms: int = 0  #: when it may be sent; means something in HELD, READY and WAITING only
    copies: int = 1


def copy_of(signal: Signal, arrival: bytes) -> Copy:
    """Keep of a signal what the merge needs."""
    return Copy(
        signal.channel,
        signal.received_ms,
        arrival,
        signal.source,
        signal.body,
        signal.event_time,
        signal.minor,
        signal.currency,
        signal.order_id,
    )


def with_channel(channels: str, channel: str) -> str:
    """Add a channel to those that reported; the first one stays first."""
    return channels if channel in channels.split("+") else f"{channels}+{channel}"


def both_channels(channels: str) -> bool:
    """Tell whether browser and server have both reported."""
    return len({Channel(channel).side for channel in channels.split("+")}) == len(Side)
