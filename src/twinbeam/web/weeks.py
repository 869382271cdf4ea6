"""The last week of every pixel, for the reader's thread: few are counted anew, of many what a job added up is read."""

from collections.abc import Sequence

from msgspec import Struct

from twinbeam.core.fleet import PixelWeek
from twinbeam.jobs.pixel_weeks import read_weeks
from twinbeam.web.contract import ReadModel


class Weeks(Struct, frozen=True):
    """What was counted, and when."""

    pixels: Sequence[PixelWeek]
    counted_ms: int


def weeks_now(read_model: ReadModel, now_ms: int) -> Weeks:
    """Return the week of each pixel, as new as so many of them allow."""
    kept = read_model.weeks()
    return Weeks(kept, kept[0].at_ms) if kept else Weeks(read_weeks(read_model, now_ms), now_ms)
