"""
A week in two pages: the shop's orders, what TikTok has of them, and the money by cause. Sums alone, about nobody.

A page prints it, a command writes it, and a job sends it by e-mail.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta

from msgspec import Struct

from twinbeam.admin.account_contract import AccountReads
from twinbeam.admin.contract import Admin
from twinbeam.admin.errors import Invalid
from twinbeam.admin.reconciling import OrderScope, reconciliation
from twinbeam.admin.tiktok_counts import TiktokCount, tiktok_counts
from twinbeam.admin.workspaces import known as known_workspace
from twinbeam.core.clock import day_of
from twinbeam.core.money import shown
from twinbeam.core.story import PixelRow
from twinbeam.orders.causes import CausedMoney
from twinbeam.orders.reconciliation import BASIS, Days, OrderReads, sentence
from twinbeam.orders.sums import OrderGroup, OrderSums, grouped

DAYS = 7
_EPOCH = date(1970, 1, 1)
_FEWEST_ROWS = 25  #: of pixels, the rest of which the page of orders has

Place = tuple[str, str]
"""(workspace, pixel)"""


class WeeklyReport(Struct, frozen=True):
    """The orders of a week, and how many there were the week before."""

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


def read_report(
    reads: OrderReads, accounts: AccountReads, pixels: Iterable[PixelRow], monday: date, workspace: str = ""
) -> WeeklyReport:
    """Read a week; an empty workspace stands for all. Raises StorageError."""
    rows, first = list(pixels), (monday - _EPOCH).days
    days = Days(first, first + DAYS - 1, workspace)
    found = reconciliation(reads, rows, OrderScope(days))
    before = reconciliation(reads, rows, OrderScope(Days(first - DAYS, first - 1, workspace)))
    leads = reconciliation(reads, rows, OrderScope(days, "leads"))
    tiktok: dict[Place, TiktokCount] = {}
    for (_, space, code), count in tiktok_counts(accounts, days).items():
        tiktok[space, code] = tiktok.get((space, code), TiktokCount()) + count
    by_pixel = list(grouped(found.parts, ("pixel",)).items())
    return WeeklyReport(
        monday=monday,
        workspace=workspace,
        total=found.total,
        before=before.total,
        leads=leads.total,
        money=found.money,
        days=list(grouped(found.once, ("day",)).items())[::-1],
        pixels=sorted(by_pixel, key=lambda pair: -pair[1].orders)[:_FEWEST_ROWS],
        names={(row.workspace, row.code): row.name for row in rows if row.name},
        tiktok=tiktok,
    )


def report(admin: Admin, monday: date | None = None, workspace: str = "") -> WeeklyReport:
    """Return the report of a week, or of the last that is over; raises NotFound and Invalid."""
    place = known_workspace(admin, workspace) if workspace else ""
    wanted = last_monday(admin.clock.now_ms()) if monday is None else monday
    if wanted != monday_of(wanted):
        raise Invalid(f"{wanted} is no Monday: a week is named by its Monday, such as {monday_of(wanted)}.")
    return read_report(admin.store.orders, admin.store.accounts, admin.store.pixels(), wanted, place)


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
        name = week.names.get((place.workspace, place.pixel)) or place.pixel or "no pixel"
        counts = f"{sums.orders}, {sums.accepted}, {sums.n_ignored}, {sums.n_missing}, {sums.accuracy:.1%}"
        yield f"  {name}: {counts}; {shown(sums.money[place.currency].value, place.currency)}"
        count = week.tiktok.get((place.workspace, place.pixel))
        if count is not None:
            yield f"    TikTok's own count, before deduplication: server {count.server}, browser {count.browser}"
