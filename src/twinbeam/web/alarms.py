"""What there is to mend, as pages show it: an issue of a pixel, and the alarm that an urgent one raises."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from twinbeam.checks.contract import Weight
from twinbeam.checks.listing import OpenIssue
from twinbeam.checks.records import Mute
from twinbeam.core.story import PixelRow
from twinbeam.web.conversions.lists import Asked


class ShownIssue(Struct, frozen=True):
    """One thing to mend."""

    check: str
    weight: Weight
    what: str
    fix: str
    command: str
    link: str  #: to the conversions it is about
    count: int
    worth: Mapping[str, int]
    samples: Sequence[int]
    since_ms: int
    mute: Mute | None
    is_alarm: bool  #: stands on the first page, too


class Alarm(Struct, frozen=True):
    """One thing to mend that stands on the first page."""

    pixel: PixelRow
    issue: ShownIssue


def shown(it: OpenIssue) -> ShownIssue:
    """Return an issue with the address of what it is about."""
    issue = it.issue
    return ShownIssue(
        issue.check,
        issue.weight,
        issue.what,
        issue.fix,
        issue.command,
        Asked(issue.listed, (it.workspace, it.pixel)).address() if issue.listed else "",
        issue.count,
        issue.worth,
        issue.samples,
        it.since_ms,
        it.mute,
        issue.is_alarm,
    )
