"""What the fold hands back to a store, to be written."""

from typing import NamedTuple

from msgspec import Struct, field

from twinbeam.core.keys import lookup
from twinbeam.core.sightings import Sighting, SightingPlace
from twinbeam.core.story import Change
from twinbeam.core.values import Facts, Signal
from twinbeam.pipeline.record.conversion import Conversion, Copy
from twinbeam.pipeline.record.read_set import EventSide, PixelEvent, PixelPlace, Spelled


class Place(NamedTuple):
    """Where a conversion stood in the schedule."""

    conversion: Conversion
    due_ms: int
    held: bool


class Note(NamedTuple):
    """A second or later copy, as facts without content."""

    id: int
    n: int
    channel: str
    at_ms: int
    consent: str
    source: str
    differs: str  #: what it says otherwise, in words; empty when it agrees


class SideReports(Struct):
    """What one fold heard of an event from a side, and what the other side opened since."""

    at_ms: int | None = None  #: when it last reported the event; None where it did not
    alone: int = 0  #: conversions that the other side opened, after its last report or else in all


class WriteSet(Struct):
    """What the store has to write, besides the counters."""

    opened: list[Conversion] = field(default_factory=list)  #: new rows, tombstones among them
    changed: dict[int, Conversion] = field(default_factory=dict)  #: rows that existed before
    keys: dict[bytes, int] = field(default_factory=dict)  #: new keys and the conversions they lead to
    moved: set[bytes] = field(default_factory=set)  #: keys among them that led to another conversion until now
    absorbed: list[tuple[int, int]] = field(default_factory=list)  #: whose kept copies go to which other conversion
    payloads: dict[int, list[Copy]] = field(default_factory=dict)  #: copies to add to a payload
    held: set[int] = field(default_factory=set)  #: payloads to be sealed under a key of their own
    released: set[int] = field(default_factory=set)  #: payloads to be sealed as usual from now on
    purged: set[int] = field(default_factory=set)  #: payloads to remove, with the keys of their own
    scheduled: dict[int, Conversion] = field(default_factory=dict)  #: to be sent, or to end if held, at due_ms
    unscheduled: dict[int, Place] = field(default_factory=dict)  #: where they stood before
    notes: list[Note] = field(default_factory=list)
    lookups: list[tuple[list[bytes], int, int]] = field(default_factory=list)  #: hashes, id, accepted ms
    heard: dict[EventSide, SideReports] = field(default_factory=dict)  #: what the sides of pixels reported
    links: dict[bytes, bytes] = field(default_factory=dict)  #: new visit token -> visitor
    facts: dict[bytes, Facts] = field(default_factory=dict)  #: changed facts per visitor
    watched: list[tuple[bytes, int]] = field(default_factory=list)  #: visitor, conversion that waits
    spelled: dict[PixelEvent, Spelled] = field(default_factory=dict)
    confirming: dict[PixelPlace, int] = field(default_factory=dict)  #: until when a server's word is awaited, ms
    audit: list[Change] = field(default_factory=list)  #: lines for the audit
    sighted: list[tuple[SightingPlace, Sighting]] = field(
        default_factory=list
    )  #: for the debugger, in the order of arrival

    def look_up(self, id_: int, signal: Signal) -> None:
        """Let people find a conversion by what a copy of it names."""
        if signal.lookups:
            self.lookups.append((signal.lookups, id_, signal.received_ms))

    def look_up_order(self, id_: int, signal: Signal) -> None:
        """Let people find what is held by its order; by what names a person only once it may be sent."""
        order = lookup("order", signal.workspace, signal.order_id)
        if signal.order_id and order in signal.lookups:
            self.lookups.append(([order], id_, signal.received_ms))
