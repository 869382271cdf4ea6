"""How late is too late: nothing is sent where it could count twice, or where it has become meaningless or unwanted."""

from collections.abc import Collection

from msgspec import Struct

from twinbeam.core.clock import MS_PER_DAY
from twinbeam.core.delivery import RESEND_MS, Lane
from twinbeam.core.outcomes import Reason
from twinbeam.core.rules import PixelRules


class Ages(Struct, frozen=True):
    """Ages in ms after which an unsent conversion ends as expired."""

    #: TikTok drops repeats for 48 hours from the first copy it received (tiktok.md 7.1); an hour is the margin.
    resend_ms: int = RESEND_MS
    #: What never reached TikTok is not a repeat, but a purchase reported weeks late misleads its reader.
    unsent_ms: int = 7 * MS_PER_DAY

    #: TikTok merges an enrichment into the browser's report for 5 minutes (tiktok.md 7.1); the rest is for the way.
    enrich_ms: int = 5 * 60_000 - 10_000

    def moments(self, now_ms: int) -> tuple[int, int]:
        """Return, in their order, the moments that part what is too late from what is not: of any time."""
        first, second = sorted((now_ms - self.unsent_ms, now_ms - self.resend_ms))
        return first, second

    def too_late(self, since_ms: int, may_have_it_since: int | None, now_ms: int) -> Reason | None:
        """
        Return why a conversion must not be sent now, or None if it may.

        It began to wait at `since_ms`; what was held in vain begins anew when the missing word comes after all.
        TikTok may have it since our own first attempt, or since its script reported it in the browser.
        """
        if may_have_it_since is not None and now_ms >= may_have_it_since + self.resend_ms:
            return Reason.DEDUP_WINDOW
        if may_have_it_since is None and now_ms >= since_ms + self.unsent_ms:
            return Reason.TOO_OLD
        return None

    def reason_to_end(
        self,
        since_ms: int,
        maybe_at: int | None,
        browser_at: int | None,
        now_ms: int,
        *,
        proven: bool,
        unsent: Reason = Reason.TOO_OLD,
    ) -> Reason | None:
        """
        Return why a conversion must not be sent now, or None if it may.

        What a browser said of TikTok's own script counts like our own attempt where it is `proven` to be the
        conversion's own visit; else it is a claim, and what it would double is contested. `unsent` is what kept it from
        being sent, if anything did but its age.
        """
        reason = self.too_late(since_ms, earliest(maybe_at, browser_at if proven else None), now_ms)
        if reason is None and not proven and self.too_late(now_ms, browser_at, now_ms):
            return Reason.CONSENT_CONTESTED
        return unsent if reason is Reason.TOO_OLD else reason

    def too_late_to_enrich(self, browser_at: int | None, now_ms: int) -> bool:
        """Return whether an enrichment of a delivered conversion would be dropped by now."""
        return browser_at is None or now_ms >= browser_at + self.enrich_ms


def ended_test(lane: Lane, rules: PixelRules, now_ms: int) -> Reason | None:
    """
    Return why a lane's tests must not be sent any more: the pixel's own code was switched off.

    Tests under a code that a server named itself go on: its owner has no switch for them.
    """
    is_over = lane.test_code and lane.test_code == rules.test_code != rules.test_code_at(now_ms)
    return Reason.TEST_ORDER if is_over else None


def reason_of_batch(late: Collection[Reason]) -> Reason:
    """Name why a dead owner's batch ends as a whole: it may have been sent, unless it was but tests."""
    return Reason.TEST_ORDER if Reason.TEST_ORDER in late else Reason.DEDUP_WINDOW


def earliest(maybe_at: int | None, browser_at: int | None) -> int | None:
    """Return the earliest moment at which TikTok may have got a conversion, by us or by its own script."""
    return min((at for at in (maybe_at, browser_at) if at is not None), default=None)
