"""GET /pixels/{workspace}/{code}/trends: plots of 28 days, and the same as a table."""

from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from twinbeam.admin.reconciling import OrderScope, reconciliation, way_of
from twinbeam.core.clock import day_of
from twinbeam.core.money import shown
from twinbeam.core.pixel_counts import CountKind
from twinbeam.core.story import Narrowed
from twinbeam.orders.reconciliation import Days
from twinbeam.web.contract import ReadModel, RouteContext
from twinbeam.web.conversions.lists import Asked, as_date
from twinbeam.web.pixel.contract import Place
from twinbeam.web.pixel.frame import Frame, answer
from twinbeam.web.pixel.trends.days import TrendDay, days_of, delays_of, hours_of, recovered, within
from twinbeam.web.pixels.rates import GOOD_MATCH, HEALTHY_DEDUP, band_of
from twinbeam.web.plots import Columns, Shares, columns, shares
from twinbeam.web.rendering import PageRenderer

DAYS = 28
_ACCEPTED = 0.99  #: below it, something is wrong with what is sent
_MOST_CURRENCIES = 3


class RecoveredMoney(Struct, frozen=True):
    """What was recovered in one currency."""

    plot: Columns
    whole: str


class TrendsPage(Struct, frozen=True):
    """What the page shows."""

    place: Place
    days: Sequence[TrendDay]
    volume: Columns
    hours: Sequence[int]
    hourly: Columns
    accepted: Shares
    dedup: Shares
    match: Shares
    delays: Sequence[tuple[str, str, int]]
    delayed: Columns
    median: str
    slowest: str  #: what 95 % did not exceed
    money: Sequence[RecoveredMoney]

    def to(self, day: TrendDay) -> str:
        """Return where the conversions of a day are listed."""
        return Asked("", self.place, narrowed=Narrowed(since_day=day.day, until_day=day.day)).address()

    def date(self, day: TrendDay) -> str:
        """Return a day as people write it."""
        return str(as_date(day.day))

    @property
    def is_empty(self) -> bool:
        """Return whether nothing came."""
        return not any(day.seen for day in self.days) and not any(self.hours)


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
        hours=hours,
        hourly=columns([("whole", hours)], f"Copies by the UTC hour of today: {_told(enumerate(hours))}"),
        accepted=_rates("Accepted share", days, lambda it: it.accepted.of_one if it.accepted else None, _ACCEPTED),
        dedup=_rates("Deduplication", days, lambda it: it.dedup.of_one if it.dedup else None, HEALTHY_DEDUP),
        match=_matches(days),
        delays=delays,
        delayed=columns([("delivered", [n for *_, n in delays])], f"Time to TikTok's answer: {_delays(delays)}"),
        median=within(delays, 0.5),
        slowest=within(delays, 0.95),
        money=_money(read_model, frame, since, today),
    )


def _volume(days: Sequence[TrendDay]) -> Columns:
    parts = [("browser", [it.browser for it in days]), ("both", [it.both for it in days])]
    parts.append(("server", [it.server for it in days]))
    told = _told((as_date(it.day), it.seen) for it in days if it.seen)
    return columns(parts, f"Conversions by UTC day: {told or 'none'}")


def _rates(what: str, days: Sequence[TrendDay], rate: Callable[[TrendDay], float | None], target: float) -> Shares:
    values = [rate(day) for day in days]
    known = [value for value in values if value is not None]
    newest = f"{known[-1]:.0%} on the newest day that has one" if known else "not known on any day"
    return shares(values, target, f"{what} by UTC day: {newest}; the line is at {target:.0%}")


def _matches(days: Sequence[TrendDay]) -> Shares:
    """Return the scores, coloured by the band that the other pages name."""
    values = [None if day.match is None else day.match / 10 for day in days]
    known = [day.match for day in days if day.match is not None]
    newest = (
        f"{known[-1]:.1f}, {band_of(known[-1]).name}, on the newest day that has one"
        if known
        else "not known on any day"
    )
    says = f"Match score by UTC day: {newest}; the line is at {GOOD_MATCH:.0f} of 10"
    return shares(values, GOOD_MATCH / 10, says, lambda share: band_of(share * 10).is_good)


def _money(read_model: ReadModel, frame: Frame, since: int, until: int) -> list[RecoveredMoney]:
    """Read what was recovered, of the orders of one pixel."""
    rows = read_model.pixels()
    question = OrderScope(Days(since, until, frame.row.workspace), pixel=frame.place)
    found = recovered(reconciliation(read_model.orders, rows, question).once, way_of(rows))
    told = []
    for currency, days in list(found.items())[:_MOST_CURRENCIES]:
        values = [max(0, days.get(day, 0)) for day in range(since, until + 1)]
        whole = shown(sum(days.values()), currency)
        told.append(RecoveredMoney(columns([("accepted", values)], f"Recovered by UTC day, {whole} in all"), whole))
    return told


def _told(numbers: Iterable[tuple[object, int]]) -> str:
    return ", ".join(f"{name}: {n:,}" for name, n in numbers if n)


def _delays(delays: Sequence[tuple[str, str, int]]) -> str:
    return ", ".join(f"{name} {n:,}" for _, name, n in delays if n) or "none"
