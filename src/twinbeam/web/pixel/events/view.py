"""GET /pixels/{workspace}/{code}/events: what each event carries, and whether a campaign can optimise for it."""

from collections.abc import Mapping, Sequence

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from twinbeam.core.clock import day_of
from twinbeam.core.fleet import WEEK_DAYS
from twinbeam.core.pixel_counts import CountKind
from twinbeam.core.story import Narrowed
from twinbeam.pipeline.record.counted import OTHER
from twinbeam.web.contract import ReadModel, RouteContext
from twinbeam.web.conversions.lists import Asked
from twinbeam.web.pixel.contract import Place
from twinbeam.web.pixel.events.parameters import NAMES, CarriedParameters, carried_of
from twinbeam.web.pixel.events.readiness import ENOUGH, TargetReadiness, readiness
from twinbeam.web.pixel.frame import Frame, answer
from twinbeam.web.plots import bar
from twinbeam.web.rendering import PageRenderer


class EventsPage(Struct, frozen=True):
    """What the page shows."""

    place: Place
    since_day: int
    ready: Sequence[TargetReadiness]
    is_imported: bool  #: TikTok said what may be selected
    carried: Sequence[CarriedParameters]
    enough: int = ENOUGH

    @property
    def columns(self) -> Mapping[str, str]:
        """The parameters that have a column, and what they are called."""
        return NAMES

    def all_of(self, event: str) -> str:
        """Return where the accepted conversions of an event are listed; "" of what shares a name."""
        narrowed = Narrowed(event, since_day=self.since_day)
        return "" if event == OTHER else Asked("delivered", self.place, narrowed=narrowed).address()

    def width(self, it: TargetReadiness) -> float:
        """Return how wide the bar of an event is."""
        return bar(it.of_one)

    def to(self, it: TargetReadiness) -> str:
        """Return where the accepted conversions of an event are listed."""
        return Asked("delivered", self.place, narrowed=Narrowed(it.event, since_day=self.since_day)).address()


async def show(renderer: PageRenderer, context: RouteContext, request: Request) -> Response:
    """Answer with the events of a pixel."""
    return await answer(renderer, context, request, "events", _read)


def _read(read_model: ReadModel, frame: Frame, now_ms: int) -> EventsPage:
    since_day = day_of(now_ms) - WEEK_DAYS + 1
    days, reads = {"since_day": since_day, "until_day": day_of(now_ms)}, read_model.pixel_reads
    covered = reads.coverage(frame.place, **days)
    carried = carried_of(reads.beside(frame.place, CountKind.PARAMETER, **days))
    selectable = _selectable(read_model, frame)
    return EventsPage(frame.place, since_day, readiness(covered, selectable), selectable is not None, carried)


def _selectable(read_model: ReadModel, frame: Frame) -> frozenset[str] | None:
    """Return what TikTok offers as a conversion target; None where no account that was imported tells."""
    told: set[str] = set()
    is_told = False
    for account in read_model.accounts.connections():
        if account.workspace == frame.row.workspace:
            for pixel in read_model.accounts.imported_pixels(account.id):
                if pixel.seen.code == frame.row.code and pixel.seen.selectable is not None:
                    told.update(pixel.seen.selectable)
                    is_told = True
    return frozenset(told) if is_told else None
