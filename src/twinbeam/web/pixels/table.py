"""Every pixel with its week, its status, its figures and its issues; for the reader's thread."""

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property

from msgspec import Struct

from twinbeam.admin.events_api import EventsApi, events_api
from twinbeam.admin.token_record import TokenCheck
from twinbeam.core.fleet import WEEK_DAYS, EventWeek, PixelWeek
from twinbeam.core.story import PixelRow, SideSeen, Total
from twinbeam.jobs.pixel_weeks import weeks_of
from twinbeam.web.alarms import Alarm, Issue, Weight
from twinbeam.web.contract import ReadModel
from twinbeam.web.pixels.beside import NOTHING, Beside, Places, read_beside
from twinbeam.web.pixels.confirming import PurchaseConfirmation, confirming
from twinbeam.web.pixels.issues import PixelFacts, issues
from twinbeam.web.pixels.missing import Missing, Weekdays, lacking, missing
from twinbeam.web.pixels.rates import MatchScore, Share, accepted, dedup, match_score
from twinbeam.web.pixels.sides import Seen, by_place, fallen_silent, last_seen
from twinbeam.web.pixels.standing import Status, status_of
from twinbeam.web.pixels.tokens import Refusals, refusal_of, refusals
from twinbeam.web.sums import sums_of
from twinbeam.web.weeks import weeks_now

Place = tuple[str, str]
"""(workspace, pixel)"""

NOWHERE: Places = {}
_NO_WEEK = PixelWeek("", "", [0] * WEEK_DAYS, [], [])


class PixelView:
    """All that the page shows of one pixel; what is asked for, since few of many are shown."""

    def __init__(self, facts: PixelFacts, week: PixelWeek, beside: Beside = NOTHING) -> None:
        self.row = facts.pixel
        self.facts = facts
        self.week = week
        self.beside = beside

    @cached_property
    def status(self) -> Status:
        """Whether events reach TikTok, and why."""
        return status_of(self.facts)

    @property
    def events_api(self) -> EventsApi:
        """Whether its Events API works."""
        return self.facts.api

    @cached_property
    def issues(self) -> list[Issue]:
        """What there is to mend."""
        return issues(self.facts)

    @cached_property
    def dedup(self) -> Share | None:
        """The deduplication rate, our estimate."""
        return dedup(self.week.events)

    @cached_property
    def match(self) -> MatchScore | None:
        """How well visitors are matched, our estimate."""
        return match_score(self.week.events)

    @cached_property
    def accepted(self) -> Share | None:
        """How much of what TikTok answered it accepted."""
        return accepted(self.facts.week.delivered, self.facts.week.refused)

    @cached_property
    def confirming(self) -> PurchaseConfirmation | None:
        """Whether its browser purchases wait for a server's word."""
        return confirming(self.row, self.facts.week, self.facts.now_ms)

    @property
    def missing(self) -> Missing | None:
        """What TikTok accepted and its statistics do not count; None without statistics, and where it is nothing."""
        return self.facts.missing if self.facts.missing and self.facts.missing.n else None

    def lacking(self, event: EventWeek) -> int:
        """Return how many of an event TikTok accepted and does not count."""
        return lacking(event, self.beside)

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
    weeks = weeks_now(read_model, now_ms)
    beside = read_beside(read_model.accounts, rows, now_ms)
    views = _views(read_model, rows, weeks.pixels, now_ms, access_codes, beside)
    return PixelTable(now_ms, weeks.counted_ms, views, len({row.workspace for row in rows}) > 1)


def read_one(read_model: ReadModel, place: Place, now_ms: int, access_codes: Collection[int] = ()) -> PixelView | None:
    """Read one pixel, counted anew where they are few; None where there is none."""
    rows = [row for row in read_model.pixels() if (row.workspace, row.code) == place]
    beside = read_beside(read_model.accounts, rows, now_ms)
    views = _views(read_model, rows, weeks_now(read_model, now_ms).pixels, now_ms, access_codes, beside)
    return views[0] if views else None


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
    beside: Places = NOWHERE,
) -> list[PixelView]:
    by_pixel = {(week.workspace, week.pixel): week for week in weeks}
    answers = read_model.last_answers()
    checks = {(check.workspace, check.pixel): check for check in read_model.token_checks.all()}
    around = _Around(
        refusals(answers, access_codes),
        {(answer.workspace, answer.pixel): answer.at_ms for answer in answers},
        checks,
        by_place(read_model.sides_seen()),
        beside,
        now_ms,
    )
    return [_view(row, by_pixel.get((row.workspace, row.code), _NO_WEEK), around) for row in rows]


class _Around(Struct, frozen=True):
    """What is known of all pixels."""

    refused: Refusals
    answered: Mapping[Place, int]
    checks: Mapping[Place, TokenCheck]
    sides: Mapping[Place, Sequence[SideSeen]]
    beside: Places
    now_ms: int


def _view(row: PixelRow, week: PixelWeek, around: _Around) -> PixelView:
    place, now_ms = (row.workspace, row.code), around.now_ms
    sides, beside = around.sides.get(place, ()), around.beside.get(place, NOTHING)
    facts = PixelFacts(
        pixel=row,
        week=sums_of(week.outcomes),
        seen=last_seen(sides),
        api=events_api(row, around.checks.get(place), refusal_of(row, around.refused)),
        piled=week.piled,
        silence=fallen_silent(sides, now_ms),
        now_ms=now_ms,
        missing=missing(week.events, beside, Weekdays(now_ms, week.days, around.answered.get(place))),
        imported=beside.account is not None,
        browser_copies=sum(event.browser + event.both for event in week.events),
    )
    return PixelView(facts, week, beside)
