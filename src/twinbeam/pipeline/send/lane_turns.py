"""The turns of one lane: what it asks for, holds, and lets go."""

from collections.abc import Callable

from twinbeam.core.delivery import Accepted, Lane, Refused, TryLater, Verdict
from twinbeam.pipeline.send.order import Urgency
from twinbeam.pipeline.send.turns import BACKLOG_PERCENT, Turn, Turns


class LaneTurns:
    """At most one turn of each part is asked for at a time; a backlog never has all requests of its lane."""

    def __init__(self, lane: Lane, turns: Turns, wake: Callable[[], None]) -> None:
        self._lane = lane
        self._turns = turns
        self._wake = wake
        self._asked: dict[Urgency, Turn] = {}
        self._backlogs = 0  #: requests under way that carry backlog
        self.has_backlog = False  #: as the last look at the store found

    @property
    def are_awaited(self) -> bool:
        """Whether a turn was asked for that has not come."""
        return bool(self._asked)

    def parts(self, slots: int, *, drained: bool) -> tuple[Urgency, ...]:
        """Return what of the lane may ask for a turn, with so many requests allowed under way."""
        if self._lane.test_code:
            return (Urgency.TEST,)
        most = max(1, slots * BACKLOG_PERCENT // 100)
        backlog = (Urgency.BACKLOG,) if self.has_backlog and self._backlogs < most else ()
        return backlog if drained else (Urgency.FRESH, *backlog)

    def has(self, part: Urgency) -> bool:
        """Ask for a turn, unless one is asked for, and return whether it has come."""
        if part not in self._asked:
            self._asked[part] = self._turns.ask(self._lane, part, self._wake)
        return self._asked[part].granted

    def give_back(self, part: Urgency) -> None:
        """Want no turn of a part any more."""
        if turn := self._asked.pop(part, None):
            self._turns.give_back(turn)

    def found_none(self, part: Urgency) -> None:
        """Give a turn back because nothing of its part is due."""
        self.give_back(part)
        if part is Urgency.BACKLOG:
            self.has_backlog = False

    def give_all_back(self) -> None:
        """Want no turn any more."""
        for part in tuple(self._asked):
            self.give_back(part)

    def use(self, part: Urgency, events: int) -> Turn:
        """Use a turn that has come for a request with so many events; `ended` or `heard` has to follow."""
        turn = self._asked.pop(part)
        self._turns.took(turn, events)
        self._backlogs += part is Urgency.BACKLOG
        return turn

    def ended(self, turn: Turn) -> None:
        """End a turn: its request was answered, or given up."""
        self._backlogs -= turn.part is Urgency.BACKLOG
        self._turns.ended(turn)

    def heard(self, turn: Turn, verdict: Verdict) -> None:
        """Pass on what an answer says of the limits."""
        match verdict:
            case TryLater(too_many=True):
                self._turns.too_many(turn, verdict.retry_after_seconds, verdict.answer)
            case Accepted() | Refused():
                self._turns.taken(turn)
            case _:
                pass
