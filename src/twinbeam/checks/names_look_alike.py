"""One custom event goes by several names."""

from twinbeam.checks.contract import PixelCheck, Symptom, Weight
from twinbeam.checks.facts import PixelFacts
from twinbeam.core.names import STANDARD, loose

LEAST = 5  #: of each name within the week


def _look(facts: PixelFacts) -> Symptom | None:
    alike: dict[str, list[str]] = {}
    for name, event in sorted(facts.events.items()):
        if name not in STANDARD and event.seen >= LEAST:
            alike.setdefault(loose(name), []).append(name)
    found = [names for names in alike.values() if len(names) > 1]
    if not found:
        return None
    n = sum(facts.event(name).seen for names in found for name in names)
    told = "; ".join(" and ".join(names) for names in found)
    return Symptom(f"Custom events whose names differ by case or signs alone: {told}. {n:,} in 7 days.", n)


CHECK = PixelCheck(
    id="names_look_alike",
    title="Names look alike",
    cause="Two pages, or page and server, write one name in two ways.",
    evidence="Events of the pixel's week.",
    fix="Choose one name and send it everywhere: TikTok counts each by itself.",
    look=_look,
    weight=Weight.IDLE,
)
