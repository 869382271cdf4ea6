"""GET /pixels/{workspace}/{code}/match-keys: key by event and side, what each would add, and why nobody is matched."""

from collections.abc import Mapping, Sequence
from functools import partial

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from twinbeam.core.pixel_counts import CountKind
from twinbeam.core.rates import BANDS, NAMES, WEIGHTS, Band
from twinbeam.core.story import Narrowed
from twinbeam.pipeline.record.counted import OTHER
from twinbeam.web.contract import ReadModel, RouteContext
from twinbeam.web.conversions.lists import Asked
from twinbeam.web.pixel.contract import Place
from twinbeam.web.pixel.frame import Frame, answer
from twinbeam.web.pixel.match_keys.matrix import MatchLine, causes, lines_of, total
from twinbeam.web.pixel.period import Period, read_period
from twinbeam.web.plots import bar
from twinbeam.web.rendering import PageRenderer

_SHORT: Mapping[str, str] = {**NAMES, "ttclid": "click id", "ttp": "browser id", "ip": "address, browser"}


class MatchPage(Struct, frozen=True):
    """What the page shows."""

    period: Period
    place: Place
    lines: Sequence[MatchLine]
    events: Sequence[MatchLine]  #: likewise, all sides of an event together
    whole: MatchLine
    before: MatchLine
    causes: Sequence[str]
    bands: Sequence[Band] = BANDS
    keys: Sequence[str] = tuple(WEIGHTS)

    @property
    def names(self) -> Mapping[str, str]:
        """What keys are called."""
        return NAMES

    @property
    def short(self) -> Mapping[str, str]:
        """What keys are called over a column."""
        return _SHORT

    def width(self, line: MatchLine, key: str) -> float:
        """Return how wide the bar of a key is."""
        return bar(line.share(key))

    def to(self, line: MatchLine, key: str = "") -> str:
        """Return where the conversions of a line are listed, or those of them that carried a key."""
        if line.event == OTHER:
            return ""  # no list is narrowed to what shares a name
        narrowed = Narrowed(line.event, line.side, since_day=self.period.since_day, carries=key)
        return Asked("delivered", self.place, narrowed=narrowed).address()


async def show(renderer: PageRenderer, context: RouteContext, request: Request) -> Response:
    """Answer with the match keys of a pixel."""
    return await answer(renderer, context, request, "match-keys", partial(_read, request.query_params))


def _read(query: Mapping[str, str], read_model: ReadModel, frame: Frame, now_ms: int) -> MatchPage:
    period, reads = read_period(query, now_ms), read_model.pixel_reads
    counted = reads.beside(frame.place, CountKind.CARRIED, since_day=period.before_day, until_day=period.today)
    lines = lines_of(counted, period.since_day)
    before = lines_of([it for it in counted if it.day < period.since_day], period.before_day)
    counts = reads.counts(frame.place, since_day=period.since_day, until_day=period.today)
    return MatchPage(
        period,
        frame.place,
        lines,
        [total(lines, event) for event in dict.fromkeys(line.event for line in lines)],
        total(lines),
        total(before),
        causes(lines, counts, period.since_day),
    )
