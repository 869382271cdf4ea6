"""How late is too late: nothing is sent where it could count twice, or where it has become meaningless."""

from msgspec import Struct

from twinbeam.core.clock import MS_PER_DAY
from twinbeam.core.outcomes import Reason

_HOUR_MS = 3_600_000


class Ages(Struct, frozen=True):
    """Ages in ms after which an unsent conversion ends as expired."""

    #: TikTok drops repeats for 48 hours from the first copy it received (tiktok.md 7.1); an hour is the margin.
    resend_ms: int = 47 * _HOUR_MS
    #: What never reached TikTok is not a repeat, but a purchase reported weeks late misleads its reader.
    unsent_ms: int = 7 * MS_PER_DAY

    def too_late(self, received_ms: int, maybe_at_ms: int | None, now_ms: int) -> Reason | None:
        """Tell why a conversion must not be sent now, or None if it may; `maybe_at_ms`: TikTok may have it since."""
        if maybe_at_ms is not None and now_ms >= maybe_at_ms + self.resend_ms:
            return Reason.DEDUP_WINDOW
        if maybe_at_ms is None and now_ms >= received_ms + self.unsent_ms:
            return Reason.TOO_OLD
        return None
