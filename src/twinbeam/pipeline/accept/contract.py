"""
What accepting needs: of a dialect that somebody speaks, and of whoever takes the arrivals further.

A dialect says which requests are its own, whose they are, what they hold, and how they are answered. This room knows
none by name: the composition root hands them in.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from enum import StrEnum
from typing import Protocol

from msgspec import UNSET, Struct, UnsetType

from twinbeam.core.deliveries import Delivery
from twinbeam.core.order import OrderFacts
from twinbeam.core.outcomes import Reason
from twinbeam.core.rejections import RejectedEvent
from twinbeam.core.values import Arrival, Item, Notice, Rejected, RequestNote
from twinbeam.pipeline.accept.asgi import Headers, Reply
from twinbeam.pipeline.accept.directory import Directory, Sender
from twinbeam.pipeline.accept.problems import Problem

WHOLE_REQUEST = -1  #: the index of a notice that concerns no single event


# ---- dialects ----


class Request(Struct, frozen=True, gc=False):
    """The head of a request."""

    method: str
    path: str
    query: bytes
    headers: Headers
    sender: Sender | None = None  #: who signed it, once that is proven; of a key it is None


class Greeting(Struct, frozen=True, gc=False):
    """A request that only asks whether somebody is there: it is answered, and nothing is kept."""


def _no_topic(_body: bytes) -> str:
    return ""


class Signature(Struct, frozen=True, gc=False):
    """
    Who signs a request is told only by its body.

    `verify` takes that as it came over the wire, and when, in milliseconds since the epoch.
    """

    verify: Callable[[bytes, int], Sender | Greeting | Problem]
    source: str = ""  #: whose it claims to be, where there is such a source
    topic: Callable[[bytes], str] = _no_topic  #: what the sender calls a body


class Reading(Struct, frozen=True, gc=False):
    """What a dialect made of a body: the events in the order they were sent, some of them refused."""

    items: Sequence[Item | Rejected]
    notices: list[Notice] = []
    idempotency: str | None = None  #: the sender's name for this very request: what repeats it bears the same
    orders: Sequence[OrderFacts] = ()  #: what is stated of orders, for the ledger
    requests: Sequence[RequestNote] = ()  #: what is passed on of persons' rights
    is_empty: bool = False  #: it is understood, and there is nothing in it for the gateway
    of: Sequence[int] = ()  #: of a list of orders: which of them each item follows from; refused ones stand last
    count: int = 0  #: of such orders


class Statements(Struct, frozen=True, gc=False):
    """What a dialect made of a body that speaks of consent without an event: items whose `event` is empty."""

    items: Sequence[Item | Rejected]
    notices: list[Notice] = []
    idempotency: str | None = None


class DroppedEvent(Struct, frozen=True, gc=False):
    """An event that goes no further for one pixel: the visitor did not allow it, or it is foreign, a test, or left."""

    index: int
    pixel: str
    reason: Reason
    message: str


class HeldEvent(Struct, frozen=True, gc=False):
    """An event that waits, for one pixel, until the visitor's permission or the server's word on it is known."""

    index: int
    pixel: str
    reason: Reason
    message: str


class Answer(Struct, frozen=True, gc=False):
    """
    What became of the events of a request; everything that is not rejected is durable.

    `accepted` counts the events that were kept for at least one pixel, held ones among them. `event_ids` has one
    entry for each event of the request, null where it was rejected. `receipt` is what the visitor said, signed, for
    the shop to pass on; only answers to browser keys have it.
    """

    accepted: int
    dropped: list[DroppedEvent]
    held: list[HeldEvent]
    rejected: list[Rejected]
    notices: list[Notice]
    event_ids: list[str | None]
    receipt: str | UnsetType = UNSET


class Acknowledgement(Struct, frozen=True, gc=False):
    """
    What became of the statements of a request; everything that is not rejected is durable.

    `receipts` has one entry for each statement of the request, null where it was rejected or names no visitor.
    """

    accepted: int
    rejected: list[Rejected]
    notices: list[Notice]
    receipts: list[str | None]


class Dialect(Protocol):
    """
    What one kind of sender speaks. It knows no clock and keeps nothing; no bytes of a stranger make it raise.

    Of several that match the first one counts.
    """

    @property
    def route(self) -> str:
        """The path as metrics and logs name it; never a text that a stranger chose."""
        ...

    def matches(self, request: Request) -> bool:
        """Return whether a request is written in this dialect, by its method, path and headers."""
        ...

    def authenticate(self, request: Request, directory: Directory) -> Sender | Signature | Problem:
        """Return whose request it is, by a key in its head; or the signature by which its body will tell."""
        ...

    def read(self, request: Request, body: bytes, received_ms: int) -> Reading | Statements | Problem:
        """Return the items of a body, inflated: at most `MOST_BYTES`, or `MOST_SIGNED_BYTES` of what is signed."""
        ...

    def reply(self, result: Answer | Acknowledgement | Greeting | Problem) -> Reply:
        """Write what became of a request; 2xx says that it is durable."""
        ...


# ---- the rooms behind ----


class Dropped(Struct, frozen=True, gc=False):
    """An arrival that ends here because of what the visitor said, or did not say, or because of where it came from."""

    index: int
    pixel: str
    reason: Reason


class Held(Struct, frozen=True, gc=False):
    """An arrival that waits for the visitor's word, or for the server's."""

    index: int
    pixel: str
    reason: Reason


class Taken(Struct, frozen=True, gc=False):
    """The arrivals are durable. Dropped ones too, as the traces that keep later copies from being sent."""

    event_ids: Sequence[str]  #: given or derived, one for each arrival, in their order
    dropped: Sequence[Dropped] = ()
    notices: Sequence[Notice] = ()  #: their fields are paths inside the event
    held: Sequence[Held] = ()
    receipt: str = ""  #: a consent receipt for the page, where it named its visitor


class Noted(Struct, frozen=True, gc=False):
    """The statements are durable."""

    receipts: Sequence[str]  #: one for each statement, in their order; empty where it names no visitor
    notices: Sequence[Notice] = ()  #: their fields are paths inside the statement


class Room(StrEnum):
    """Which room ran out."""

    JOURNAL = "journal"
    DISK = "disk"


class Full(Struct, frozen=True, gc=False):
    """Nothing was kept of the arrivals, because there is no room."""

    room: Room


Take = Callable[[Sequence[Arrival]], Awaitable[Taken | Full]]
"""Carry arrivals to the journal; answers only when they are durable, all of them or none."""

Note = Callable[[Sequence[Arrival]], Awaitable[Noted | Full]]
"""Carry statements about consent there likewise."""


class Served(Struct, frozen=True, gc=False):
    """One finished request, for metrics and logs; it holds nothing about a visitor."""

    path: str  #: its dialect's route
    status: int  #: 499 when the client hung up before it had sent its body
    seconds: float
    code: str = ""  #: the problem's code, where there is one
    source: str = ""  #: the name of the key's source, or of the signing one; "" while the sender is unknown
    accepted: int = 0
    dropped: int = 0
    rejected: int = 0
    held: int = 0  #: of what was accepted: it waits, for one pixel at least, until visitor or server speak
    surprise: str = ""  #: type and line of an unexpected exception; never its text, which may quote a visitor


Report = Callable[[Served], None]

Hear = Callable[[str, Delivery], None]

CountRejected = Callable[[Sender, Sequence[Rejected]], None]
"""Hears which events of a known sender were rejected."""
"""Note what came to the address of a source."""

NoteRejected = Callable[[Iterable[RejectedEvent]], None]
"""Keep samples of what was rejected, for the debugger."""
