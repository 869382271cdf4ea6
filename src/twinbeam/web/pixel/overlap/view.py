"""GET /pixels/{workspace}/{code}/overlap: who reported what, how far apart, and what does not match."""

from collections.abc import Mapping, Sequence
from functools import partial

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from twinbeam.core.lifecycle import State
from twinbeam.core.pixel_counts import CountKind
from twinbeam.core.story import CopySeen, Narrowed, Story
from twinbeam.web.contract import ReadModel, RouteContext
from twinbeam.web.conversions.lists import Asked
from twinbeam.web.pixel.contract import Place
from twinbeam.web.pixel.frame import Frame, answer
from twinbeam.web.pixel.overlap.sums import (
    CopyGap,
    Disagreement,
    Overlap,
    disagreements,
    gaps_of,
    joined_later,
    overlaps,
    total,
)
from twinbeam.web.pixel.period import Period, read_period
from twinbeam.web.plots import Slice, stacked
from twinbeam.web.rendering import PageRenderer

EXAMPLES = 3  #: pairs that are shown of each disagreement


class DifferingPair(Struct, frozen=True):
    """A conversion, and the copy of it that says something else."""

    story: Story
    copy: CopySeen


class Examples(Struct, frozen=True):
    """Something that browser and server disagree about, with pairs."""

    of: Disagreement
    pairs: Sequence[DifferingPair]


class OverlapPage(Struct, frozen=True):
    """What the page shows."""

    period: Period
    place: Place
    events: Sequence[Overlap]
    whole: Overlap
    before: Overlap
    disagreements: Sequence[Examples]
    gaps: Sequence[CopyGap]
    joined_later: int  #: how many of those that have a gap are counted in another conversion by now

    @property
    def second_copies(self) -> int:
        """How many gaps there are: one for each conversion of both sides, and for those that were joined later."""
        return sum(it.browser + it.server for it in self.gaps)

    def slices(self, it: Overlap) -> list[Slice]:
        """Return the parts of the bar of an event."""
        return stacked([("browser", it.browser), ("both", it.both), ("server", it.server)])

    def to(self, it: Overlap, seen: str) -> str:
        """Return where the conversions of an event are listed."""
        event = it.event if it.is_listed else ""
        return Asked("", self.place, narrowed=Narrowed(event, seen, since_day=self.period.since_day)).address()


async def show(renderer: PageRenderer, context: RouteContext, request: Request) -> Response:
    """Answer with who reports what of a pixel."""
    return await answer(renderer, context, request, "overlap", partial(_read, request.query_params))


def _read(query: Mapping[str, str], read_model: ReadModel, frame: Frame, now_ms: int) -> OverlapPage:
    period, reads = read_period(query, now_ms), read_model.pixel_reads
    days = {"since_day": period.before_day, "until_day": period.today}
    covered = reads.coverage(frame.place, **days)
    events = overlaps(covered, period.since_day)
    both = total(overlaps(covered, period.before_day))
    whole = total(events)
    before = Overlap("", both.browser - whole.browser, both.server - whole.server, both.both - whole.both)
    since = {"since_day": period.since_day, "until_day": period.today}
    gaps = reads.beside(frame.place, CountKind.GAP, **since)
    found = disagreements(reads.counts(frame.place, **days), period, frame.place)
    examples = [Examples(it, _pairs(read_model, frame, it, period) if it.n else ()) for it in found]
    return OverlapPage(period, frame.place, events, whole, before, examples, gaps_of(gaps), joined_later(gaps))


def _pairs(read_model: ReadModel, frame: Frame, of: Disagreement, period: Period) -> list[DifferingPair]:
    narrowed = Narrowed(found=of.finding, since_day=period.since_day)
    listed = read_model.in_state(tuple(State), limit=EXAMPLES, pixel=frame.place, narrowed=narrowed)
    whole = (read_model.by_id(story.id) for story in listed.stories)
    return [DifferingPair(story, copy) for story in whole if story for copy in story.copies if copy.differs][:EXAMPLES]
