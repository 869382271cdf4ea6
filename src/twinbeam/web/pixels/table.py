"""Every pixel with its week, its status, its figures and its issues; for the reader's thread."""

from collections.abc import Collection, Sequence
from functools import cached_property

from msgspec import Struct

from twinbeam.admin.beside import NOTHING, Beside, Places, read_beside
from twinbeam.admin.issues import NOTHING_KNOWN, Known, known
from twinbeam.admin.missing import lacking
from twinbeam.admin.pixel_facts import NO_WEEK, Place, facts_of
from twinbeam.checks.contract import Weight
from twinbeam.checks.facts import Missing, PixelFacts
from twinbeam.checks.sides import Seen
from twinbeam.core.events_api import EventsApi
from twinbeam.core.fleet import EventWeek, PixelWeek
from twinbeam.core.rates import MatchScore, Share, accepted, dedup, match_score
from twinbeam.core.sending_waits import NOTHING_WAITS, SendingWaits
from twinbeam.core.story import PixelRow, Total
from twinbeam.jobs.pixel_weeks import weeks_of
from twinbeam.web.alarms import Alarm, ShownIssue, shown
from twinbeam.web.contract import ReadModel
from twinbeam.web.pixels.confirming import PurchaseConfirmation, confirming
from twinbeam.web.pixels.standing import Status, status_of
from twinbeam.web.pixels.waiting import Waiting, waiting
from twinbeam.web.weeks import weeks_now

NOWHERE: Places = {}


class PixelView:
    """All that the page shows of one pixel; what is asked for, since few of many are shown."""

    def __init__(
        self,
        facts: PixelFacts,
        week: PixelWeek,
        beside: Beside = NOTHING,
        told: Known = NOTHING_KNOWN,
        waits: SendingWaits = NOTHING_WAITS,
    ) -> None:
        self.row = facts.pixel
        self.facts = facts
        self.week = week
        self.beside = beside
        self._told = told
        self._waits = waits

    @cached_property
    def status(self) -> Status:
        """Whether events reach TikTok, and why."""
        return status_of(self.facts)

    @cached_property
    def waiting(self) -> Waiting | None:
        """Why what waits is not sent now; None where nothing waits, or nothing keeps it."""
        return waiting(self.facts, self._waits.of((self.row.workspace, self.row.code)))

    @property
    def events_api(self) -> EventsApi:
        """Whether its Events API works."""
        return self.facts.api

    @cached_property
    def all_issues(self) -> list[ShownIssue]:
        """What there is to mend, muted or not."""
        return [shown(issue) for issue in self._told.of(self.facts)]

    @property
    def issues(self) -> list[ShownIssue]:
        """What there is to mend, without what is muted."""
        return [issue for issue in self.all_issues if issue.mute is None]

    @property
    def muted(self) -> int:
        """How many issues are muted."""
        return len(self.all_issues) - len(self.issues)

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


def read_table(
    read_model: ReadModel, now_ms: int, access_codes: Collection[int] = (), waits: SendingWaits = NOTHING_WAITS
) -> PixelTable:
    """Read every pixel: few are counted anew, of many what a job added up is read."""
    rows = read_model.pixels()
    weeks = weeks_now(read_model, now_ms)
    beside = read_beside(read_model.accounts, rows, now_ms)
    views = _views(read_model, rows, weeks.pixels, now_ms, access_codes, beside=beside, waits=waits)
    return PixelTable(now_ms, weeks.counted_ms, views, len({row.workspace for row in rows}) > 1)


def read_one(
    read_model: ReadModel,
    place: Place,
    now_ms: int,
    access_codes: Collection[int] = (),
    waits: SendingWaits = NOTHING_WAITS,
) -> PixelView | None:
    """Read one pixel, counted anew where they are few; None where there is none."""
    rows = [row for row in read_model.pixels() if row.workspace == place[0] and _is_meant(row, place[1])]
    beside = read_beside(read_model.accounts, rows, now_ms)
    weeks = weeks_now(read_model, now_ms).pixels
    views = _views(read_model, rows, weeks, now_ms, access_codes, beside=beside, waits=waits)
    return next((view for view in views if view.row.code == place[1]), None)


def _is_meant(row: PixelRow, code: str) -> bool:
    """Return whether a row is a pixel's, or tells whether the quality of its leads is passed back."""
    return row.code == code or row.event_source == "crm"


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


def _views(  # noqa: PLR0913 -- all that is known beside the rows
    read_model: ReadModel,
    rows: Sequence[PixelRow],
    weeks: Sequence[PixelWeek],
    now_ms: int,
    access_codes: Collection[int],
    *,
    beside: Places = NOWHERE,
    waits: SendingWaits = NOTHING_WAITS,
) -> list[PixelView]:
    by_pixel = {(week.workspace, week.pixel): week for week in weeks}
    told = known(read_model.issues)
    found = facts_of(read_model, rows, weeks, beside, access_codes, now_ms)
    return [
        PixelView(facts, by_pixel.get(place, NO_WEEK), beside.get(place, NOTHING), told, waits)
        for facts in found
        for place in [(facts.pixel.workspace, facts.pixel.code)]
    ]
