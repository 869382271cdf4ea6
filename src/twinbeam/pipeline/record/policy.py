"""What recording obeys: a pixel's terms, the law on consent, and the times it waits. It knows no setting."""

from collections.abc import Callable

from msgspec import Struct

from twinbeam.core.clock import MS_PER_DAY
from twinbeam.core.consent import ConsentRecord
from twinbeam.core.order import reached
from twinbeam.core.outcomes import Reason
from twinbeam.core.restored import Restore
from twinbeam.core.rules import DEFAULT_RULES, STAGES, ConsentRules, PixelRules
from twinbeam.core.story import Flow
from twinbeam.core.values import Decision, Permission, Side, Signal
from twinbeam.pipeline.record.window import JoinWindow

_HOUR_MS = 3_600_000

Judge = Callable[[ConsentRules, ConsentRecord, str], Permission]
"""The consent room's judgement of an event source, asked again with all that the visit has said."""


class Terms(Struct, frozen=True, gc=False):
    """What the owner of one pixel decided."""

    rules: PixelRules = DEFAULT_RULES
    stopped: bool = False  #: nothing is sent to it until it is started
    flow: Flow | None = None  #: it is paused or drained

    def unsent_since(self, since_ms: int) -> Reason:
        """Return why what began to wait at a moment, and is too old by now, was not sent."""
        if self.stopped:
            return Reason.PIXEL_STOPPED
        return Reason.PIXEL_PAUSED if self.flow is not None and self.flow.holds(since_ms) else Reason.TOO_OLD

    def confirmed_by(self, signal: Signal, *, awaited: bool) -> bool:
        """
        Return whether a copy says that the purchase took place, in the sense the owner gave the word.

        A server's copy means what its owner calls a purchase unless it names an earlier stage; a browser sees the
        order placed and nothing more, and where a server reports too, its word is awaited: anybody can call a page.
        `awaited` tells of such a server.
        """
        if signal.event != "Purchase":
            return True
        means = self.rules.purchase_means
        if signal.channel.side is Side.SERVER:
            return not signal.stage or reached(signal.stage, means, STAGES)
        mode = self.rules.confirming
        waits = mode == "on" or (mode == "auto" and awaited)
        return not waits and reached(signal.stage or "placed", means, STAGES)


DEFAULT_TERMS = Terms()


class Holding(Struct, frozen=True):
    """How long a held event may wait, in ms."""

    wait_ms: int = MS_PER_DAY
    #: After the browser's copy TikTok drops repeats for 48 hours (tiktok.md 7.1); an hour is the margin.
    after_browser_ms: int = 47 * _HOUR_MS

    def ends_ms(self, since_ms: int, browser_at: int | None, wait_ms: int | None = None) -> int:
        """Return when a conversion that is held since then ends; of an order whose outcome is awaited with its wait."""
        ends = since_ms + (self.wait_ms if wait_ms is None else wait_ms)
        return ends if browser_at is None else min(ends, browser_at + self.after_browser_ms)


class Enriching(Struct, frozen=True):
    """Until when an enrichment of a delivered event is still merged by TikTok, in ms."""

    #: TikTok merges an API copy into the pixel's for 5 minutes (tiktok.md 7.1); the rest is for the way there.
    within_ms: int = 5 * 60_000 - 20_000

    def in_time(self, browser_at: int | None, now_ms: int) -> bool:
        """Return whether it makes sense to send one now."""
        return browser_at is not None and now_ms < browser_at + self.within_ms


def _default_terms(_workspace: str, _pixel: str) -> Terms:
    return DEFAULT_TERMS


def _never_judged(_rules: ConsentRules, _record: ConsentRecord, _event_source: str) -> Permission:
    """Permit nothing: a store that was given no judge must not decide by itself."""
    return Permission(Decision.UNDECIDED, "no judge")


class RecordPolicy(Struct, frozen=True):
    """Everything recording is told from outside."""

    window: JoinWindow = JoinWindow()
    holding: Holding = Holding()
    enriching: Enriching = Enriching()
    terms_of: Callable[[str, str], Terms] = _default_terms  #: by workspace and pixel
    judge: Judge = _never_judged
    restored: Restore | None = None  #: the store was put back from a backup

    def may_double(self, event_time: int, received_ms: int) -> bool:
        """Return whether a conversion that begins to wait now may have been sent before a restore, too long ago."""
        return self.restored is not None and self.restored.may_double(event_time * 1_000, received_ms)
