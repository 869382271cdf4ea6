"""A side that used to report an event does so no more."""

from collections.abc import Mapping

from twinbeam.checks.contract import PixelCheck, Symptom
from twinbeam.checks.facts import PixelFacts
from twinbeam.core.clock import MS_PER_SECOND
from twinbeam.core.values import Side
from twinbeam.core.wording import duration


def _look(facts: PixelFacts) -> Symptom | None:
    quiet = facts.silence
    if quiet is None or not facts.awaits(quiet.side):
        return None
    ago = duration((facts.now_ms - quiet.since_ms) / MS_PER_SECOND)
    what = f"The {quiet.side} stopped reporting {quiet.event} {ago} ago; since then {quiet.alone:,} came without it."
    return Symptom(what, quiet.alone, fix=_MEND[quiet.side], is_alarm=True)


_MEND: Mapping[Side, str] = {
    Side.BROWSER: "Check that the pages still load the tag, and its answers in the browser's network tab.",
    Side.SERVER: "Check that the shop's server still posts: its log, its key, and the answers it gets.",
}


CHECK = PixelCheck(
    id="side_silent",
    title="Browser or server fell silent",
    cause="The tag left the pages, a key was revoked, or the shop's server stopped posting.",
    evidence="When each side last reported stands on the pixel's page.",
    fix="Check that pages still load the tag, and that the shop's server still posts.",
    look=_look,
)
