"""GET /pixels/{workspace}/{code}/pipeline: each step with its number; an open one with reasons and ten samples."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from twinbeam.core.clock import MS_PER_DAY
from twinbeam.core.rejections import RejectedEvent
from twinbeam.core.story import Story
from twinbeam.pipeline.accept.directory import place
from twinbeam.web.contract import ReadModel, RouteContext
from twinbeam.web.conversions.lists import KINDS
from twinbeam.web.debugger.reading import read_rows
from twinbeam.web.debugger.rows import DebuggerRow, rejected_row
from twinbeam.web.debugger.sight import rejected_seen_by
from twinbeam.web.pixel.frame import Frame, answer
from twinbeam.web.pixel.period import Period, read_period
from twinbeam.web.pixel.pipeline.steps import BY_KEY, StepCount, StepPart, steps_of, with_rejected
from twinbeam.web.places import Places, places
from twinbeam.web.plots import bar
from twinbeam.web.rendering import PageRenderer

SAMPLES = 10


class RejectedReads(Struct, frozen=True):
    """What was rejected on arrival: how many, by pixel, and samples, the newest first."""

    counts: Callable[[], Mapping[str, Mapping[str, int]]]
    samples: Sequence[RejectedEvent]


class Pipeline(Struct, frozen=True):
    """What the page shows."""

    period: Period
    steps: Sequence[StepCount]
    widths: Mapping[str, float]  #: of the bars, by step
    places: Places
    opened: StepCount | None = None
    part: StepPart | None = None  #: of it, what the samples are of
    samples: Sequence[Story] = ()
    arrivals: Sequence[DebuggerRow] = ()  #: samples of what leaves no conversion

    @property
    def received(self) -> int:
        """How many reached the record."""
        return self.steps[0].n


async def show(renderer: PageRenderer, context: RouteContext, request: Request) -> Response:
    """Answer with the steps of a pixel."""
    rejected = RejectedReads(context.rejected_counts, rejected_seen_by(request, context))
    return await answer(renderer, context, request, "pipeline", partial(_read, request.query_params, rejected))


def _read(
    query: Mapping[str, str], rejected: RejectedReads, read_model: ReadModel, frame: Frame, now_ms: int
) -> Pipeline:
    period = read_period(query, now_ms)
    counts = read_model.pixel_reads.counts(frame.place, since_day=period.before_day, until_day=period.today)
    told = rejected.counts().get(place(*frame.place), {})
    steps = with_rejected(steps_of(counts, period, frame.place), told, period, frame.place)
    opened = next((it for it in steps if it.step.key == query.get("step") and it.step.key in BY_KEY), None)
    part = _part(opened, query)
    most = max(steps[0].n, 1)
    samples = _samples(read_model, frame, part) if part else ()
    arrivals = _arrivals(read_model, rejected.samples, frame, part, period) if part and not samples else ()
    return Pipeline(
        period,
        steps,
        {it.step.key: bar(it.n / most) for it in steps},
        places([frame.row]),
        opened,
        part,
        samples,
        arrivals,
    )


def _part(opened: StepCount | None, query: Mapping[str, str]) -> StepPart | None:
    """Return which part of a step is meant: the one that is asked for, else the most frequent."""
    if opened is None or not opened.parts:
        return None
    asked = tuple(query.get(name, "") for name in ("outcome", "reason", "code", "event"))
    found = (it for it in opened.parts if (it.outcome, it.reason, it.code, it.event) == asked)
    return next(found, opened.parts[0])


def _samples(read_model: ReadModel, frame: Frame, part: StepPart) -> Sequence[Story]:
    asked = part.asked
    if asked is None:
        return ()
    return read_model.in_state(KINDS[asked.kind], limit=SAMPLES, pixel=frame.place, narrowed=asked.narrowed).stories


def _arrivals(
    read_model: ReadModel, rejected: Sequence[RejectedEvent], frame: Frame, part: StepPart, period: Period
) -> Sequence[DebuggerRow]:
    """Return up to ten arrivals of a part, as far as the debugger keeps them, the newest first."""
    since_ms = period.since_day * MS_PER_DAY
    if part.code:
        own = (it for it in rejected if it.code == part.code and _is_of(it, frame))
        return [rejected_row(it) for it in own if it.at_ms >= since_ms][:SAMPLES]
    if part.arrivals is None:
        return ()
    return [row for row in read_rows(read_model, (), part.arrivals).rows if row.at_ms >= since_ms][:SAMPLES]


def _is_of(one: RejectedEvent, frame: Frame) -> bool:
    """Return whether a rejection is counted for a pixel; a sender that leads to several pixels names none."""
    return one.workspace == frame.row.workspace and one.pixel in ("", frame.row.code)
