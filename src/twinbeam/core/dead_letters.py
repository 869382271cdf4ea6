"""Dead letters: conversions that TikTok refused, as their owner sees them and may have them sent again."""

from collections.abc import Callable, Sequence

from msgspec import Struct

from twinbeam.core.outcomes import Reason


class DeadLetter(Struct, frozen=True):
    """A conversion that TikTok refused: what was said of it, and all that decides whether it may be sent again."""

    id: int
    workspace: str
    event_source: str
    pixel: str
    test_code: str
    event: str
    event_id: str
    order_id: str
    value_minor: int | None
    currency: str
    event_time: int  #: seconds since the epoch
    refused_ms: int
    attempts: int
    code: int | None  #: TikTok's code in its last answer
    message: str
    request_id: str
    since_ms: int  #: when it began to wait: its age counts from here
    maybe_at: int | None  #: when TikTok may first have got it from us
    browser_at: int | None  #: when TikTok's own script may first have reported it
    is_proven: bool  #: what a browser said of that script was said by the conversion's own visit
    is_contested: bool  #: a visit refused it since
    is_united: bool  #: it is counted in another conversion
    is_kept: bool  #: its content is still there
    never_taken: bool  #: every answer to every request that can have carried it proves that TikTok took nothing of that


class AlikeLetters(Struct, frozen=True):
    """Dead letters that differ in nothing that decides about them, and are worth the same."""

    like: DeadLetter  #: one of them, without what is its own; its times are rounded (`rounded`)
    count: int


def rounded(at_ms: int | None, moments: Sequence[int]) -> int | None:
    """Round a time up to the next of some moments, and what is later than all of them to the last and one ms."""
    return None if at_ms is None else next((each for each in moments if at_ms <= each), moments[-1] + 1)


class ShapedEvent(Struct, frozen=True):
    """A kept copy of an event after it was shaped anew: what goes to TikTok, and what it is worth."""

    body: bytes
    minor: int | None
    currency: str


Shape = Callable[[DeadLetter, bytes, int], ShapedEvent | None]
"""Shape one kept copy of a dead letter anew, by its body and event time; None where it stays as it is."""


class LetterFilter(Struct, frozen=True):
    """Which dead letters are meant; what is empty narrows nothing."""

    workspace: str
    pixel: str = ""
    event: str = ""
    code: int | None = None  #: TikTok's
    since_ms: int = 0  #: refused at this time or later
    until_ms: int = 2**62  #: refused before this time
    ids: tuple[int, ...] = ()


class ResendPreview(Struct, frozen=True):
    """What sending some dead letters again would do."""

    sendable: int
    left: dict[str, int]  #: what stays a dead letter, by its Reason
    value: dict[str, int]  #: minor units of what would be sent, by its currency
    anew: int = 0  #: of what would be sent, what is shaped by its pixel's rules of today

    @property
    def count(self) -> int:
        """All that is meant."""
        return self.sendable + sum(self.left.values())

    @property
    def shaping(self) -> str:
        """How many would be sent by the rules of today, in words."""
        return shaping(self.anew, self.sendable - self.anew)


class Resend(Struct, frozen=True):
    """Dead letters that were asked to be sent again, and how far that is."""

    id: int
    asked: LetterFilter
    who: str
    at_ms: int
    count: int  #: dead letters that were meant when it was asked
    upto: int  #: the newest conversion that it may mean
    place: int = 0  #: the last conversion that was looked at
    sent: int = 0  #: put back among what waits to be sent
    left: dict[str, int] = {}  #: what stayed a dead letter, by its Reason
    finished_ms: int | None = None

    @property
    def done(self) -> int:
        """How many were looked at."""
        return self.sent + sum(self.left.values())


#: In words for the owner, where the reason's own sentence speaks of another moment.
STAYS: dict[Reason, str] = {
    Reason.DEDUP_WINDOW: (
        "TikTok may have it already, and would count it twice: more than 47 hours have passed since it was first sent."
    ),
    Reason.TOO_OLD: "It is older than seven days, and TikTok takes no older events.",
    Reason.PAYLOAD_LOST: "Its content is no longer kept.",
    Reason.CONSENT_CONTESTED: "A visitor declined consent for this order since then.",
    Reason.JOINED: "It is the same order as another conversion, and is counted there.",
    Reason.PIXEL_STOPPED: "Its pixel is stopped. Start it first.",
    Reason.TEST_ORDER: "It is a test, and its test code is switched off.",
}


def shaping(anew: int, unchanged: int) -> str:
    """Return in words of how many dead letters the rules of today decide what is sent; empty where there are none."""
    told = [f"{anew:,} will be sent with the pixel's rules of today"] if anew else []
    if unchanged:
        as_before = "as it was: TikTok may have it" if unchanged == 1 else "as they were: TikTok may have them"
        told.append(f"{unchanged:,} {as_before}" if anew else f"{unchanged:,} will be sent {as_before}")
    return f"{', '.join(told)}." if told else ""


def stays_because(reason: str) -> str:
    """Return one sentence on why a dead letter cannot be sent again."""
    known = Reason(reason)
    return STAYS.get(known) or known.sentence
