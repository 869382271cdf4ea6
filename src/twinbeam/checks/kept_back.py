"""What the checks say that find something which keeps all conversions of a pixel back. No check itself."""

from twinbeam.checks.contract import Symptom
from twinbeam.checks.facts import PixelFacts
from twinbeam.core.wording import workspace_option


def kept_back(facts: PixelFacts, what: str, *, command: str = "", fix: str = "") -> Symptom:
    """Return the symptom that conversions wait, with how many they are, their worth and some of them."""
    told = facts.evidence.of_state("waiting")
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


def pixel_command(facts: PixelFacts, verb: str, rest: str = "") -> str:
    """Return a command about the pixel, as it is typed."""
    return f"twinbeam pixels {verb} {facts.pixel.code}{rest}{workspace_option(facts.pixel.workspace)}"
