"""
What the debugger keeps of arrivals: when each came, from whom, what was decided; nothing that tells of a person.

They lie in a ring: the last ones of the whole installation, in small pages of one place each. Where it is full, the
place that has most makes room, so that no flood at one pixel, or from one side of it, pushes out what others sent.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

from msgspec import Struct

from twinbeam.core.consent import ConsentRecord
from twinbeam.core.story import Story

ROOM = 10_000  #: sightings of an installation
PAGE = 20  #: sightings that are written, and leave, together

OPENED = "opened"  #: how an arrival came in that opened a conversion; others by their Outcome


class SightingPlace(NamedTuple):
    """Where an arrival belongs."""

    workspace: str
    pixel: str
    side: str


class Sighting(Struct, frozen=True, gc=False, array_like=True):
    """
    One arrival as the debugger shows it.

    The order of fields is the stored format: add at the end only, with a default. Of what was refused, or is not
    permitted yet, only the reason and the evidence are kept.
    """

    at_ms: int
    event: str  #: canonical name
    event_source: str
    channel: str
    source: str
    became: str  #: opened, merged, duplicate or dropped
    conversion: int  #: 0 where none is kept of it
    decision: str  #: allowed, undecided or dropped
    basis: str
    reason: str = ""
    match: int = 0  #: which match keys it had: a sum of MATCH bits
    told: Sequence[str] = ()  #: fields and codes of what was left out or changed, one after the other
    is_test: bool = False
    limited: bool = False
    bare: bool = False
    consent: ConsentRecord | None = None
    spelling: str = ""  #: TikTok's name for the event as the sender wrote it, where that is another one


class Seen(Struct, frozen=True):
    """A sighting by its number, and where it belongs."""

    number: int
    workspace: str
    pixel: str
    side: str
    sighting: Sighting


class SightingReads(Protocol):
    """The part of a store that shows sightings. Synchronous; raises StorageError."""

    def newest(self) -> int:
        """Return the number of the newest sighting, 0 where there is none."""
        ...

    def since(self, number: int, *, limit: int) -> list[Seen]:
        """Return what came after a number, the newest of it, newest first."""
        ...

    def before(self, number: int | None, *, limit: int) -> list[Seen]:
        """Return what came before a number, or the newest, newest first."""
        ...

    def one(self, number: int) -> Seen | None:
        """Return one sighting, or None where it is gone."""
        ...

    def of(self, conversions: Sequence[int]) -> list[Seen]:
        """Return the sightings of some conversions, newest first."""
        ...

    def conversions(self, ids: Sequence[int]) -> Mapping[int, Story]:
        """Return conversions by their numbers, as they stand now, without copies and attempts."""
        ...


class SightingPage(NamedTuple):
    """Some sightings of one place; their numbers end with its own."""

    number: int
    place: SightingPlace
    sightings: list[Sighting]


class Ring:
    """Decides which pages leave; it knows of each only its number, its place and how many sightings it had."""

    def __init__(self, pages: Iterable[tuple[int, SightingPlace, int]] = (), *, room: int = ROOM) -> None:
        self._room = room
        self._pages: dict[SightingPlace, deque[tuple[int, int]]] = {}
        self._counts: dict[SightingPlace, int] = {}
        self._total = 0
        self.newest = 0  #: the highest number there is
        for number, place, count in pages:
            self._keep(number, place, count)

    def add(self, sighted: Sequence[tuple[SightingPlace, Sighting]]) -> tuple[list[SightingPage], list[int]]:
        """Return the pages to be written for what came, and the numbers of those that leave; both may share some."""
        by_place: dict[SightingPlace, list[Sighting]] = {}
        for place, sighting in sighted:
            by_place.setdefault(place, []).append(sighting)
        pages = []
        for place, sightings in by_place.items():
            for first in range(0, len(sightings), PAGE):
                some = sightings[first : first + PAGE]
                pages.append(SightingPage(self.newest + len(some), place, some))
                self._keep(self.newest + len(some), place, len(some))
        return pages, self._leaving()

    def _keep(self, number: int, place: SightingPlace, count: int) -> None:
        self._pages.setdefault(place, deque()).append((number, count))
        self._counts[place] = self._counts.get(place, 0) + count
        self._total += count
        self.newest = max(self.newest, number)

    def _leaving(self) -> list[int]:
        leaving = []
        while self._total > self._room:
            most = max(self._counts.values())
            place = min((it for it, n in self._counts.items() if n == most), key=lambda it: self._pages[it][0])
            number, count = self._pages[place].popleft()
            leaving.append(number)
            self._total -= count
            self._counts[place] -= count
            if not self._pages[place]:
                del self._pages[place], self._counts[place]
        return leaving
