"""What accepting needs from a dialect that reads bodies, and from whoever takes the arrivals further."""

from collections.abc import Awaitable, Callable, Sequence
from enum import StrEnum

from msgspec import Struct

from twinbeam.core.outcomes import Reason
from twinbeam.core.values import Arrival, Item, Notice, Rejected
from twinbeam.pipeline.accept.problems import Problem

WHOLE_REQUEST = -1  #: the index of a notice that concerns no single event


class Reading(Struct, frozen=True, gc=False):
    """What a dialect made of a body: the events in the order they were sent, some of them refused."""

    items: Sequence[Item | Rejected]
    notices: list[Notice] = []


Reader = Callable[[bytes], Reading | Problem]
"""A dialect: pure, takes any bytes and raises nothing."""


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

    path: str
    status: int  #: 499 when the client hung up before it had sent its body
    seconds: float
    code: str = ""  #: the problem's code, where there is one
    source: str = ""  #: the write key's source, "" while the key is unknown
    accepted: int = 0
    dropped: int = 0
    rejected: int = 0
    held: int = 0  #: of what was accepted: it waits, for one pixel at least, until visitor or server speak
    surprise: str = ""  #: type and line of an unexpected exception; never its text, which may quote a visitor


Report = Callable[[Served], None]
