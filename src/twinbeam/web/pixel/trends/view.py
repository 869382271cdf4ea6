"""GET /pixels/{workspace}/{code}/trends: plots of 28 days, and the same as a table."""

from collections.abc import Callable, Sequence

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from twinbeam.admin.reconciling import OrderScope, reconciliation, way_of
from twinbeam.core.clock import day_of
from twinbeam.core.money import shown
from twinbeam.core.pixel_counts import CountKind
from twinbeam.core.rates import GOOD_MATCH, HEALTHY_DEDUP, band_of
from twinbeam.core.story import Narrowed
from twinbeam.orders.reconciliation import Days
from twinbeam.web.contract import ReadModel, RouteContext
from twinbeam.web.conversions.lists import Asked, as_date
from twinbeam.web.pixel.contract import Place
from twinbeam.web.pixel.frame import Frame, answer
from twinbeam.web.pixel.trends.days import TrendDay, days_of, delays_of, hours_of, recovered, within
from twinbeam.web.plots import Labelled, columns, in_words, labelled, shares
from twinbeam.web.rendering import PageRenderer

DAYS = 28
_ACCEPTED = 0.99  #: below it, something is wrong with what is sent
_MOST_CURRENCIES = 3


class RecoveredMoney(Struct, frozen=True):
    """What was recovered in one currency."""

    currency: str
    plot: Labelled
    whole: str


class TrendsPage(Struct, frozen=True):
    """What the page shows."""

    place: Place
    days: Sequence[TrendDay]
    volume: Labelled
    hourly: Labelled
    accepted: Labelled
    dedup: Labelled
    match: Labelled
    delayed: Labelled | None  #: None where TikTok has accepted nothing that was looked at
    median: str
    slowest: str  #: what 95 % did not exceed
    money: Sequence[RecoveredMoney]
    hours: int  #: copies of today

    def to(self, day: TrendDay) -> str:
        """Return where the conversions of a day are listed."""
        return Asked("", self.place, narrowed=Narrowed(since_day=day.day, until_day=day.day)).address()

    def date(self, day: TrendDay) -> str:
        """Return a day as people write it."""
        return str(as_date(day.day))

    @property
    def is_empty(self) -> bool:
        """Return whether nothing came."""
        return not any(day.seen for day in self.days) and not self.hours


async def show(renderer: PageRenderer, context: RouteContext, request: Request) -> Response:
    """Answer with the plots of a pixel."""
    return await answer(renderer, context, request, "trends", _read)


def _read(read_model: ReadModel, frame: Frame, now_ms: int) -> TrendsPage:
    today = day_of(now_ms)
    since, reads = today - DAYS + 1, read_model.pixel_reads
    span = {"since_day": since, "until_day": today}
    days = days_of(reads.counts(frame.place, **span), reads.coverage(frame.place, **span), since, today)
    hours = hours_of(reads.beside(frame.place, CountKind.HOUR, since_day=today, until_day=today), today)
    delays = delays_of(reads.beside(frame.place, CountKind.DELAY, **span))
    return TrendsPage(
        place=frame.place,
        days=days,
        volume=_volume(days),
        hourly=_hourly(hours),
        accepted=_rates("Accepted share", days, lambda it: it.accepted.of_one if it.accepted else None, _ACCEPTED),
        dedup=_rates("Deduplication", days, lambda it: it.dedup.of_one if it.dedup else None, HEALTHY_DEDUP),
        match=_matches(days),
        delayed=_delayed(delays) if delays else None,
        median=within(delays, 0.5),
        slowest=within(delays, 0.95),
        money=_money(read_model, frame, since, today),
        hours=sum(hours),
    )


def _volume(days: Sequence[TrendDay]) -> Labelled:
    parts = [("browser", [it.browser for it in days]), ("both", [it.both for it in days])]
    parts.append(("server", [it.server for it in days]))
    told = [(str(as_date(it.day)), _seen(it)) for it in days]
    plot = columns(parts, in_words("Conversions per UTC day", told))
    return labelled(plot, told, f"at most {plot.highest:,}")


def _seen(day: TrendDay) -> str:
    sides = (("browser only", day.browser), ("both", day.both), ("server only", day.server))
    named = ", ".join(f"{n:,} {side}" for side, n in sides if n)
    return f"{day.seen:,} ({named})" if named else "0"


def _hourly(hours: Sequence[int]) -> Labelled:
    told = [(f"{hour}:00 UTC", f"{n:,}") for hour, n in enumerate(hours)]
    plot = columns([("whole", hours)], in_words("Copies per hour of today", told))
    return labelled(plot, told, f"at most {plot.highest:,}")


def _rates(what: str, days: Sequence[TrendDay], rate: Callable[[TrendDay], float | None], target: float) -> Labelled:
    values = [rate(day) for day in days]
    told = _by_day(days, ["" if value is None else f"{value * 100:.1f} %" for value in values])
    says = in_words(f"{what}, % per UTC day; the line is at {target * 100:.0f} %", told, "not known on any day")
    return labelled(shares(values, target, says), told, "100 %")


def _matches(days: Sequence[TrendDay]) -> Labelled:
    """Return the scores, coloured by the band that the other pages name."""
    values = [None if day.match is None else day.match / 10 for day in days]
    told = _by_day(
        days, ["" if day.match is None else f"{day.match:.1f} of 10, {band_of(day.match).name}" for day in days]
    )
    says = in_words(f"Match score per UTC day; the line is at {GOOD_MATCH:.0f} of 10", told, "not known on any day")
    plot = shares(values, GOOD_MATCH / 10, says, lambda share: band_of(share * 10).is_good)
    return labelled(plot, told, "10 of 10")


def _by_day(days: Sequence[TrendDay], told: Sequence[str]) -> list[tuple[str, str]]:
    return [(str(as_date(day.day)), says) for day, says in zip(days, told, strict=True)]


def _delayed(delays: Sequence[tuple[str, str, int]]) -> Labelled:
    told = [(name, f"{n:,}") for _, name, n in delays]
    plot = columns([("delivered", [n for *_, n in delays])], in_words("Time until TikTok answers, conversions", told))
    return labelled(plot, told, f"at most {plot.highest:,}")


def _money(read_model: ReadModel, frame: Frame, since: int, until: int) -> list[RecoveredMoney]:
    """Read what was recovered, of the orders of one pixel."""
    rows = read_model.pixels()
    question = OrderScope(Days(since, until, frame.row.workspace), pixel=frame.place)
    found = recovered(reconciliation(read_model.orders, rows, question).once, way_of(rows))
    told = []
    for currency, days in list(found.items())[:_MOST_CURRENCIES]:
        sums = {day: max(0, days.get(day, 0)) for day in range(since, until + 1)}
        by_day = [(str(as_date(day)), shown(n, currency) if n else "0") for day, n in sums.items()]
        plot = columns([("accepted", list(sums.values()))], in_words("Money recovered per UTC day", by_day))
        whole = shown(sum(days.values()), currency)
        told.append(RecoveredMoney(currency, labelled(plot, by_day, f"at most {shown(plot.highest, currency)}"), whole))
    return told
