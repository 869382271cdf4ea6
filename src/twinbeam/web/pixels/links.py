"""Where the numbers of a pixel lead: to the rows that they count. And how they are drawn."""

from collections.abc import Sequence
from datetime import UTC, datetime

from msgspec import Struct

from twinbeam.core.clock import MS_PER_DAY, MS_PER_SECOND, day_of
from twinbeam.core.fleet import WEEK_DAYS
from twinbeam.core.story import Narrowed
from twinbeam.web.conversions.lists import Asked
from twinbeam.web.pixels.table import PixelView
from twinbeam.web.plots import Plot, sparkline


class DayCount(Struct, frozen=True):
    """One day of the week, and where its number leads."""

    name: str
    n: int
    link: str


class PixelLinks:
    """The links of one pixel."""

    def __init__(self, now_ms: int, view: PixelView) -> None:
        self._first_day = day_of(now_ms) - WEEK_DAYS + 1
        self._view = view
        self._place = (view.row.workspace, view.row.code)

    @property
    def own(self) -> str:
        """The page of the pixel."""
        return f"/pixels/{self._place[0]}/{self._place[1]}"

    def to(self, kind: str = "", event: str = "", seen: str = "") -> str:
        """Return the list of what was counted over the week."""
        narrowed = Narrowed(event=event, seen=seen, since_day=self._first_day)
        return Asked(kind, self._place, narrowed=narrowed).address()

    @property
    def days(self) -> Sequence[DayCount]:
        """The days of the week with their numbers."""
        days = enumerate(self._view.week.days, start=self._first_day)
        return [DayCount(_name(day), n, self._of_day(day)) for day, n in days]

    @property
    def plot(self) -> Plot:
        """The days of the week as columns."""
        told = ", ".join(f"{day.name} {day.n:,}" for day in self.days)
        return sparkline(self._view.week.days, f"Conversions per UTC day: {told}")

    def _of_day(self, day: int) -> str:
        return Asked("", self._place, narrowed=Narrowed(since_day=day, until_day=day)).address()


def _name(day: int) -> str:
    return f"{datetime.fromtimestamp(day * MS_PER_DAY // MS_PER_SECOND, UTC):%-d %b}"
