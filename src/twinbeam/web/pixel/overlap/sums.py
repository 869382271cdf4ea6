"""What both sides reported of a pixel's events, added up. Pure."""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from twinbeam.core.outcomes import Finding
from twinbeam.core.pixel_counts import GAP_JOINED, GAPS, PixelCount, parted
from twinbeam.core.story import Count, Covered, Narrowed
from twinbeam.core.values import Side
from twinbeam.pipeline.record.counted import OTHER
from twinbeam.pipeline.record.counters import FINDING
from twinbeam.web.conversions.lists import Asked
from twinbeam.web.pixel.contract import Place
from twinbeam.web.pixel.period import Period
from twinbeam.web.plots import Slice, stacked

MOST_EVENTS = 40

#: What browser and server may disagree about.
DISAGREEMENTS = (
    Finding.ID_MISMATCH,
    Finding.ID_HEALED,
    Finding.SENT_TWICE,
    Finding.ORDER_DIFFERS,
    Finding.NAME_DIFFERS,
    Finding.VALUE_DIFFERS,
    Finding.CURRENCY_DIFFERS,
)


class Overlap(Struct, frozen=True):
    """By whom the conversions of an event were reported."""

    event: str
    browser: int = 0  #: by the browser alone
    server: int = 0
    both: int = 0

    @property
    def seen(self) -> int:
        """All of them."""
        return self.browser + self.server + self.both

    @property
    def is_listed(self) -> bool:
        """Return whether a list can be narrowed to it."""
        return self.event not in ("", OTHER)


class CopyGap(Struct, frozen=True):
    """How many second copies came within one step of time, by the side that was first; bars are of the same scale."""

    name: str
    browser: int
    server: int
    most: int

    @property
    def slices(self) -> list[Slice]:
        """The parts of its bar."""
        return stacked([("browser", self.browser), ("server", self.server)], self.most)


class Disagreement(Struct, frozen=True):
    """How often browser and server disagreed about something, and where the conversions are listed."""

    finding: Finding
    n: int
    before: int
    link: str


def overlaps(covered: Iterable[Covered], since_day: int) -> list[Overlap]:
    """Add up by event, the busiest first; the rarest share a row."""
    sums: dict[str, list[int]] = {}
    for row in covered:
        if row.day >= since_day:
            before = sums.get(row.event, [0, 0, 0])
            sums[row.event] = [before[0] + row.browser, before[1] + row.server, before[2] + row.both]
    found = [Overlap(event, *numbers) for event, numbers in sums.items() if any(numbers)]
    found.sort(key=lambda it: (-it.seen, it.event))
    return found if len(found) <= MOST_EVENTS else [*found[: MOST_EVENTS - 1], total(found[MOST_EVENTS - 1 :])]


def gaps_of(counts: Iterable[PixelCount]) -> list[CopyGap]:
    """Add up by steps of time; nothing where nothing was counted."""
    sums = {step: [0, 0] for step in GAPS.steps}
    for count in counts:
        if count.name != GAP_JOINED:
            first, step = parted(count.name)
            sums[step][first == Side.SERVER] += count.n
    most = max(sum(numbers) for numbers in sums.values())
    return [CopyGap(GAPS.name(step), *_pair(numbers), most) for step, numbers in sums.items()] if most else []


def joined_later(counts: Iterable[PixelCount]) -> int:
    """Return how many of the conversions whose gap was counted are counted in another one by now."""
    return sum(count.n for count in counts if count.name == GAP_JOINED)


def total(overlap: Sequence[Overlap]) -> Overlap:
    """Add up several events."""
    sums = (sum(it.browser for it in overlap), sum(it.server for it in overlap), sum(it.both for it in overlap))
    return Overlap("", *sums)


def disagreements(counts: Iterable[Count], period: Period, place: Place) -> list[Disagreement]:
    """Return what was found, what never was left out."""
    numbers: dict[str, list[int]] = {}
    for count in counts:
        if count.outcome == FINDING:
            numbers.setdefault(count.reason, [0, 0])[count.day < period.since_day] += count.n
    return [
        Disagreement(finding, *_pair(numbers[finding]), found_in(finding, period, place))
        for finding in DISAGREEMENTS
        if any(numbers.get(finding, ()))
    ]


def _pair(numbers: list[int]) -> tuple[int, int]:
    return numbers[0], numbers[1]


def found_in(finding: Finding, period: Period, place: Place) -> str:
    """Return the address of the conversions of which something was found."""
    return Asked("", place, narrowed=Narrowed(found=finding, since_day=period.since_day)).address()
