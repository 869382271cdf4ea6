"""How long a first copy waits for its twin before it is sent."""

from msgspec import Struct

from twinbeam.core.clock import MS_PER_DAY


class JoinWindow(Struct, frozen=True):
    """
    Wait for the second copy where one is likely, so that TikTok gets one complete event instead of half of one.

    TikTok merges only pixel copies with API copies; two API copies under one id are never merged
    (tiktok.md 7.1), so what the second copy knows is lost once the first is sent.
    """

    wait_ms: int = 10_000  #: both copies of a purchase usually arrive within seconds
    events: frozenset[str] = frozenset({"Purchase", "Lead", "CompleteRegistration"})
    seen_within_ms: int = 7 * MS_PER_DAY  #: a pixel counts as two-sided if both channels reported this recently
