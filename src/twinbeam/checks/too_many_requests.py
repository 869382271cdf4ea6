"""TikTok takes no requests for a while, because too many were made."""

from twinbeam.checks.contract import PixelCheck, Symptom, Weight
from twinbeam.checks.facts import PixelFacts
from twinbeam.checks.kept_back import kept_back, pixel_command
from twinbeam.core.wording import moment_of

_USUAL = 20  #: requests a second that are proposed at most where the pixel has no number of its own


def _look(facts: PixelFacts) -> Symptom | None:
    if facts.pixel.stopped is not None:
        return None
    until_ms, of_all_ms = facts.closed_until_ms, facts.all_closed_until_ms
    if of_all_ms > until_ms and facts.week.waiting:
        return kept_back(facts, _said(facts, "any pixel", of_all_ms), fix=_FIX_OF_ALL)
    if not until_ms:
        return None
    what, fewer = _said(facts, "this pixel", until_ms), _fewer(facts)
    if not fewer:
        return kept_back(facts, what, fix=_FIX_OF_FEWEST)
    return kept_back(facts, what, command=pixel_command(facts, "set", f" requests_per_second={fewer}"))


def _fewer(facts: PixelFacts) -> int:
    """Return a limit below the one in force, in requests a second; 0 where there is none."""
    if own := facts.pixel.rules.requests_per_second:
        return own // 2
    usual = facts.evidence.pixel_per_second
    return min(_USUAL, usual // 2) if usual else _USUAL


def _said(facts: PixelFacts, whose: str, until_ms: int) -> str:
    return (
        f"TikTok takes no requests for {whose} until {moment_of(until_ms):%H:%M} UTC: too many were made. "
        f"Conversions waiting: {facts.week.waiting:,}."
    )


_FIX_OF_FEWEST = "What waits is sent then. It may make 1 request a second already: look what else uses its token."
_FIX_OF_ALL = "What waits is sent then. If it comes back, lower TWINBEAM_REQUESTS_PER_SECOND and restart the gateway."


CHECK = PixelCheck(
    id="too_many_requests",
    title="Too many requests to TikTok",
    cause="The gateway, or another program with the same token or app, made more requests than TikTok takes.",
    evidence="TikTok's code 40100 among the attempts of what waits.",
    fix="What waits is sent then. If it comes back, lower the pixel's limit:",
    look=_look,
    weight=Weight.BROKEN,
)
