"""What goes out of one conversion, and of which copies it was made: for whoever looks at a single event."""

from typing import Protocol

from msgspec import Struct

from twinbeam.core.delivery import Lane


class KeptCopy(Struct, frozen=True):
    """A copy as far as it is kept: hashed and scrubbed as it came from the identity room."""

    channel: str  #: "visit" for what an earlier visit left behind
    source: str
    received_ms: int
    event_id: str
    event_time: int
    body: bytes  #: a JSON object, without the event's name


class Outgoing(Struct, frozen=True):
    """An event as it goes out, or went out first: from the first attempt on it is frozen."""

    lane: Lane  #: its number means nothing here
    name: str
    event: bytes  #: a JSON object, without the event's name
    copies: list[KeptCopy]
    is_frozen: bool


class OutgoingReads(Protocol):
    """The part of a store that opens the content of one conversion. Synchronous; raises StorageError."""

    def outgoing(self, conversion: int) -> Outgoing | None:
        """Return what goes out of a conversion; None where its content is gone, or is not permitted to be sent."""
        ...
