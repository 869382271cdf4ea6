"""
All open connections: whom we wait for and since when, how many bytes they hold, when their time is over.

Deadlines are looked at by one sweep, so that a request sets no timer. Their clock stands still while this process does:
whoever sent in time is not punished for bytes that we had no time to read.
"""

from collections.abc import Callable
from itertools import islice, takewhile
from time import monotonic
from typing import Protocol

from twinbeam.http_server.limits import Limits
from twinbeam.http_server.wording import Refusing, as_problem
from twinbeam.pipeline.accept.asgi import App
from twinbeam.pipeline.accept.problems import ProblemCode

SWEEP_SECONDS = 0.5
#: From here on what an unfinished request holds is worth freeing; below, the number of connections bounds it.
_BULKY_BYTES = 4_096
_LONGEST_STEP_SECONDS = 1.0
_REPEAT_SECONDS = 60.0
#: So long nobody gives way: what a newcomer has sent is there, and not yet read, when his connection opens.
_HEARING_SECONDS = 0.125

Report = Callable[..., None]


class Member(Protocol):
    """A connection, as far as it is one of many."""

    held: int
    due: float

    def evict(self) -> None:
        """Make room at once."""
        ...

    def refuse(self, code: ProblemCode) -> None:
        """End with a problem."""
        ...

    def overdue(self) -> None:
        """Bear that the deadline is over."""
        ...


class Running(Protocol):
    """A request that an app is at work on."""

    def cancel(self) -> None:
        """End the app's work."""
        ...


class Registry:
    """What the connections of one server share."""

    def __init__(self, app: App, limits: Limits, most: int, report: Report, refusing: Refusing = as_problem) -> None:
        self.app = app
        self.limits = limits
        self.most = most
        self.report = report
        self.refusing = refusing
        self.now = 0.0  #: seconds; moves by sweeps
        self.ending = False
        self.open: set[Member] = set()
        self.opening = 0  #: taken from the listener, and not yet in `open`
        self.waiting: dict[Member, float] = {}  #: for bytes, and since when; the longest come first
        self.running: set[Running] = set()
        self.held = 0
        self._bulky: dict[Member, None] = {}
        self._evicted = 0
        self._told = -_REPEAT_SECONDS

    def is_full(self) -> bool:
        """Return whether another connection needs the place of one that is here."""
        return len(self.open) + self.opening >= self.most

    def wait_for(self, member: Member, seconds: float) -> None:
        """Begin to wait for bytes of a peer, for so long."""
        self.waiting.pop(member, None)
        self.waiting[member] = monotonic()
        member.due = self.now + seconds

    def arrived(self, member: Member) -> None:
        """Wait no longer."""
        self.waiting.pop(member, None)
        if self._bulky:
            self._bulky.pop(member, None)

    def leave(self, member: Member) -> None:
        """Forget a connection that is closed."""
        self.open.discard(member)
        self.arrived(member)
        self.keep(member, 0)

    def hold(self, member: Member, size: int) -> None:
        """Count bytes that came in; beyond the bound, those unfinished requests give way that are here longest."""
        member.held += size
        self.held += size
        if member.held > _BULKY_BYTES and member in self.waiting:
            self._bulky[member] = None
        while self.held > self.limits.held_bytes and self._bulky:
            victim = next(iter(self._bulky))
            self.arrived(victim)
            self.keep(victim, 0)
            self._evicted += 1
            victim.refuse(ProblemCode.OVERLOADED)

    def keep(self, member: Member, size: int) -> None:
        """Count so many bytes of a connection from now on."""
        self.held += size - member.held
        member.held = size

    def evict(self, count: int) -> int:
        """Close connections that keep us waiting, the longest first; tells how many."""
        heard_since = monotonic() - _HEARING_SECONDS
        overdue = takewhile(lambda waiting: waiting[1] <= heard_since, self.waiting.items())
        victims = [member for member, _ in islice(overdue, count)]
        for victim in victims:
            self.arrived(victim)
            victim.evict()
        self._evicted += len(victims)
        return len(victims)

    def sweep(self, passed_seconds: float) -> None:
        """Move the deadlines' clock, and end what is over."""
        self.now += min(passed_seconds, _LONGEST_STEP_SECONDS)
        now = self.now
        for member in [member for member in self.open if member.due <= now]:
            member.overdue()
        if self._evicted and now - self._told >= _REPEAT_SECONDS:
            self.report("connections.evicted", count=self._evicted, open=len(self.open), held_bytes=self.held)
            self._told, self._evicted = now, 0
