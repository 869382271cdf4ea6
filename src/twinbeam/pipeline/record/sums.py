"""
Counters added up by outcome and by reason, and the accounting law they must obey.

The law: recorded = each `Outcome` of an arrival + conversions by state. It holds in every snapshot. What copies were
found to disagree about is counted beside it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

from msgspec import Struct

from twinbeam.core.lifecycle import COUNTED, SENDING, State
from twinbeam.core.outcomes import Outcome
from twinbeam.core.story import Total
from twinbeam.pipeline.record.counters import FINDING, RECORDED

#: Conversions that ended without a word from TikTok.
ENDED = (State.EXPIRED, State.WITHDRAWN, State.ERASED)


class Sums(Struct, frozen=True):
    """Numbers of arrivals and conversions by outcome."""

    by_outcome: Mapping[str, int]
    by_reason: Mapping[tuple[str, str], int]

    def of(self, *outcomes: str) -> int:
        """Add up some outcomes or states."""
        return sum(self.by_outcome.get(outcome, 0) for outcome in outcomes)

    def reason(self, outcome: str, reason: str) -> int:
        """Return the number of one reason of an outcome."""
        return self.by_reason.get((outcome, reason), 0)

    def reasons(self, outcome: str) -> list[tuple[str, int]]:
        """List the reasons of an outcome, the most frequent first."""
        found = [(reason, n) for (of, reason), n in self.by_reason.items() if of == outcome and reason and n]
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))

    @property
    def recorded(self) -> int:
        """Arrivals recorded."""
        return self.of(RECORDED)

    @property
    def dropped(self) -> int:
        """Arrivals that were not kept."""
        return self.of(Outcome.DROPPED)

    @property
    def merged(self) -> int:
        """Arrivals that joined a conversion."""
        return self.of(Outcome.MERGED)

    @property
    def duplicate(self) -> int:
        """Arrivals that repeated what was known."""
        return self.of(Outcome.DUPLICATE)

    @property
    def quarantined(self) -> int:
        """Arrivals that could not be recorded."""
        return self.of(Outcome.QUARANTINED)

    @property
    def noted(self) -> int:
        """Arrivals that only said something about consent."""
        return self.of(Outcome.NOTED)

    @property
    def conversions(self) -> int:
        """Conversions in whatever state."""
        return self.of(*COUNTED)

    @property
    def waiting(self) -> int:
        """Conversions that wait for the wire, or for an answer on it."""
        return self.of(*SENDING)

    @property
    def held(self) -> int:
        """Conversions that wait for permission, or for the shop's server to confirm them."""
        return self.of(State.HELD)

    @property
    def delivered(self) -> int:
        """Conversions that TikTok accepted."""
        return self.of(State.DELIVERED)

    @property
    def refused(self) -> int:
        """Conversions that TikTok rejected."""
        return self.of(State.REFUSED)

    @property
    def ended(self) -> int:
        """Conversions that ended unsent."""
        return self.of(*ENDED)

    @property
    def states(self) -> list[tuple[str, int]]:
        """Conversions by state, in the order of their life."""
        return [(state.value, self.of(state)) for state in COUNTED]

    @property
    def findings(self) -> list[tuple[str, int]]:
        """List what copies were found to disagree about, the most frequent first."""
        return self.reasons(FINDING)

    @property
    def parts(self) -> list[tuple[str, int]]:
        """List what the recorded arrivals became: the right side of the accounting law."""
        arrivals = [(outcome.value, self.of(outcome)) for outcome in Outcome]
        return [*arrivals, ("conversions", self.conversions)]

    @property
    def adds_up(self) -> bool:
        """Return whether the accounting law holds."""
        return self.recorded == sum(n for _, n in self.parts)


def add_up(counts: Iterable[Total]) -> Sums:
    """Add counters up by outcome and by reason."""
    by_outcome: Counter[str] = Counter()
    by_reason: Counter[tuple[str, str]] = Counter()
    for count in counts:
        by_outcome[count.outcome] += count.n
        by_reason[count.outcome, count.reason] += count.n
    return Sums(by_outcome, by_reason)


def sums_of(outcomes: Iterable[tuple[str, str, int]]) -> Sums:
    """Add up numbers by outcome and reason, each of which stands there once."""
    by_outcome: dict[str, int] = {}
    by_reason: dict[tuple[str, str], int] = {}
    for outcome, reason, n in outcomes:
        by_outcome[outcome] = by_outcome.get(outcome, 0) + n
        by_reason[outcome, reason] = n
    return Sums(by_outcome, by_reason)
