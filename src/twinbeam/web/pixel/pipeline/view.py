"""GET /pixels/{workspace}/{code}/pipeline: each step with its number; an open one with reasons and ten samples."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from twinbeam.core.story import Story
from twinbeam.pipeline.accept.directory import place
from twinbeam.web.contract import ReadModel, RouteContext
from twinbeam.web.conversions.lists import KINDS
from twinbeam.web.pixel.frame import Frame, answer
from twinbeam.web.pixel.period import Period, read_period
from twinbeam.web.pixel.pipeline.steps import BY_KEY, StepCount, StepPart, steps_of, with_rejected
from twinbeam.web.places import Places, places
from twinbeam.web.plots import bar
from twinbeam.web.rendering import PageRenderer

SAMPLES = 10

Rejected = Callable[[], Mapping[str, Mapping[str, int]]]


class Pipeline(Struct, frozen=True):
    """What the page shows."""

    period: Period
    steps: Sequence[StepCount]
    widths: Mapping[str, float]  #: of the bars, by step
    places: Places
    opened: StepCount | None = None
    part: StepPart | None = None  #: of it, what the samples are of
    samples: Sequence[Story] = ()

    @property
    def received(self) -> int:
        """How many reached the record."""
        return self.steps[0].n


async def show(renderer: PageRenderer, context: RouteContext, request: Request) -> Response:
    """Answer with the steps of a pixel."""
    return await answer(
        renderer, context, request, "pipeline", partial(_read, request.query_params, context.rejected_counts)
    )


def _read(query: Mapping[str, str], rejected: Rejected, read_model: ReadModel, frame: Frame, now_ms: int) -> Pipeline:
    period = read_period(query, now_ms)
    counts = read_model.pixel_reads.counts(frame.place, since_day=period.before_day, until_day=period.today)
    told = rejected().get(place(*frame.place), {})
    steps = with_rejected(steps_of(counts, period, frame.place), told, period)
    opened = next((it for it in steps if it.step.key == query.get("step") and it.step.key in BY_KEY), None)
    part = _part(opened, query)
    most = max(steps[0].n, 1)
    return Pipeline(
        period,
        steps,
        {it.step.key: bar(it.n / most) for it in steps},
        places([frame.row]),
        opened,
        part,
        _samples(read_model, frame, part) if part else (),
    )


def _part(opened: StepCount | None, query: Mapping[str, str]) -> StepPart | None:
    """Return which part of a step is meant: the one that is asked for, else the most frequent."""
    if opened is None or not opened.parts:
        return None
    asked = (query.get("outcome", ""), query.get("reason", ""))
    return next((part for part in opened.parts if (part.outcome, part.reason) == asked), opened.parts[0])


def _samples(read_model: ReadModel, frame: Frame, part: StepPart) -> Sequence[Story]:
    asked = part.asked
    if asked is None:
        return ()
    return read_model.in_state(KINDS[asked.kind], limit=SAMPLES, pixel=frame.place, narrowed=asked.narrowed).stories
