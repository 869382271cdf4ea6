"""What a store has to remember, in dictionaries, and the one way in which a conversion changes its state."""

from collections.abc import Iterator
from itertools import count

from msgspec import Struct, field
from msgspec.structs import replace

from twinbeam.core.clock import day_of
from twinbeam.core.delivery import Answered, Lane
from twinbeam.core.erasure import Erasure, Receipt
from twinbeam.core.goods import Margin
from twinbeam.core.lifecycle import State
from twinbeam.core.products import UnitCost
from twinbeam.core.restored import Restore
from twinbeam.core.sightings import Ring, SightingPage
from twinbeam.core.story import Change, CopySeen
from twinbeam.core.values import Facts
from twinbeam.pipeline.record.beside import PixelCountKey
from twinbeam.pipeline.record.conversion import Conversion, Copy
from twinbeam.pipeline.record.counted import CountedNames, counted_regions
from twinbeam.pipeline.record.counters import CounterKey, move_key
from twinbeam.pipeline.record.coverage import Coverage, CoverageKey
from twinbeam.pipeline.record.read_set import EventSide, PixelEvent, PixelPlace, PixelSide, Spelled

#: States in which a conversion stands in the schedule to be sent.
SCHEDULED = frozenset({State.READY, State.WAITING})


class Batch(Struct):
    """A request: its lease while it is open, its place in the attempt log afterwards."""

    id: int
    lane: Lane
    owner: str
    state: str
    ids: list[int]
    attempt: int
    at_ms: int
    again: bool = False  #: what it carries may have been sent before: a half, or taken over
    taken_over: bool = False  #: its first owner may have sent it, and nobody knows the answer to that
    answered_ms: int | None = None
    answer: Answered = Answered()


class Kept(Struct):
    """What is kept of a conversion beside its row."""

    copies: list[Copy] = []
    notes: list[CopySeen] = []
    maybe_at: int | None = None
    settled_at: int | None = None
    attempts: int = 0
    batches: list[int] = []
    spelling: str = ""  #: as it was first sent


class Rows(Struct):
    """Everything there is."""

    by_key: dict[bytes, Conversion] = field(default_factory=dict)  #: under every key a conversion is known by
    by_id: dict[int, Conversion] = field(default_factory=dict)
    kept: dict[int, Kept] = field(default_factory=dict)
    lookups: dict[bytes, dict[int, int]] = field(default_factory=dict)  #: hash -> conversion -> last day it came
    visitor_of: dict[bytes, bytes] = field(default_factory=dict)
    facts_of: dict[bytes, Facts] = field(default_factory=dict)
    facts_day: dict[bytes, int] = field(default_factory=dict)  #: on which facts were last written
    watchlist: dict[bytes, list[int]] = field(default_factory=dict)
    last_seen: dict[PixelSide, int] = field(default_factory=dict)
    sides: dict[EventSide, tuple[int, int]] = field(default_factory=dict)  #: last report, and the other side's since
    spelled: dict[PixelEvent, Spelled] = field(default_factory=dict)
    confirming: dict[PixelPlace, int] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    cursors: dict[str, tuple[int, int]] = field(default_factory=dict)
    quarantine: dict[tuple[str, int, int], tuple[int, bytes]] = field(default_factory=dict)
    counters: dict[CounterKey, int] = field(default_factory=dict)
    coverage: dict[CoverageKey, list[int]] = field(default_factory=dict)
    names: CountedNames = field(default_factory=CountedNames)  #: nothing is ever taken back here, so it stays
    pixel_counts: dict[PixelCountKey, int] = field(default_factory=dict)
    regions: CountedNames = field(default_factory=counted_regions)
    removed: dict[str, int] = field(default_factory=dict)
    erasure_requests: dict[str, Erasure] = field(default_factory=dict)
    receipts: dict[str, Receipt] = field(default_factory=dict)
    flying: dict[str, set[int]] = field(default_factory=dict)  #: by request: to be erased once they are answered
    restored: Restore | None = None  #: the store was put back from a backup
    costs: dict[str, dict[str, UnitCost]] = field(default_factory=dict)  #: of products, by workspace and id
    ring: Ring = field(default_factory=Ring)
    sightings: dict[int, SightingPage] = field(default_factory=dict)  #: pages by their numbers
    erased: set[int] = field(default_factory=set)  #: conversions of which no sighting is left
    margins: dict[int, Margin] = field(default_factory=dict)
    batches: dict[int, Batch] = field(default_factory=dict)
    lanes: dict[tuple[str, str, str, str, bool], Lane] = field(default_factory=dict)
    ids: Iterator[int] = field(default_factory=lambda: count(1))
    batch_ids: Iterator[int] = field(default_factory=lambda: count(1))

    def scheduled(self) -> list[Conversion]:
        """Return what stands in the schedule to be sent."""
        return [row for row in self.by_id.values() if row.state in SCHEDULED]

    def lane(self, row: Conversion) -> Lane:
        """Find or make the lane of a conversion."""
        place = (row.workspace, row.event_source, row.pixel, row.test_code, row.enriched)
        return self.lanes.setdefault(place, Lane(len(self.lanes) + 1, *place))

    def move(self, row: Conversion, state: State, reason: str = "") -> None:
        """Change a state, and the counters with it."""
        day = (day_of(row.received_ms), row.workspace, row.pixel)
        place = (*day, self.names.of(*day, row.event))
        self.add(move_key(*place, row.state, row.reason), -1)
        changes = Coverage(self.names)
        if State.DELIVERED in (row.state, state) and row.state is not state:
            changes.delivered(row, 1 if state is State.DELIVERED else -1)
        row.state, row.reason = state, reason
        self.add(move_key(*place, row.state, row.reason), 1)
        self.cover(changes)

    def add(self, key: CounterKey, n: int) -> None:
        """Add to one counter."""
        self.counters[key] = self.counters.get(key, 0) + n

    def cover(self, changes: Coverage) -> None:
        """Add to what is counted of places."""
        for key, row in changes:
            before = self.coverage.get(key, [0] * len(row))
            self.coverage[key] = [a + b for a, b in zip(before, row, strict=True)]
        for it in changes.beside:
            place = (it.day, it.workspace, it.pixel, it.kind, it.event, it.name)
            self.pixel_counts[place] = self.pixel_counts.get(place, 0) + it.n

    def clear_differences(self, id_: int) -> None:
        """Keep of the stories of copies no value that they named."""
        kept = self.kept[id_]
        kept.notes = [replace(note, differs="") for note in kept.notes]

    def end(self, row: Conversion, state: State, reason: str, now_ms: int) -> None:
        """End a conversion; one that was delivered before stays so, whatever becomes of its enrichment."""
        self.kept[row.id].settled_at = now_ms
        self.move(row, *((State.DELIVERED, "") if row.enriched else (state, reason)))
