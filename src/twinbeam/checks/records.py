"""When an issue begins, when it is over by itself, and what a mute is. Pure."""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from twinbeam.checks.contract import Ends, Issue, PixelCheck
from twinbeam.core.clock import MS_PER_DAY

REWRITE_MS = 300_000  #: so often it is written down that an issue still stands as it stood
FORGET_MS = 30 * MS_PER_DAY  #: so long after its end an issue is still told of

IssueKey = tuple[str, str, str]
"""(workspace, pixel, id of the check)"""


class IssueRecord(Struct, frozen=True):
    """Since when something is wrong with a pixel, and whether it still is."""

    workspace: str
    pixel: str
    check: str
    since_ms: int
    seen_ms: int  #: when it was last found
    grew_ms: int  #: when its count last rose
    count: int = 0
    worth: dict[str, int] = {}
    ended_ms: int | None = None

    @property
    def key(self) -> IssueKey:
        """Which pixel and check it is of."""
        return self.workspace, self.pixel, self.check


class Mute(Struct, frozen=True):
    """That somebody does not want to be told of an issue, and why."""

    workspace: str
    pixel: str
    check: str
    why: str
    who: str
    at_ms: int

    @property
    def key(self) -> IssueKey:
        """Which pixel and check it is of."""
        return self.workspace, self.pixel, self.check


def is_quiet(check: PixelCheck, record: IssueRecord, count: int, now_ms: int) -> bool:
    """Return whether what a check counts has happened no more for so long that the issue is over."""
    if check.ends is not Ends.WHEN_QUIET or count > record.count:
        return False
    return record.ended_ms is not None or now_ms - record.grew_ms >= check.ends.value


def is_over(check: PixelCheck, record: IssueRecord, now_ms: int) -> bool:
    """Return whether an issue that is not found any more is over."""
    patience = Ends.AFTER_AN_HOUR.value if check.ends is Ends.WHEN_QUIET else check.ends.value
    return record.ended_ms is not None or now_ms - record.seen_ms >= patience


def next_record(
    check: PixelCheck, place: tuple[str, str], record: IssueRecord | None, issue: Issue | None, now_ms: int
) -> IssueRecord | None:
    """Return what is to be written down after a look; None where nothing is, or is no more."""
    if issue is None:
        return None if record is None else _unfound(check, record, now_ms)
    told = {"seen_ms": now_ms, "count": issue.count, "worth": dict(issue.worth)}
    if record is None:
        return IssueRecord(*place, check.id, now_ms, now_ms, now_ms, issue.count, dict(issue.worth))
    if is_quiet(check, record, issue.count, now_ms):
        return replace(record, **told, ended_ms=record.ended_ms if record.ended_ms is not None else now_ms)
    grew_ms = now_ms if issue.count > record.count or record.ended_ms is not None else record.grew_ms
    if _is_same(record, issue, now_ms):
        return record
    since_ms = record.since_ms if record.ended_ms is None else now_ms
    return replace(record, **told, grew_ms=grew_ms, since_ms=since_ms, ended_ms=None)


def _is_same(record: IssueRecord, issue: Issue, now_ms: int) -> bool:
    told = (record.count, record.worth, record.ended_ms) == (issue.count, issue.worth, None)
    return told and now_ms - record.seen_ms < REWRITE_MS


def _unfound(check: PixelCheck, record: IssueRecord, now_ms: int) -> IssueRecord | None:
    if record.ended_ms is not None:
        return None if now_ms - record.ended_ms >= FORGET_MS else replace(record, count=0)
    return replace(record, ended_ms=now_ms, count=0) if is_over(check, record, now_ms) else record


def standing(record: IssueRecord | None, issue: Issue | None, check: PixelCheck, now_ms: int) -> bool:
    """Return whether an issue stands at a moment: it is found and not quiet, or was found a moment ago."""
    if issue is not None:
        return record is None or not is_quiet(check, record, issue.count, now_ms)
    return record is not None and not is_over(check, record, now_ms)


def by_key(records: Iterable[IssueRecord]) -> Mapping[IssueKey, IssueRecord]:
    """Return records by what they are of."""
    return {record.key: record for record in records}


def mutes_by_key(mutes: Sequence[Mute]) -> Mapping[IssueKey, Mute]:
    """Return mutes by what they are of."""
    return {mute.key: mute for mute in mutes}
