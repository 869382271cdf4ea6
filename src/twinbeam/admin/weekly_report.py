"""
A week in two pages: orders, what TikTok has of them, money by cause, and how each pixel did. Sums, about nobody.

A page prints it, a command writes it, and a job sends it by e-mail.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from twinbeam.admin.account_contract import AccountReads
from twinbeam.admin.contract import Admin
from twinbeam.admin.errors import Invalid
from twinbeam.admin.issue_contract import IssueReads
from twinbeam.admin.reconciling import OrderScope, reconciliation
from twinbeam.admin.tiktok_counts import TiktokCount, tiktok_counts
from twinbeam.admin.weekly_figures import FigureReads, IssueCount, PixelFigures, issue_counts, read_figures
from twinbeam.admin.workspaces import known as known_workspace
from twinbeam.core.clock import day_of
from twinbeam.core.money import shown
from twinbeam.core.rates import Share
from twinbeam.core.story import PixelRow
from twinbeam.orders.causes import CausedMoney
from twinbeam.orders.reconciliation import BASIS, Days, OrderReads, sentence
from twinbeam.orders.sums import OrderGroup, OrderSums, grouped

DAYS = 7
_EPOCH = date(1970, 1, 1)
MOST_ROWS = 25  #: of pixels; how many more there are is said

Place = tuple[str, str]
"""(workspace, pixel)"""


class WeekReads(Protocol):
    """What the report is read from; a viewer's shows less. All raise StorageError."""

    @property
    def orders(self) -> OrderReads:
        """The orders of the ledger with their purchases."""
        ...

    @property
    def accounts(self) -> AccountReads:
        """What was imported from the connected accounts."""
        ...

    @property
    def issues(self) -> IssueReads:
        """Since when something is wrong with a pixel."""
        ...

    @property
    def pixel_reads(self) -> FigureReads:
        """What is counted of one pixel."""
        ...

    def pixels(self) -> list[PixelRow]:
        """Return the configured pixels."""
        ...


class WeeklyReport(Struct, frozen=True):
    """The orders of a week, how many there were the week before, and how each pixel did."""

    monday: date
    workspace: str  #: empty for all
    total: OrderSums
    before: OrderSums
    leads: OrderSums
    money: Sequence[CausedMoney]
    days: Sequence[tuple[OrderGroup, OrderSums]]  #: by day and currency, the oldest first
    pixels: Sequence[tuple[OrderGroup, OrderSums]]  #: by pixel and currency
    names: Mapping[Place, str]
    tiktok: Mapping[Place, TiktokCount]
    figures: Sequence[PixelFigures] = ()  #: of pixels of which something happened, those with most orders first
    pixels_left: int = 0  #: rows that `pixels` leaves out
    figures_left: int = 0  #: pixels that `figures` leaves out

    def name(self, place: Place) -> str:
        """Return what a pixel is called."""
        return self.names.get(place) or place[1] or "no pixel"

    @property
    def sunday(self) -> date:
        """Its last day."""
        return self.monday + timedelta(days=DAYS - 1)


def monday_of(day: date) -> date:
    """Return the Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def last_monday(now_ms: int) -> date:
    """Return the Monday of the last week that is over, in UTC."""
    return monday_of(_EPOCH + timedelta(days=day_of(now_ms))) - timedelta(days=DAYS)


def read_report(reads: WeekReads, monday: date, now_ms: int, workspace: str = "") -> WeeklyReport:
    """Read a week; an empty workspace stands for all. Raises StorageError."""
    rows, first = reads.pixels(), (monday - _EPOCH).days
    days = Days(first, first + DAYS - 1, workspace)
    found = reconciliation(reads.orders, rows, OrderScope(days))
    before = reconciliation(reads.orders, rows, OrderScope(Days(first - DAYS, first - 1, workspace)))
    leads = reconciliation(reads.orders, rows, OrderScope(days, "leads"))
    tiktok: dict[Place, TiktokCount] = {}
    for (_, space, code), count in tiktok_counts(reads.accounts, days).items():
        tiktok[space, code] = tiktok.get((space, code), TiktokCount()) + count
    by_pixel = sorted(grouped(found.parts, ("pixel",)).items(), key=lambda pair: -pair[1].orders)
    here = [(row.workspace, row.code) for row in rows if workspace in ("", row.workspace)]
    figures, figures_left = _figures(reads, here, _orders(by_pixel), first, now_ms)
    return WeeklyReport(
        monday=monday,
        workspace=workspace,
        total=found.total,
        before=before.total,
        leads=leads.total,
        money=found.money,
        days=list(grouped(found.once, ("day",)).items())[::-1],
        pixels=by_pixel[:MOST_ROWS],
        names={(row.workspace, row.code): row.name for row in rows if row.name},
        tiktok=tiktok,
        figures=figures,
        pixels_left=max(0, len(by_pixel) - MOST_ROWS),
        figures_left=figures_left,
    )


def _figures(
    reads: WeekReads, places: Iterable[Place], orders: Mapping[Place, int], first: int, now_ms: int
) -> tuple[list[PixelFigures], int]:
    """Read the figures of the pixels where most happened; return how many with anything are left out too."""
    last = first + DAYS - 1
    counted = issue_counts(reads.issues.records(), first, last, now_ms)
    happened = reads.pixel_reads.happened(since_day=first, until_day=last)
    issues = {} if counted is None else {place: it.opened + it.closed for place, it in counted.items()}
    ranks = {place: tuple(by.get(place, 0) for by in (orders, happened, issues)) for place in places}
    ranked = sorted((place for place in ranks if any(ranks[place])), key=lambda it: ranks[it], reverse=True)
    told = [
        replace(
            read_figures(reads.pixel_reads, place, first, last),
            issues=None if counted is None else counted.get(place, IssueCount()),
        )
        for place in ranked[:MOST_ROWS]
    ]
    return [it for it in told if not it.is_empty], len(ranked[MOST_ROWS:])


def _orders(by_pixel: Iterable[tuple[OrderGroup, OrderSums]]) -> Mapping[Place, int]:
    """Return how many orders each pixel has, in all currencies."""
    found: Counter[Place] = Counter()
    for it, sums in by_pixel:
        found[it.workspace, it.pixel] += sums.orders
    return found


def _left_out(n: int, where: str) -> str:
    """Return the sentence that rows are not there, and where they are."""
    return f"{n:,} more {'is' if n == 1 else 'are'} left out, of which less happened: see {where}."


def pixels_left_out(week: WeeklyReport) -> str:
    """Return how many rows the table by pixel leaves out, in words; an empty text where it has all."""
    return _left_out(week.pixels_left, "the page of orders") if week.pixels_left else ""


def figures_left_out(week: WeeklyReport) -> str:
    """Return of how many pixels the figures are left out, in words; an empty text where none are."""
    return _left_out(week.figures_left, "the page Pixels") if week.figures_left else ""


def report(admin: Admin, reads: WeekReads, monday: date | None = None, workspace: str = "") -> WeeklyReport:
    """Return the report of a week, or of the last that is over; raises NotFound and Invalid."""
    place = known_workspace(admin, workspace) if workspace else ""
    wanted = last_monday(admin.clock.now_ms()) if monday is None else monday
    if wanted != monday_of(wanted):
        raise Invalid(f"{wanted} is no Monday: a week is named by its Monday, such as {monday_of(wanted)}.")
    return read_report(reads, wanted, admin.clock.now_ms(), place)


def title_of(week: WeeklyReport) -> str:
    """Return what the report is called."""
    return f"Orders and TikTok, {week.monday} to {week.sunday}{f', {week.workspace}' if week.workspace else ''}"


def text_of(week: WeeklyReport, link: str = "") -> str:
    """Write the report as plain text."""
    return "\n".join([title_of(week), "", *_body(week), *(["", f"All of it: {link}"] if link else [])]) + "\n"


def _body(week: WeeklyReport) -> Iterator[str]:
    total = week.total
    if not total.orders:
        yield "No order was placed in this week (UTC)."
        yield f"The week before there were {week.before.orders}."
        yield from _by_figures(week)
        return
    yield f"TikTok says {total.accepted}, your shop says {total.orders}."
    yield f"  {total.n_ignored} deliberately not sent, {total.n_missing} missing; accuracy {total.accuracy:.1%}."
    yield f"  The week before: {week.before.orders} orders, {week.before.accepted} accepted by TikTok."
    for title, reasons in (("Deliberately not sent", total.ignored), ("Missing", total.missing)):
        if reasons:
            yield f"\n{title}"
            yield from (f"  {n:6}  {reason}: {sentence(reason)}" for reason, n in reasons.items())
    yield from _money(week)
    yield from _by_pixel(week)
    yield from _by_figures(week)
    if week.leads.orders:
        yield f"\nLeads that servers told of: {week.leads.orders}, accepted by TikTok {week.leads.accepted}."


def _money(week: WeeklyReport) -> Iterator[str]:
    yield "\nMoney"
    for currency, money in week.total.money.items():
        told = {"value": money.value, "accepted": money.accepted, "missing": money.missing}
        told |= {"TikTok differs by": money.delta, "refunded": money.refunded, "net": money.net}
        yield "  " + ", ".join(f"{name} {shown(minor, currency)}" for name, minor in told.items())
    yield f"  The difference is {BASIS}"
    if week.money:
        yield "\nMoney by cause"
    for it in week.money:
        worth = ", ".join(shown(minor, currency) for currency, minor in it.values.items())
        yield f"  {it.effect}: {it.cause.replace('_', ' ')}: {it.orders}, worth {worth}"


def _by_pixel(week: WeeklyReport) -> Iterator[str]:
    yield "\nBy pixel: orders, accepted, deliberately not, missing, accuracy"
    for place, sums in week.pixels:
        name = week.name((place.workspace, place.pixel))
        counts = f"{sums.orders}, {sums.accepted}, {sums.n_ignored}, {sums.n_missing}, {sums.accuracy:.1%}"
        yield f"  {name}: {counts}; {shown(sums.money[place.currency].value, place.currency)}"
        count = week.tiktok.get((place.workspace, place.pixel))
        if count is not None:
            yield f"    TikTok's own count, before deduplication: server {count.server}, browser {count.browser}"
    if told := pixels_left_out(week):
        yield f"  {told}"


def _by_figures(week: WeeklyReport) -> Iterator[str]:
    if week.figures:
        yield "\nFigures by pixel: accepted by TikTok, deduplication and match score (our estimates), issues"
    for it in week.figures:
        score = "none" if it.match is None else f"{it.match:.1f} of 10"
        issues = "not kept" if it.issues is None else f"{it.issues.opened} opened, {it.issues.closed} closed"
        told = f"accepted {_percent(it.accepted)}, deduplication {_percent(it.dedup)}, match {score}"
        yield f"  {week.name(it.place)}: {told}; issues {issues}"
    if told := figures_left_out(week):
        yield f"  {told}"


def _percent(share: Share | None) -> str:
    return "none" if share is None else f"{share.of_one * 100:.1f} %"
