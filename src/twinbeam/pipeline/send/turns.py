"""
Who may make the next request: turns of all lanes together, within every limit, and fair between pixels.

Pure but for the calls that it makes to lanes whose turn has come: it waits for nothing and knows no store.
Pixels take turns. Test streams go first within a small share, what is fresh goes before what is backlog, and the
backlog has a share that it never exceeds, and a smaller one that it is never denied. Backlog is leased by one lane at
a time: a full batch keeps the store for tens of milliseconds, and 200 of them would keep it for seconds.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from math import inf

from msgspec import Struct

from twinbeam.core.clock import MS_PER_SECOND, Clock, day_of
from twinbeam.core.delivery import Answered, Lane
from twinbeam.core.doors import RequestDoor
from twinbeam.core.sending_waits import SendingWait, SendingWaits, WaitCause
from twinbeam.pipeline.send.contract import ALL_PIXELS
from twinbeam.pipeline.send.order import Urgency
from twinbeam.pipeline.send.rates import Rates, Usage

Place = tuple[str, str]
"""Workspace and code of a pixel."""

BACKLOG_PERCENT = 80  #: of the app's limits: what is left is for fresh events
TEST_PERCENT = 5  #: of the app's limits, for test streams
MOST_NOTED = 1_000  #: requests at once
TOLD_SECONDS = 60.0  #: a pixel that is closed for less is open again before anybody could read of it
_NOTED_PARTS = 100  #: a note takes at most this part of the smallest limit
_FRESH_IN_A_ROW = 4  #: turns of fresh events before one of backlog, where both wait

APP = ""
"""The scope of all requests together."""

_PIXEL_SCOPE = 1  #: which scope of a turn is its pixel's; the others are of all pixels

_ANY: Place = ("", "")
"""The place of none: what was heard last of any."""


class Scope(Struct, frozen=True, gc=False):
    """What counts a request, and its limits."""

    name: str
    rates: Rates
    is_noted: bool = False  #: its requests are noted in advance: a limit of theirs is longer than a restart takes

    @property
    def block(self) -> int:
        """How many of its requests are noted at once: a kill costs the day's limit as many, at most."""
        limits = [limit for limit in (self.rates.per_minute, self.rates.per_day) if limit]
        return max(1, min(MOST_NOTED, min(limits, default=1) // _NOTED_PARTS))


@dataclass(eq=False, slots=True)
class Turn:
    """A lane's turn for a request: asked for, then granted, then used or given back."""

    lane: Lane
    part: Urgency
    wake: Callable[[], None]
    scopes: tuple[Scope, ...] = ()
    granted: bool = False
    waited: bool = False  #: a limit kept it waiting
    day: int = 0

    @property
    def place(self) -> Place:
        """Whose turn it is."""
        return self.lane.workspace, self.lane.source_id


@dataclass(kw_only=True, eq=False)
class Turns:
    """All turns of one process."""

    clock: Clock
    rates: Rates
    pixel_rates: Callable[[Lane], Rates]
    changed: Callable[[], None] = lambda: None  #: called when `grant` should be called anew
    notes: bool = True  #: whether requests are noted in advance
    short: dict[str, Scope] = field(default_factory=dict)  #: scopes of which more has to be noted first
    throttled: dict[Place, int] = field(default_factory=dict)  #: events that waited for a limit, not yet written down
    closed: dict[Place, int] = field(default_factory=dict)  #: until when, in ms, TikTok takes nothing for a pixel
    closed_is_new: bool = True  #: it is not written down as it is
    _waiting: dict[Urgency, dict[Place, list[Turn]]] = field(default_factory=lambda: {part: {} for part in Urgency})
    _used: dict[str, Usage] = field(default_factory=dict)
    _noted: dict[str, tuple[int, int]] = field(default_factory=dict)  # (UTC day, how many may still be made)
    _doors: dict[Place, RequestDoor] = field(default_factory=dict)
    _door: RequestDoor = field(default_factory=RequestDoor)  # of the app
    _struck: set[Place] = field(default_factory=set)  # refused as too many since a request was last taken
    _refusals: dict[Place, Answered] = field(default_factory=dict)  # the last one of each place that has a door
    _fresh_in_a_row: int = 0
    _leasing: Turn | None = None  #: whose turn of backlog is granted and not yet used

    def __post_init__(self) -> None:
        self._app = self._noted_scope(APP, self.rates)
        self._shares: dict[Urgency, tuple[Scope, ...]] = {
            Urgency.TEST: (Scope("(tests)", self.rates.share(TEST_PERCENT)),),
            Urgency.BACKLOG: (Scope("(backlog)", self.rates.share(BACKLOG_PERCENT)),),
            Urgency.FRESH: (),
        }

    def ask(self, lane: Lane, part: Urgency, wake: Callable[[], None]) -> Turn:
        """Ask for a turn; it may be granted at once, and `wake` is called when it is granted later."""
        turn = Turn(lane, part, wake, self._scopes(lane, part))
        queue = self._waiting[part].setdefault(turn.place, [])
        queue.append(turn)
        if not any(other is not turn for other in self._all_waiting()):
            self.grant()
        if not turn.granted:
            self.changed()
        return turn

    def give_back(self, turn: Turn) -> None:
        """Want a turn no more, granted or not; nothing was sent in it."""
        if not turn.granted:
            self._leave(turn)
            return
        turn.granted = False
        self._leased(turn)
        for scope in turn.scopes:
            self._usage(scope.name).give_back(scope.rates, turn.day)
            day, left = self._noted.get(scope.name, (0, 0))
            if scope.is_noted and day == turn.day:
                self._noted[scope.name] = (day, left + 1)
        self.changed()

    def took(self, turn: Turn, events: int) -> None:
        """Hear how many events a turn is used for."""
        if turn.waited:
            self.throttled[turn.place] = self.throttled.get(turn.place, 0) + events
        self._leased(turn)

    def ended(self, turn: Turn) -> None:
        """Hear that a request was answered, or given up."""
        now, now_ms = self.clock.monotonic(), self.clock.now_ms()
        for scope in turn.scopes:
            self._usage(scope.name).end(turn.day, now, now_ms)
        self.changed()

    def too_many(self, turn: Turn, retry_after_seconds: float | None, answer: Answered) -> None:
        """
        Hear that TikTok refused a request as one too many.

        It counts by app or by token, which it does not tell (tiktok.md 4.6): all wait once two pixels were refused
        without any request taken in between.
        """
        now, now_ms = self.clock.monotonic(), self.clock.now_ms()
        self._doors.setdefault(turn.place, RequestDoor()).strike(now, now_ms, retry_after_seconds)
        self._struck.add(turn.place)
        self._refusals[turn.place] = self._refusals[_ANY] = answer
        if len(self._struck) > 1:
            self._door.strike(now, now_ms, retry_after_seconds)
            self._struck.clear()
        for place, door in ((turn.place, self._doors[turn.place]), (ALL_PIXELS, self._door)):
            if (seconds := door.seconds_closed(now)) >= TOLD_SECONDS:
                self.closed[place] = now_ms + round(seconds * MS_PER_SECOND)
                self.closed_is_new = True

    def taken(self, turn: Turn) -> None:
        """Hear that TikTok took or judged a request: no limit keeps it."""
        self._doors.pop(turn.place, None)
        self._refusals.pop(turn.place, None)
        self._door.free()
        self._struck.clear()
        for place in (turn.place, ALL_PIXELS):
            if self.closed.pop(place, None) is not None:
                self.closed_is_new = True

    def noted(self, scope: Scope, more: int, total: int, lately: int) -> None:
        """
        Hear that `more` requests of a scope were noted for this day, which makes `total` of all processes.

        `lately` may have been made by others within the last minutes.
        """
        now, now_ms = self.clock.monotonic(), self.clock.now_ms()
        day, left = self._noted.get(scope.name, (day_of(now_ms), 0))
        left = more + (left if day == day_of(now_ms) else 0)
        usage = self._usage(scope.name)
        if scope.name not in self._noted:
            usage.add_earlier(lately, scope.rates, now)
        self._noted[scope.name] = (day_of(now_ms), left)
        usage.set_today(total - left, now_ms)
        self.short.pop(scope.name, None)

    def go_unnoted(self, scope: Scope) -> None:
        """Hear that requests of a scope cannot be noted: what this process counts by itself has to do."""
        now_ms = self.clock.now_ms()
        day, left = self._noted.get(scope.name, (day_of(now_ms), 0))
        used = self._usage(scope.name).used_today(now_ms) + (left if day == day_of(now_ms) else 0)
        self.noted(scope, scope.block, used + scope.block, 0)

    def waits(self) -> SendingWaits:
        """Return what keeps requests at this moment, of all pixels and of each that wants one."""
        asked: dict[Place, Turn] = {}
        for turn in self._all_waiting():
            asked.setdefault(turn.place, turn)
        found = {place: self._closed(door, place) for place, door in self._doors.items()}
        found |= {place: found.get(place) or self._limited(turn) for place, turn in asked.items()}
        return SendingWaits(self._closed(self._door, _ANY), {place: it for place, it in found.items() if it})

    def _closed(self, door: RequestDoor, place: Place) -> SendingWait | None:
        """Return what TikTok closed, and until when."""
        if not (seconds := door.seconds_closed(self.clock.monotonic())):
            return None
        until_ms = self.clock.now_ms() + round(seconds * MS_PER_SECOND)
        answer = self._refusals.get(place, Answered())
        return SendingWait(WaitCause.TOO_MANY, until_ms, answer.code, answer.status, of_all=place == _ANY)

    def _limited(self, turn: Turn) -> SendingWait | None:
        """Return which of our own limits keeps a turn."""
        now, now_ms = self.clock.monotonic(), self.clock.now_ms()
        for place, scope in enumerate(turn.scopes):
            usage = self._usage(scope.name)
            if reached := usage.reached(scope.rates, now, now_ms):
                cause, limit = reached
                wait = usage.wait(scope.rates, now, now_ms)
                until_ms = None if wait == inf else now_ms + round(wait * MS_PER_SECOND)
                return SendingWait(cause, until_ms, limit=limit, of_all=place != _PIXEL_SCOPE)
        return None

    def grant(self) -> float | None:
        """
        Grant every turn that may be had now.

        Returns the seconds until another may be, or None while that takes an answer, a note or a call.
        """
        while True:
            turn, wait = self._next()
            if turn is None:
                return None if wait == inf else wait
            self._begin(turn)

    def _begin(self, turn: Turn) -> None:
        now, now_ms = self.clock.monotonic(), self.clock.now_ms()
        self._leave(turn)
        others = self._waiting[turn.part]
        if turn.place in others:  # the next pixel is next
            others[turn.place] = others.pop(turn.place)
        self._fresh_in_a_row = self._fresh_in_a_row + 1 if turn.part is Urgency.FRESH else 0
        turn.granted, turn.day = True, day_of(now_ms)
        for scope in turn.scopes:
            self._usage(scope.name).begin(scope.rates, now, now_ms)
            if scope.is_noted:
                day, left = self._noted[scope.name]
                self._noted[scope.name] = (day, left - 1)
        if turn.part is Urgency.BACKLOG:
            self._leasing = turn
        turn.wake()

    def _leased(self, turn: Turn) -> None:
        if turn is self._leasing:
            self._leasing = None
            self.changed()

    def _next(self) -> tuple[Turn | None, float]:
        """Return who is next, or how long nobody is."""
        waiting = self._all_waiting()
        first = next(iter(waiting), None)
        if first is None:
            return None, inf
        if wait := self._wait_of_app():
            for turn in (first, *waiting):
                turn.waited = True
            return None, wait
        shortest = inf
        for part in self._parts():
            found, wait = self._next_of(part)
            if found is not None:
                return found, 0.0
            shortest = min(shortest, wait)
        return None, shortest

    def _next_of(self, part: Urgency) -> tuple[Turn | None, float]:
        """Return who is next of a part, or how long nobody of it is."""
        if not self._waiting[part]:
            return None, inf
        if wait := self._wait_of_part(part):
            return None, wait
        shortest = inf
        for queue in self._waiting[part].values():
            if not (wait := self._wait_of(queue[0])):
                return queue[0], 0.0
            shortest = min(shortest, wait)
        return None, shortest

    def _parts(self) -> tuple[Urgency, ...]:
        backlog_is_next = self._fresh_in_a_row >= _FRESH_IN_A_ROW
        return (
            (Urgency.TEST, Urgency.BACKLOG, Urgency.FRESH)
            if backlog_is_next
            else (Urgency.TEST, Urgency.FRESH, Urgency.BACKLOG)
        )

    def _wait_of_app(self) -> float:
        wait = self._wait_of_scope(self._app)
        return max(wait, self._wait_of_door(self._door, APP))

    def _wait_of_part(self, part: Urgency) -> float:
        """Return how long all of a part have to wait for its share."""
        if part is Urgency.BACKLOG and self._leasing is not None:
            return inf
        return max(map(self._wait_of_scope, self._shares[part]), default=0.0)

    def _wait_of(self, turn: Turn) -> float:
        """Return how long a turn has to wait for what its pixel may have."""
        turn.scopes = self._scopes(turn.lane, turn.part)  # its owner may have changed a limit meanwhile
        pixel = turn.scopes[_PIXEL_SCOPE]
        wait = self._wait_of_scope(pixel)
        if door := self._doors.get(turn.place):
            wait = max(wait, self._wait_of_door(door, pixel.name))
        turn.waited = turn.waited or wait > 0
        return wait

    def _wait_of_scope(self, scope: Scope) -> float:
        now, now_ms = self.clock.monotonic(), self.clock.now_ms()
        wait = self._usage(scope.name).wait(scope.rates, now, now_ms)
        if wait <= 0.0 and scope.is_noted:
            day, left = self._noted.get(scope.name, (0, 0))
            left = left if day == day_of(now_ms) else 0
            if left * 4 < scope.block:
                self.short[scope.name] = scope  # more is noted while the rest is used
            if left < 1:
                return inf
        return max(0.0, wait)

    def _wait_of_door(self, door: RequestDoor, scope: str) -> float:
        if wait := door.seconds_closed(self.clock.monotonic()):
            return wait
        return inf if door.is_probing and self._usage(scope).under_way else 0.0

    def _scopes(self, lane: Lane, part: Urgency) -> tuple[Scope, ...]:
        pixel = self._noted_scope(f"{lane.workspace}/{lane.source_id}", self.pixel_rates(lane))
        return self._app, pixel, *self._shares[part]

    def _noted_scope(self, name: str, rates: Rates) -> Scope:
        return Scope(name, rates, self.notes and bool(rates.per_minute or rates.per_day))

    def _all_waiting(self) -> Iterable[Turn]:
        return (turn for part in Urgency for queue in self._waiting[part].values() for turn in queue)

    def _leave(self, turn: Turn) -> None:
        queue = self._waiting[turn.part].get(turn.place, [])
        if turn in queue:
            queue.remove(turn)
        if not queue:
            self._waiting[turn.part].pop(turn.place, None)

    def _usage(self, name: str) -> Usage:
        return self._used.setdefault(name, Usage())
