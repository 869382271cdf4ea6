"""A custom event looks like a misspelled standard event."""

from twinbeam.checks.contract import PixelCheck, Symptom
from twinbeam.checks.facts import PixelFacts
from twinbeam.core.names import Name, understood
from twinbeam.core.wording import workspace_option

LEAST = 5  #: of it within the week


def _look(facts: PixelFacts) -> Symptom | None:
    pixel = facts.pixel
    if pixel.event_source != "web":
        return None
    meant = {name: _likely(name) for name, event in facts.events.items() if event.seen >= LEAST}
    found = {name: likely for name, likely in meant.items() if likely}
    if not found:
        return None
    pairs = ", ".join(f"{name} for {likely}" for name, likely in sorted(found.items()))
    n = sum(facts.event(name).seen for name in found)
    means = " ".join(f"means.{name}={likely}" for name, likely in sorted(found.items()))
    command = f"twinbeam pixels set {pixel.code} {means}{workspace_option(pixel.workspace)}"
    return Symptom(f"Custom events that look like standard ones: {pairs}; {n:,} in 7 days.", n, command=command)


def _likely(name: str) -> str:
    found = understood(name)
    return found.likely if isinstance(found, Name) else ""


CHECK = PixelCheck(
    id="custom_name_likely_standard",
    title="Custom event instead of a standard one",
    cause="The name of a standard event is misspelled.",
    evidence="Events of the pixel's week.",
    fix="Send TikTok's name of the event, or have it taken as that:",
    look=_look,
)
