"""A test code has been on for hours."""

from twinbeam.checks.contract import Ends, PixelCheck, Symptom, Weight
from twinbeam.checks.facts import PixelFacts
from twinbeam.core.wording import utc, workspace_option

LEFT_MS = 22 * 3_600_000  #: it is on for 24 hours, so this is left after two


def _look(facts: PixelFacts) -> Symptom | None:
    rules = facts.pixel.rules
    if not rules.test_code_at(facts.now_ms) or rules.test_until_ms - facts.now_ms > LEFT_MS:
        return None
    command = f"twinbeam pixels test {facts.pixel.code} --off{workspace_option(facts.pixel.workspace)}"
    return Symptom(
        f"The test code is still on, until {utc(rules.test_until_ms)}: tests go to TikTok's test page.", command=command
    )


CHECK = PixelCheck(
    id="test_code_left_on",
    title="Test code left on",
    cause="Somebody tested and did not turn it off.",
    evidence="The pixel's rules.",
    fix="Turn it off when you have finished:",
    look=_look,
    weight=Weight.IDLE,
    ends=Ends.AT_ONCE,
)
