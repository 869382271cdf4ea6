"""What a check is, and what it finds."""

from collections.abc import Callable, Mapping, Sequence
from enum import Enum, StrEnum

from msgspec import Struct

from twinbeam.checks.facts import PixelFacts
from twinbeam.core.clock import MS_PER_DAY, day_of
from twinbeam.core.fleet import WEEK_DAYS


class Weight(StrEnum):
    """How much an issue hurts."""

    BROKEN = "broken"  #: nothing is delivered
    LOSING = "losing"  #: some conversions are lost
    IDLE = "idle"  #: not finished, but nothing is lost


class Ends(Enum):
    """When an issue is over by itself; by these it does not come and go with every event."""

    AT_ONCE = 0  #: with the setting that caused it
    AFTER_AN_HOUR = 3_600_000  #: when it was not found for so long, in ms
    WHEN_QUIET = 2 * MS_PER_DAY  #: when none was added for so long: it counts what has happened


class Symptom(Struct, frozen=True):
    """What a check found."""

    what: str  #: what happened, in one sentence or two
    count: int = 0  #: of what is affected
    worth: Mapping[str, int] = {}  #: by currency, in its minor unit: of what is affected and known
    samples: Sequence[int] = ()  #: numbers of conversions that show it
    listed: str = ""  #: the state under which all of them are listed
    reasons: Sequence[str] = ()  #: and for one of these reasons, of those that came in these days
    days: int = WEEK_DAYS
    codes: Sequence[tuple[int, int]] = ()  #: TikTok's, and how many of the newest it refused with each
    command: str = ""  #: that mends it
    fix: str = ""  #: what to do, where it is not what the check says
    weight: Weight | None = None  #: where it is not that of the check
    is_alarm: bool = False  #: it stands on the first page, too


class Issue(Struct, frozen=True):
    """One thing to mend."""

    check: str
    weight: Weight
    what: str
    fix: str
    count: int = 0
    worth: Mapping[str, int] = {}
    samples: Sequence[int] = ()
    listed: str = ""
    command: str = ""
    is_alarm: bool = False
    reasons: Sequence[str] = ()
    since_day: int | None = None  #: UTC day on which the first was received, where the list begins with it
    codes: Sequence[tuple[int, int]] = ()


class PixelCheck(Struct, frozen=True, kw_only=True):
    """One thing that can be wrong, and how it is noticed."""

    id: str
    title: str
    cause: str
    evidence: str
    fix: str
    look: Callable[[PixelFacts], Symptom | None]
    weight: Weight = Weight.LOSING
    ends: Ends = Ends.AFTER_AN_HOUR

    def issue(self, facts: PixelFacts) -> Issue | None:
        """Return what is wrong, or None."""
        found = self.look(facts)
        if found is None:
            return None
        return Issue(
            self.id,
            found.weight or self.weight,
            found.what,
            found.fix or self.fix,
            found.count,
            found.worth,
            found.samples,
            found.listed,
            found.command,
            found.is_alarm,
            found.reasons,
            day_of(facts.now_ms) - found.days + 1 if found.reasons else None,
            found.codes,
        )
