"""
Counting in the transaction that changes what is counted.

A counter is keyed by the UTC day the conversion (or dropped arrival) was first accepted, so that a later change
of state moves it between rows of one day, and the sum over rows equals the rows of the table. Its event is the name
under which `counted.py` has events counted.
"""

from collections.abc import Iterator

from twinbeam.core.clock import day_of
from twinbeam.core.lifecycle import State
from twinbeam.core.outcomes import Finding, Outcome
from twinbeam.core.values import Signal
from twinbeam.pipeline.record.conversion import Conversion
from twinbeam.pipeline.record.counted import CountedNames
from twinbeam.pipeline.record.coverage import Coverage

CounterKey = tuple[int, str, str, str, str, str]
"""(day, workspace, pixel, event, outcome, reason)"""

RECORDED = "recorded"
FINDING = "finding"


class Counters:
    """Changes to counters, summed up before they are written."""

    def __init__(self, names: CountedNames) -> None:
        self._names = names
        self.coverage = Coverage(names)
        self._changes: dict[CounterKey, int] = {}

    def add(self, key: CounterKey, n: int = 1) -> None:
        """Add to one counter."""
        self._changes[key] = self._changes.get(key, 0) + n

    def arrival(self, conversion: Conversion, outcome: Outcome, reason: str = "") -> None:
        """Count an arrival that opened no conversion."""
        self.add(self._key(conversion, outcome, reason))

    def state(self, conversion: Conversion, n: int) -> None:
        """Count a conversion into (n=1) or out of (n=-1) the state it has now; tombstones count as arrivals."""
        if conversion.state is not State.DROPPED:
            self.add(self._key(conversion, conversion.state, conversion.reason), n)

    def recorded(self, conversion: Conversion) -> None:
        """Count an arrival as recorded; every arrival comes here once."""
        self.add(self._key(conversion, RECORDED, ""))

    def statement(self, signal: Signal) -> None:
        """Count an arrival that only said something about consent."""
        for outcome in (RECORDED, Outcome.NOTED):
            self.add((day_of(signal.received_ms), signal.workspace, "", "", outcome, ""))

    def ignored(self, signal: Signal, reason: str) -> None:
        """Count an arrival of which nothing is kept, and what its tag found on the page."""
        place = (day_of(signal.received_ms), signal.workspace, signal.pixel)
        event = self._names.of(*place, signal.event)
        self.add((*place, event, RECORDED, ""))
        self.add((*place, event, Outcome.DROPPED, reason))
        for finding in signal.observed:
            self.add((*place, event, FINDING, finding))

    def finding(self, conversion: Conversion, finding: Finding) -> None:
        """Count something that copies disagree about; beside the accounting, because nothing ends by it."""
        self.add(self._key(conversion, FINDING, finding))

    def counted_as(self, conversion: Conversion) -> str:
        """Return the name under which a conversion is counted."""
        return self._names.of(day_of(conversion.received_ms), conversion.workspace, conversion.pixel, conversion.event)

    def __iter__(self) -> Iterator[tuple[int, str, str, str, str, str, int]]:
        return ((*key, n) for key, n in sorted(self._changes.items()) if n)

    def _key(self, conversion: Conversion, outcome: str, reason: str) -> CounterKey:
        place = (day_of(conversion.received_ms), conversion.workspace, conversion.pixel)
        return (*place, self._names.of(*place, conversion.event), outcome, reason)


def move_key(day: int, workspace: str, pixel: str, event: str, state: State, reason: str = "") -> CounterKey:
    """
    Name the counter of a state, for moves that happen outside the record room.

    A reason while it is leased is a note for its answer, and no reason of that state.
    """
    return (day, workspace, pixel, event, state, "" if state is State.LEASED else reason)
