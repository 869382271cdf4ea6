"""What a store lays before the fold, and what the fold hands back to be written."""

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from typing import NamedTuple

from msgspec import Struct, field

from twinbeam.core.story import Change
from twinbeam.core.values import Facts
from twinbeam.pipeline.record.conversion import Conversion, Copy
from twinbeam.pipeline.record.counted import CountedNames

PixelSide = tuple[str, str, str]
"""(workspace, pixel, side)"""

EventSide = tuple[str, str, str, str]
"""(workspace, pixel, event, side); custom events share the empty name"""

PixelPlace = tuple[str, str]
"""(workspace, pixel)"""

PixelEvent = tuple[str, str, str]
"""(workspace, pixel, event)"""


class Spelled(NamedTuple):
    """How the browser was last seen to write an event's name; ordered, so that the later word is the greater."""

    at_ms: int
    spelling: str


Find = Callable[[Sequence[bytes]], Mapping[bytes, Conversion]]

ReachedBy = Callable[[Sequence[bytes]], Sequence[tuple[bytes, Conversion]]]


def nothing_reached(_visitors: Sequence[bytes]) -> Sequence[tuple[bytes, Conversion]]:
    """Know of nothing that a later word of visitors may still reach."""
    return ()


def nothing_found(_keys: Sequence[bytes]) -> Mapping[bytes, Conversion]:
    """Know of no conversion but those that were laid."""
    return {}


class Known(Struct):
    """
    What the store holds about the keys and visits at hand; the fold keeps it up to date.

    One conversion is one object, wherever it is listed.
    """

    conversions: dict[bytes, Conversion]  #: by every key it is known under, among those of the arrivals
    visitor_of: dict[bytes, bytes]  #: visit token -> visitor
    facts_of: dict[bytes, Facts]  #: visitor -> facts
    last_seen: dict[PixelSide, int]  #: when a side of a pixel last reported, ms
    reached_by: ReachedBy = nothing_reached  #: what their later word may still reach; asked once, for few
    spelled: dict[PixelEvent, Spelled] = field(default_factory=dict)
    names: CountedNames = field(default_factory=CountedNames)  #: under which events are counted
    rows: MutableMapping[int, Conversion] = field(default_factory=dict)  #: by id; those counted in others among them
    find: Find = nothing_found  #: conversions under keys that no arrival bears by itself; asked for very few
    confirming: dict[PixelPlace, int] = field(default_factory=dict)  #: until when a server's word is awaited, ms


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


class Writes(Struct):
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
