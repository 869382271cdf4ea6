"""The values of delivery: a lane, a frozen batch under lease, and the four things an answer can mean."""

from msgspec import Struct

#: TikTok drops repeats for 48 hours from the first copy it received (tiktok.md 7.1); an hour is the margin.
RESEND_MS = 47 * 3_600_000


class Lane(Struct, frozen=True, gc=False):
    """
    Where conversions go: one event source of one workspace, or its test stream.

    No lane delays or ends what is for another. A lane that `enriches` carries enrichments of conversions that are
    delivered already: whatever becomes of them there, they stay delivered.
    """

    id: int
    workspace: str
    event_source: str  #: web, app, offline or crm
    source_id: str  #: pixel code or event set id
    test_code: str = ""
    enriches: bool = False

    @property
    def name(self) -> str:
        """A label for logs and metrics."""
        stream = f":{self.test_code}" if self.test_code else ""
        return f"{self.source_id}{stream}{' (enrichment)' if self.enriches else ''}"


class Lease(Struct, frozen=True, gc=False):
    """
    A batch that is committed to go out: its body is frozen and will be sent byte for byte, by us or by our heir.

    `attempt` is 1 for the first try of its most tried conversion.
    """

    batch: int
    lane: Lane
    body: bytes
    count: int
    attempt: int
    resent: bool = False  #: True when taken over from a dead owner: TikTok may have it already


class Answered(Struct, frozen=True, gc=False):
    """What came back on the wire, for the attempt log."""

    status: int = 0  #: HTTP status, 0 when there was no answer
    code: int | None = None  #: TikTok's code, None when the body was unreadable
    message: str = ""  #: TikTok's message, or ours; at most 500 characters
    request_id: str = ""


class Accepted(Struct, frozen=True, gc=False):
    """TikTok took the whole batch."""

    answer: Answered


class TryLater(Struct, frozen=True, gc=False):
    """Nothing is wrong with the events; send them again after a while."""

    answer: Answered
    retry_after_seconds: float | None = None  #: what the destination asked for in `Retry-After`, if anything
    arrived: bool = True  #: False only when TikTok certainly did not take them
    unknown: bool = False  #: True when nobody knows what the answer means
    too_many: bool = False  #: a limit on requests is the reason


class Refused(Struct, frozen=True, gc=False):
    """TikTok refuses what is in the batch; a batch of several is split until the culprit stands alone."""

    answer: Answered
    named: int | None = None  #: the position of the event that TikTok names first, if it names any


class TokenRejected(Struct, frozen=True, gc=False):
    """The token or its permission is refused; the events are fine and wait for a good token."""

    answer: Answered


Verdict = Accepted | TryLater | Refused | TokenRejected
