"""What there is to mend, as pages show it: an issue of a pixel, and the alarm that an urgent one raises."""

from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from twinbeam.checks.contract import Weight
from twinbeam.checks.listing import OpenIssue
from twinbeam.checks.records import Mute
from twinbeam.core.lifecycle import State
from twinbeam.core.story import Narrowed, PixelRow
from twinbeam.web.conversions.lists import Asked
from twinbeam.web.dead_letters.asked import LetterQuestion


class ShownIssue(Struct, frozen=True):
    """One thing to mend."""

    check: str
    weight: Weight
    what: str
    fix: str
    command: str
    link: str  #: to the conversions it is about
    letters: str  #: to the dead letters it is about, for who may see those
    codes: Sequence[tuple[int, int, str]]  #: TikTok's, how many of the newest it refused with each, and where those are
    count: int
    worth: Mapping[str, int]
    samples: Sequence[int]
    since_ms: int
    mute: Mute | None
    is_alarm: bool  #: stands on the first page, too

    @property
    def advice(self) -> str:
        """What to do, for who may not run the command: without the sentence that only leads to it."""
        if not self.fix.endswith(":"):
            return self.fix
        return self.fix[: max(self.fix.rfind(". "), self.fix.rfind("; ")) + 1].replace(";", ".")


class Alarm(Struct, frozen=True):
    """One thing to mend that stands on the first page."""

    pixel: PixelRow
    issue: ShownIssue


def shown(it: OpenIssue) -> ShownIssue:
    """Return an issue with the addresses of what it is about."""
    issue, place = it.issue, (it.workspace, it.pixel)
    narrowed = Narrowed(reason=",".join(issue.reasons), since_day=issue.since_day)
    letters = LetterQuestion(*place)
    return ShownIssue(
        issue.check,
        issue.weight,
        issue.what,
        issue.fix,
        issue.command,
        Asked(issue.listed, place, narrowed=narrowed).address() if issue.listed or issue.reasons else "",
        letters.address() if issue.listed == State.REFUSED else "",
        [(code, n, replace(letters, code=str(code)).address()) for code, n in issue.codes],
        issue.count,
        issue.worth,
        issue.samples,
        it.since_ms,
        it.mute,
        issue.is_alarm,
    )
