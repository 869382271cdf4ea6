"""TikTok takes no requests for a while, because too many were made."""

from twinbeam.checks.contract import PixelCheck, Symptom, Weight
from twinbeam.checks.facts import PixelFacts
from twinbeam.core.wording import moment_of, workspace_option

_USUAL = 20  #: requests a second that are proposed where the pixel has no number of its own


def _look(facts: PixelFacts) -> Symptom | None:
    if facts.pixel.stopped is not None:
        return None
    waiting = facts.week.waiting
    if facts.all_closed_until_ms > facts.closed_until_ms and waiting:
        return _found(facts, "any pixel", facts.all_closed_until_ms, fix=_FIX_OF_ALL)
    if not facts.closed_until_ms:
        return None
    code, rate = facts.pixel.code, facts.pixel.rules.requests_per_second
    fewer = max(1, rate // 2) if rate else _USUAL
    option = workspace_option(facts.pixel.workspace)
    command = f"twinbeam pixels set {code} requests_per_second={fewer}{option}"
    return _found(facts, "this pixel", facts.closed_until_ms, command=command)


def _found(facts: PixelFacts, whose: str, until_ms: int, *, fix: str = "", command: str = "") -> Symptom:
    told = facts.evidence.of_state("waiting")
    what = (
        f"TikTok takes no requests for {whose} until {moment_of(until_ms):%H:%M} UTC: too many were made. "
        f"Conversions waiting: {facts.week.waiting:,}."
    )
    return Symptom(
        what,
        facts.week.waiting,
        told.worth,
        told.samples,
        listed="waiting",
        command=command,
        fix=fix,
        is_alarm=True,
    )


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
