"""What the checks look at: one value for each pixel."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from twinbeam.checks.sides import Silence
from twinbeam.core.events_api import EventsApi
from twinbeam.core.fleet import EventWeek
from twinbeam.core.lifecycle import State
from twinbeam.core.outcomes import Finding, Outcome, Reason
from twinbeam.core.pixel_counts import ToMend
from twinbeam.core.story import LastAnswer, PixelRow
from twinbeam.core.values import Side
from twinbeam.pipeline.accept.codes import Rejection
from twinbeam.pipeline.record.counters import FINDING
from twinbeam.pipeline.record.sums import Sums

ENOUGH = 20  #: fewer events say nothing about what is missing among them


class NoteSum(Struct, frozen=True, array_like=True):
    """What a job noted of single conversions, added up over the last 7 UTC days."""

    n: int = 0
    worth: Mapping[str, int] = {}  #: by currency, in its minor unit
    samples: Sequence[int] = ()  #: numbers of conversions, the newest first


NOTHING_NOTED = NoteSum()


class DaySales(Struct, frozen=True, array_like=True):
    """Purchases of one UTC day in one currency."""

    day: int
    currency: str
    n: int
    minor: int


class Crowd(Struct, frozen=True, array_like=True):
    """How much of a day's conversions stands under one name, on the worst day; the name is not known."""

    most: int = 0
    of: int = 0


class Evidence(Struct, frozen=True):
    """What a job found out of one pixel beside its counters of the week."""

    workspace: str = ""
    pixel: str = ""
    at_ms: int = 0
    noted: Mapping[str, NoteSum] = {}  #: by what was noted, and by that with an event behind a blank where that matters
    states: Mapping[str, NoteSum] = {}  #: what the newest conversions of some states are worth
    refused: Sequence[tuple[int, int]] = ()  #: TikTok's codes, and how many of the newest it refused with each
    sales: Sequence[DaySales] = ()  #: of the last 14 UTC days
    one_email: Crowd = Crowd()
    one_address: Crowd = Crowd()
    checkouts: Crowd = Crowd()  #: how many, and by how many visitors
    server_before: tuple[int, int] = (0, 0)  #: seen by the server, and all, of the 7 full UTC days before the last 7
    server_now: tuple[int, int] = (0, 0)  #: of the last 7 full UTC days
    silent: Sequence[tuple[str, int]] = ()  #: events that came every day and no more, and how many of them before
    ids: int = 0  #: content ids of delivered events
    matched: int = 0  #: of them those that the product feed knows
    expired: Mapping[str, int] = {}  #: of what came within the last 14 UTC days, by reason
    rejected: Mapping[str, int] = {}  #: events that were rejected on arrival, by code
    to_mend: Mapping[str, tuple[int, int]] = {}  #: copies of browser and server, by what senders are told to mend
    content_ids: Mapping[str, tuple[int, int]] = {}  #: accepted conversions with a content id, and all, by event
    #: Accepted conversions that the browser reported: with _ttp, and all that consent let carry it.
    browser_id: tuple[int, int] = (0, 0)
    #: Accepted conversions that consent let go without identifiers alone, by event; under "" those of all events.
    keyless: Mapping[str, int] = {}

    #: Requests to TikTok that a running gateway lets a pixel make in any second without a rule of its own; 0: unknown.
    pixel_per_second: int = 0

    def told(self, what: str, event: str = "") -> NoteSum:
        """Return what was noted, of one event or of all."""
        return self.noted.get(f"{what} {event}" if event else what, NOTHING_NOTED)

    def mended(self, kind: ToMend) -> int:
        """Return how many copies were mended, or taken all the same, in which something was wrong."""
        return sum(self.to_mend.get(kind, ()))

    def turned_away(self, *codes: Rejection) -> int:
        """Return how many events were rejected on arrival for some reasons."""
        return sum(self.rejected.get(code, 0) for code in codes)

    def of_state(self, state: str) -> NoteSum:
        """Return what was found of the conversions in a state."""
        return self.states.get(state, NOTHING_NOTED)


NO_EVIDENCE = Evidence()


class Missing(Struct, frozen=True):
    """How many events TikTok accepted from us that its statistics do not count."""

    n: int  #: all of them
    overdue: int  #: those that should be there by now
    read_ms: int  #: when the statistics were read

    @property
    def sentence(self) -> str:
        """How many, in words; empty for none."""
        return f"Accepted, not yet in TikTok's statistics: {self.n:,}." if self.n else ""


class PixelFacts(Struct, frozen=True):
    """What is known of one pixel."""

    pixel: PixelRow
    week: Sums  #: of last 7 UTC days
    seen: Mapping[Side, int]  #: when each side last reported, in ms
    api: EventsApi  #: whether TikTok takes its token
    answer: LastAnswer | None = None  #: TikTok's newest one that has a code
    piled: int = 0  #: what is held of events of which fewer are delivered
    silence: Silence | None = None  #: the side that used to report and does so no more
    now_ms: int = 0
    missing: Missing | None = None  #: what TikTok accepted and does not count
    imported: bool = False  #: an account lists it
    browser_copies: int = 0  #: conversions of the week that the browser reported
    events: Mapping[str, EventWeek] = {}  #: those of the week, by name
    activity: str = ""  #: TikTok's own word on whether it is active
    theirs: Mapping[str, int] = {}  #: by event, how many TikTok says came from servers over the week
    unnamed: int = 0  #: rarer events of the week, which are not told by name
    crm_silent: bool = False  #: its workspace has CRM event sets, all older than a week, and none got an event in it
    evidence: Evidence = NO_EVIDENCE
    closed_until_ms: int = 0  #: TikTok takes no requests for it: it was asked too often; 0 where it takes them
    all_closed_until_ms: int = 0  #: the same, of all pixels

    @property
    def left_to_script(self) -> int:
        """What was left to TikTok's own script, of the week."""
        return self.week.reason(Outcome.DROPPED, Reason.LEFT_TO_BROWSER)

    def finding(self, finding: Finding) -> int:
        """Return how often copies, or the tag on its page, showed something within the week."""
        return self.week.reason(FINDING, finding)

    def expired_for(self, *reasons: Reason) -> int:
        """Return how many conversions of the week expired for some reasons."""
        return sum(self.week.reason(State.EXPIRED, reason) for reason in reasons)

    def awaits(self, side: Side) -> bool:
        """
        Return whether a side has to report.

        Where one alone is to, the other's silence is right, and the browser tag of a stopped pixel does nothing.
        """
        if side is Side.BROWSER and self.pixel.stopped is not None:
            return False
        return self.pixel.rules.expects("browser" if side is Side.BROWSER else "server")

    @property
    def accepted(self) -> int:
        """Conversions of the week that TikTok accepted, of the events that are told by name."""
        return sum(event.accepted for event in self.events.values())

    def identifiable(self, *names: str) -> int:
        """Return how many accepted conversions consent let carry identifiers: of some events, or of all."""
        keyless = self.evidence.keyless
        if not names:
            return max(0, self.accepted - keyless.get("", 0))
        return sum(max(0, self.event(name).accepted - keyless.get(name, 0)) for name in names)

    @property
    def arrived(self) -> int:
        """Copies of the week, those that were rejected on arrival among them."""
        return self.week.recorded + sum(self.evidence.rejected.values())

    def by_browser(self, name: str) -> int:
        """Return how many conversions of an event the browser reported."""
        event = self.event(name)
        return event.browser + event.both

    def event(self, name: str) -> EventWeek:
        """Return the week of one event."""
        return self.events.get(name) or EventWeek(name)
