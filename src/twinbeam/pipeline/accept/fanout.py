"""Turn events into arrivals: one for each pixel that the write key leads to and the event fits."""

from collections.abc import Sequence

from msgspec import Struct

from twinbeam.core.values import Arrival, Item, Notice, Origin, Rejected
from twinbeam.pipeline.accept.codes import Rejection
from twinbeam.pipeline.accept.contract import Reading
from twinbeam.pipeline.accept.directory import PixelEntry
from twinbeam.pipeline.accept.rules import name_of, refuse, remark_on, time_of


class Fanned(Struct, frozen=True, gc=False):
    """The events of one request, sorted into those that go on and those that were refused."""

    arrivals: list[Arrival]
    rejected: list[Rejected]
    notices: list[Notice]


def fan_out(reading: Reading, pixels: Sequence[PixelEntry], origin: Origin) -> Fanned:
    """Give every event an arrival for each of its pixels; `pixels` are those of the write key."""
    fanned = Fanned([], [], [*reading.notices])
    now_s = origin.received_ms // 1_000
    for index, item in enumerate(reading.items):
        found = item if isinstance(item, Rejected) else _arrivals(item, index, pixels, origin)
        if isinstance(found, Rejected):
            fanned.rejected.append(found)
            continue
        fanned.arrivals.extend(found)
        remark = remark_on(found[0].event_time, index, now_s)
        if remark is not None:
            fanned.notices.append(remark)
    return fanned


def _arrivals(item: Item, index: int, pixels: Sequence[PixelEntry], origin: Origin) -> list[Arrival] | Rejected:
    event = name_of(item, index)
    if isinstance(event, Rejected):
        return event
    event_time = time_of(item, index, origin.received_ms // 1_000)
    if isinstance(event_time, Rejected):
        return event_time

    routes = _routes(item, index, pixels)
    if isinstance(routes, Rejected):
        return routes
    return [Arrival(item, origin, pixel.code, event, index, event_time, rules=pixel.rules) for pixel in routes]


def _routes(item: Item, index: int, pixels: Sequence[PixelEntry]) -> list[PixelEntry] | Rejected:
    """Give the pixels of an event, at least one; `item.pixel` narrows the choice."""
    if not pixels:
        return refuse(Rejection.NO_PIXEL, index, "pixel", "Give the write key a pixel with `twinbeam keys`.")

    wanted = pixels if item.pixel is None else [pixel for pixel in pixels if pixel.code == item.pixel]
    if not wanted:
        return refuse(Rejection.FOREIGN_PIXEL, index, "pixel", "Name a pixel of this write key, or none.")

    fitting = [pixel for pixel in wanted if pixel.event_source == item.event_source]
    return fitting or _misfit(index, wanted)


def _misfit(index: int, wanted: Sequence[PixelEntry]) -> Rejected:
    takes = sorted({pixel.event_source for pixel in wanted})
    return refuse(Rejection.WRONG_PIXEL_KIND, index, "event_source", f"Send {' or '.join(takes)} events here.")
