"""How each pixel did in a week: what TikTok accepted, deduplication, match score, issues. Numbers alone."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from twinbeam.checks.records import FORGET_MS, IssueRecord
from twinbeam.core.clock import MS_PER_DAY
from twinbeam.core.fleet import EventWeek
from twinbeam.core.lifecycle import State
from twinbeam.core.outcomes import Finding
from twinbeam.core.rates import WEIGHTS, Share, accepted, dedup, match_score
from twinbeam.core.story import Count, Covered
from twinbeam.pipeline.record.counters import FINDING

Place = tuple[str, str]
"""(workspace, pixel)"""


class FigureReads(Protocol):
    """What is counted of pixels on some UTC days, the last one included. All raise StorageError."""

    def happened(self, *, since_day: int, until_day: int) -> Mapping[Place, int]:
        """Return how many events were recorded and answered of each pixel of which any was."""
        ...

    def counts(self, place: Place, *, since_day: int, until_day: int) -> Sequence[Count]:
        """Return its counters."""
        ...

    def coverage(self, place: Place, *, since_day: int, until_day: int) -> Sequence[Covered]:
        """Return by which sides its conversions were seen and what the delivered ones carried."""
        ...


class IssueCount(Struct, frozen=True):
    """How many issues of a pixel began and ended in a week."""

    opened: int = 0
    closed: int = 0


class PixelFigures(Struct, frozen=True):
    """One pixel over a week; what is None has nothing to be told of."""

    place: Place
    accepted: Share | None  #: of what TikTok answered
    dedup: Share | None  #: our estimate
    match: float | None  #: our estimate, from 0 to 10
    issues: IssueCount | None  #: None where they are not kept any more

    @property
    def is_empty(self) -> bool:
        """Return whether nothing happened."""
        told = self.accepted, self.dedup, self.match
        return all(it is None for it in told) and self.issues in (None, IssueCount())


def read_figures(reads: FigureReads, place: Place, first_day: int, last_day: int) -> PixelFigures:
    """Read how a pixel did, its issues apart."""
    counts = reads.counts(place, since_day=first_day, until_day=last_day)
    events = _events(counts, reads.coverage(place, since_day=first_day, until_day=last_day))
    answered = {state: sum(it.n for it in counts if it.outcome == state) for state in (State.DELIVERED, State.REFUSED)}
    score = match_score(events)
    share = accepted(answered[State.DELIVERED], answered[State.REFUSED])
    return PixelFigures(place, share, dedup(events), None if score is None else score.score, None)


def _events(counts: Iterable[Count], covered: Iterable[Covered]) -> list[EventWeek]:
    """Add the days of each event up."""
    mismatched: dict[str, int] = {}
    for count in counts:
        if (count.outcome, count.reason) == (FINDING, Finding.ID_MISMATCH):
            mismatched[count.event] = mismatched.get(count.event, 0) + count.n
    rows: dict[str, list[Covered]] = {}
    for row in covered:
        rows.setdefault(row.event, []).append(row)
    return [_event(event, its, mismatched.get(event, 0)) for event, its in rows.items()]


def _event(event: str, rows: Sequence[Covered], mismatched: int) -> EventWeek:
    keys = {name: sum(getattr(it, name) for it in rows) for name in ("browser", "server", "both", *WEIGHTS)}
    return EventWeek(event=event, mismatched=mismatched, accepted=sum(it.delivered for it in rows), **keys)


def issue_counts(
    records: Iterable[IssueRecord], first_day: int, last_day: int, now_ms: int
) -> Mapping[Place, IssueCount] | None:
    """Return how many issues of each pixel began and ended in a week; None where those may be forgotten."""
    begins_ms, ends_ms = first_day * MS_PER_DAY, (last_day + 1) * MS_PER_DAY
    if begins_ms < now_ms - FORGET_MS:
        return None
    found: dict[Place, IssueCount] = {}
    for record in records:
        before = found.get((record.workspace, record.pixel), IssueCount())
        opened = begins_ms <= record.since_ms < ends_ms
        closed = record.ended_ms is not None and begins_ms <= record.ended_ms < ends_ms
        found[record.workspace, record.pixel] = IssueCount(before.opened + opened, before.closed + closed)
    return found
