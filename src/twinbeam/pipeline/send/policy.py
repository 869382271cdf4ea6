"""The numbers of sending, each with its unit and its reason. Nothing here knows where a setting comes from."""

from msgspec import Struct


class Policy(Struct, frozen=True, kw_only=True, gc=False):
    """How fast, how full and how patient."""

    #: Events in one request. TikTok refuses a request with more (tiktok.md 2.1).
    batch_limit: int = 1_000

    #: Requests of one lane on the wire. Four hide a round trip of 100 ms at 30,000 events/s in full batches.
    in_flight: int = 4

    #: Milliseconds an idle lane waits before it sends. TikTok recommends sending each event at once (tiktok.md 2.1).
    batch_delay_ms: int = 0

    #: Milliseconds in which events gather while a request of their lane is under way and the last batch was not full.
    #: Each lease and each verdict is a durable transaction of 3-7 ms in the one thread that records, too.
    gather_ms: int = 50

    #: Events in the first request after a failure. An attempt that may have arrived starts the 47 hours of all its
    #: events, so an outage is probed with few of them.
    probe_limit: int = 20

    #: Milliseconds of the first backoff, drawn from 0 to this; each further attempt doubles it.
    backoff_base_ms: int = 1_000

    #: Milliseconds a backoff never exceeds, so that 47 hours hold at least 188 attempts.
    backoff_cap_ms: int = 15 * 60_000

    #: Milliseconds a lane itself pauses at most after failures: how late the end of an outage may be noticed.
    lane_cap_ms: int = 60_000

    #: Attempts after which an answer with a code that nobody knows counts as a refusal: about an hour. What
    #: only one event causes must not keep its batch waiting until the 47 hours end.
    most_unknown: int = 20

    #: Milliseconds of a destination's `Retry-After` that are honoured. It may be a mistake, the 47 hours are not.
    longest_retry_after_ms: int = 60 * 60_000

    #: Milliseconds a lane pauses after its token was refused: people mend tokens in minutes, not in seconds.
    token_pause_ms: int = 60_000

    #: Milliseconds before a lane that crashed, or a store that failed, is tried again.
    restart_ms: int = 1_000

    #: Milliseconds after which due lanes are looked up even though nobody called.
    look_ms: int = 1_000

    #: Milliseconds a stop waits for answers under way; what is unanswered then is sent again by the next owner.
    shutdown_grace_ms: int = 5_000

    @property
    def longest_wait_ms(self) -> int:
        """The longest backoff with the longest `Retry-After`: nothing is due later, unless a clock was wrong."""
        return self.backoff_cap_ms + self.longest_retry_after_ms
