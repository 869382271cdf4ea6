"""What a store reads before the fold: all that it holds about the keys and visits at hand."""

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from typing import NamedTuple

from msgspec import Struct, field

from twinbeam.core.values import Facts
from twinbeam.pipeline.record.conversion import Conversion
from twinbeam.pipeline.record.counted import CountedNames, counted_regions

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


class ReadSet(Struct):
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
    regions: CountedNames = field(default_factory=counted_regions)  #: under which regions are
