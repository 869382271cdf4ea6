"""TikTok's first-party cookie is not found."""

from twinbeam.checks.contract import PixelCheck, Symptom
from twinbeam.checks.facts import PixelFacts

LEAST = 50  #: accepted conversions that the browser reported
SHARE = 0.1  #: of them with the cookie; blockers of TikTok's script hide it of a part


def _look(facts: PixelFacts) -> Symptom | None:
    found, whole = facts.evidence.browser_id
    if facts.pixel.rules.way == "server" or whole < LEAST or found >= SHARE * whole:
        return None
    what = f"TikTok's cookie _ttp is missing: {whole - found:,} of {whole:,} conversions of browsers lack it in 7 days."
    return Symptom(what, whole - found)


CHECK = PixelCheck(
    id="cookies_missing",
    title="First-party cookie missing",
    cause="First-party cookies are off for the pixel, or TikTok's base code is not on the pages.",
    evidence="Match keys of the browser's copies (tiktok.md 9.8).",
    fix="Turn first-party cookies on in Events Manager, in the pixel's settings, and look that the base code loads.",
    look=_look,
)
