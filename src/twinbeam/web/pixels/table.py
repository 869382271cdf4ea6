"""Every pixel with its week, its status, its figures and its issues; for the reader's thread."""

from collections.abc import Collection, Mapping, Sequence

from msgspec import Struct

from twinbeam.core.fleet import WEEK_DAYS, PixelWeek
from twinbeam.core.story import PixelRow, SideSeen, Total
from twinbeam.jobs.pixel_weeks import COUNTED_AT_ONCE, read_weeks, weeks_of
from twinbeam.web.alarms import Alarm, Issue, Weight
from twinbeam.web.contract import ReadModel
from twinbeam.web.pixels.beside import NOTHING, Beside
from twinbeam.web.pixels.confirming import PurchaseConfirmation, confirming
from twinbeam.web.pixels.issues import PixelFacts, issues
from twinbeam.web.pixels.rates import MatchScore, Share, accepted, dedup, match_score
from twinbeam.web.pixels.sides import Seen, by_place, fallen_silent, last_seen
from twinbeam.web.pixels.standing import EventsApi, Status, events_api_of, status_of
from twinbeam.web.pixels.tokens import Refusals, refusal_of, refusals
from twinbeam.web.sums import sums_of

Place = tuple[str, str]
"""(workspace, pixel)"""

_NO_WEEK = PixelWeek("", "", [0] * WEEK_DAYS, [], [])


class PixelView(Struct, frozen=True):
    """All that the page shows of one pixel."""

    row: PixelRow
    week: PixelWeek
    facts: PixelFacts
    status: Status
    events_api: EventsApi
    issues: list[Issue]
    dedup: Share | None
    match: MatchScore | None
    accepted: Share | None
    confirming: PurchaseConfirmation | None  #: whether its browser purchases wait for a server's word
    beside: Beside = NOTHING

    @property
    def seen(self) -> Seen:
        """When each side last reported, in ms."""
        return self.facts.seen

    @property
    def last_ms(self) -> int:
        """When anything was last reported; 0 for never."""
        return max(self.seen.values(), default=0)

    @property
    def conversions(self) -> int:
        """Conversions of the week, without tests."""
        return sum(self.week.days)

    @property
    def is_broken(self) -> bool:
        """Return whether nothing of it is delivered."""
        return any(issue.weight == Weight.BROKEN for issue in self.issues)

    @property
    def losing(self) -> int:
        """How many issues lose conversions."""
        return sum(issue.weight == Weight.LOSING for issue in self.issues)


class PixelTable(Struct, frozen=True):
    """All pixels."""

    at_ms: int
    counted_ms: int  #: as of when their weeks were added up
    pixels: list[PixelView]
    several_workspaces: bool


def read_table(read_model: ReadModel, now_ms: int, access_codes: Collection[int] = ()) -> PixelTable:
    """Read every pixel: few are counted anew, of many what a job added up is read."""
    rows = read_model.pixels()
    weeks = read_model.weeks() if len(rows) > COUNTED_AT_ONCE else []
    counted_ms = weeks[0].at_ms if weeks else now_ms
    views = _views(read_model, rows, weeks or read_weeks(read_model, now_ms), now_ms, access_codes)
    return PixelTable(now_ms, counted_ms, views, len({row.workspace for row in rows}) > 1)


def read_one(read_model: ReadModel, place: Place, now_ms: int, access_codes: Collection[int] = ()) -> PixelView | None:
    """Read one pixel, counted anew where they are few; None where there is none."""
    table = read_table(read_model, now_ms, access_codes)
    return next((view for view in table.pixels if (view.row.workspace, view.row.code) == place), None)


def alarms(
    read_model: ReadModel,
    rows: Sequence[PixelRow],
    week: Sequence[Total],
    now_ms: int,
    *,
    access_codes: Collection[int],
) -> list[Alarm]:
    """Return what must not be overlooked, of all pixels, the worst first."""
    views = _views(read_model, rows, weeks_of(week, [], now_ms), now_ms, access_codes)
    found = [Alarm(view.row, issue) for view in views for issue in view.issues if issue.is_alarm]
    return sorted(found, key=lambda alarm: alarm.issue.weight != Weight.BROKEN)


def _views(
    read_model: ReadModel,
    rows: Sequence[PixelRow],
    weeks: Sequence[PixelWeek],
    now_ms: int,
    access_codes: Collection[int],
) -> list[PixelView]:
    by_pixel = {(week.workspace, week.pixel): week for week in weeks}
    refused = refusals(read_model.last_answers(), access_codes)
    sides = by_place(read_model.sides_seen())
    return [
        _view(row, by_pixel.get((row.workspace, row.code), _NO_WEEK), _Around(refused, sides, now_ms)) for row in rows
    ]


class _Around(Struct, frozen=True):
    """What is known of all pixels."""

    refused: Refusals
    sides: Mapping[Place, Sequence[SideSeen]]
    now_ms: int


def _view(row: PixelRow, week: PixelWeek, around: _Around) -> PixelView:
    sides, now_ms = around.sides.get((row.workspace, row.code), ()), around.now_ms
    facts = PixelFacts(
        pixel=row,
        week=sums_of(week.outcomes),
        seen=last_seen(sides),
        refusal=refusal_of(row, around.refused),
        piled=week.piled,
        silence=fallen_silent(sides, now_ms),
        now_ms=now_ms,
        browser_copies=sum(event.browser + event.both for event in week.events),
    )
    return PixelView(
        row=row,
        week=week,
        facts=facts,
        status=status_of(facts),
        events_api=events_api_of(facts),
        issues=issues(facts),
        dedup=dedup(week.events),
        match=match_score(week.events),
        accepted=accepted(facts.week.delivered, facts.week.refused),
        confirming=confirming(row, facts.week, now_ms),
    )
