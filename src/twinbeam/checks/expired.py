"""Conversions were not sent in time."""

from collections.abc import Iterable

from twinbeam.checks.contract import Ends, PixelCheck, Symptom
from twinbeam.checks.facts import PixelFacts
from twinbeam.core.fleet import WEEK_DAYS
from twinbeam.core.lifecycle import State
from twinbeam.core.outcomes import Reason
from twinbeam.pipeline.record.conversion import ORDER_ENDS, WAITED_IN_VAIN

DAYS = 2 * WEEK_DAYS
#: What has a check of its own, or was rightly not sent.
ELSEWHERE = frozenset({*WAITED_IN_VAIN.values(), *ORDER_ENDS.values(), Reason.JOINED, Reason.DISCARDED})


def unsent_reasons(expired: Iterable[str]) -> list[str]:
    """Return, of the reasons why conversions expired, those of what was to be sent."""
    return sorted(set(expired) - ELSEWHERE)


def _look(facts: PixelFacts) -> Symptom | None:
    of_week = facts.week.of(State.EXPIRED) - facts.expired_for(*ELSEWHERE)
    # Counters stand under the day on which a conversion came, and TikTok's patience ends 7 days later.
    of_two = sum(n for reason, n in facts.evidence.expired.items() if reason not in ELSEWHERE)
    expired = max(of_week, of_two)
    if not expired:
        return None
    told = facts.evidence.of_state(State.EXPIRED)
    what = f"Expired unsent in the last {DAYS} days: {expired:,}."
    reasons = unsent_reasons([*(it for it, _ in facts.week.reasons(State.EXPIRED)), *facts.evidence.expired])
    return Symptom(what, expired, told.worth, told.samples, listed=State.EXPIRED, reasons=reasons, days=DAYS)


CHECK = PixelCheck(
    id="expired",
    title="Expired unsent",
    cause="TikTok could not be reached, took no token, or the pixel was paused, for longer than it takes events.",
    evidence="The list of expired conversions.",
    fix="They waited too long; check the token and TikTok's answers.",
    look=_look,
    ends=Ends.WHEN_QUIET,
)
