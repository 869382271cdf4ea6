"""What the checks look at, read for all pixels in a few queries; for a reader's thread, a job's or a command's."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from twinbeam.admin.account_contract import AccountReads
from twinbeam.admin.beside import NOTHING, Beside, Places
from twinbeam.admin.events_api import events_api
from twinbeam.admin.issue_contract import IssueReads
from twinbeam.admin.missing import Weekdays, missing
from twinbeam.admin.refusals import Refusals, refusal_of, refusals
from twinbeam.admin.token_record import KnownTokens, TokenCheck
from twinbeam.checks.facts import NO_EVIDENCE, Evidence, PixelFacts
from twinbeam.checks.sides import by_place, fallen_silent, last_seen
from twinbeam.core.clock import MS_PER_DAY
from twinbeam.core.fleet import WEEK_DAYS, PixelWeek
from twinbeam.core.story import LastAnswer, PixelRow, SideSeen
from twinbeam.pipeline.record.counters import RECORDED
from twinbeam.pipeline.record.sums import sums_of
from twinbeam.pipeline.send.contract import ALL_PIXELS

Place = tuple[str, str]
"""(workspace, pixel)"""

NO_WEEK = PixelWeek("", "", [0] * WEEK_DAYS, [], [])


class ClosedReads(Protocol):
    """The part of a reading side that tells for which pixels TikTok takes no requests. Raises StorageError."""

    def closed(self, now_ms: int) -> Mapping[Place, int]:
        """Return until when it takes none for each pixel, where that is not over; ALL_PIXELS stands for all."""
        ...


class FactReads(Protocol):
    """The part of a reading side that tells what is known of pixels. All raise StorageError."""

    @property
    def request_counts(self) -> ClosedReads:
        """For which pixels TikTok takes no requests."""
        ...

    @property
    def token_checks(self) -> KnownTokens:
        """TikTok's newest word on the token of each pixel."""
        ...

    @property
    def accounts(self) -> AccountReads:
        """The connected accounts and what was imported from them."""
        ...

    @property
    def issues(self) -> IssueReads:
        """What jobs found out for the checks, and since when something is wrong."""
        ...

    def sides_seen(self) -> list[SideSeen]:
        """Return when each side of each pixel last reported each event."""
        ...

    def last_answers(self) -> list[LastAnswer]:
        """Return TikTok's newest answer with a code to each pixel."""
        ...


class _Around(Struct, frozen=True):
    """What is known of all pixels."""

    weeks: Mapping[Place, PixelWeek]
    refused: Refusals
    answers: Mapping[Place, LastAnswer]
    checks: Mapping[Place, TokenCheck]
    sides: Mapping[Place, Sequence[SideSeen]]
    beside: Places
    evidence: Mapping[Place, Evidence]
    crm_silent: frozenset[str]  #: workspaces whose CRM event sets are older than a week and got no event in it
    closed: Mapping[Place, int]
    now_ms: int


def facts_of(
    reads: FactReads,
    rows: Sequence[PixelRow],
    weeks: Sequence[PixelWeek],
    beside: Places,
    access_codes: Collection[int],
    now_ms: int,
) -> list[PixelFacts]:
    """
    Return what is known of some pixels, by their weeks and by what is known beside those.

    What leads are worth is told by a CRM event set of the same workspace, which has to be among them.
    """
    answers, by_pixel = reads.last_answers(), {(week.workspace, week.pixel): week for week in weeks}
    around = _Around(
        by_pixel,
        refusals(answers, access_codes),
        {(answer.workspace, answer.pixel): answer for answer in answers},
        {(check.workspace, check.pixel): check for check in reads.token_checks.all()},
        by_place(reads.sides_seen()),
        beside,
        {(it.workspace, it.pixel): it for it in reads.issues.evidence()},
        _crm_silent(rows, by_pixel, now_ms),
        reads.request_counts.closed(now_ms),
        now_ms,
    )
    return [_facts(row, around) for row in rows]


def _crm_silent(rows: Sequence[PixelRow], weeks: Mapping[Place, PixelWeek], now_ms: int) -> frozenset[str]:
    """Return the workspaces in which somebody made a CRM event set, long enough ago, and no CRM reports."""
    sets = [row for row in rows if row.event_source == "crm"]
    week_ago_ms = now_ms - WEEK_DAYS * MS_PER_DAY
    heard = {row.workspace for row in sets if row.created_ms > week_ago_ms or _has_come(row, weeks)}
    return frozenset(row.workspace for row in sets) - heard


def _has_come(row: PixelRow, weeks: Mapping[Place, PixelWeek]) -> bool:
    week = weeks.get((row.workspace, row.code), NO_WEEK)
    return any(outcome == RECORDED and n for outcome, _, n in week.outcomes)


def _facts(row: PixelRow, around: _Around) -> PixelFacts:
    place, now_ms = (row.workspace, row.code), around.now_ms
    week = around.weeks.get(place, NO_WEEK)
    sides, beside = around.sides.get(place, ()), around.beside.get(place, NOTHING)
    answer = around.answers.get(place)
    return PixelFacts(
        pixel=row,
        week=sums_of(week.outcomes),
        seen=last_seen(sides),
        api=events_api(row, around.checks.get(place), refusal_of(row, around.refused)),
        answer=answer,
        piled=week.piled,
        silence=fallen_silent(sides, now_ms),
        now_ms=now_ms,
        missing=missing(week.events, beside, Weekdays(now_ms, week.days, answer.at_ms if answer else None)),
        imported=beside.account is not None,
        browser_copies=sum(event.browser + event.both for event in week.events),
        events={event.event: event for event in week.events if event.event},
        activity=beside.activity,
        theirs=_theirs(beside),
        unnamed=sum(event.others for event in week.events),
        crm_silent=row.workspace in around.crm_silent,
        evidence=around.evidence.get(place, NO_EVIDENCE),
        closed_until_ms=around.closed.get(place, 0),
        all_closed_until_ms=around.closed.get(ALL_PIXELS, 0),
    )


def _theirs(beside: Beside) -> dict[str, int]:
    return {event: count.server for event, count in (beside.counts or {}).items()}
