"""The server reports later than TikTok joins copies."""

from twinbeam.checks.contract import Ends, PixelCheck, Symptom
from twinbeam.checks.facts import PixelFacts
from twinbeam.checks.noting import LATE_SECONDS, Noting

LEAST = 5
SHARE = 0.1  #: of all: a webhook may come late now and then


def _look(facts: PixelFacts) -> Symptom | None:
    late, pairs = facts.evidence.told(Noting.SERVER_LATE), facts.evidence.told(Noting.PAIR)
    if late.n < LEAST or late.n < SHARE * pairs.n or facts.pixel.rules.purchase_means != "placed":
        return None
    what = (
        f"The server's copy came more than {LATE_SECONDS // 60} minutes after the browser's: "
        f"{late.n:,} of {pairs.n:,} in the last 7 days."
    )
    return Symptom(what, late.n, late.worth, late.samples)


CHECK = PixelCheck(
    id="server_late",
    title="Server later than 5 minutes",
    cause="A queue or a nightly job sends the server's copies.",
    evidence="The timeline of a conversion shows when each copy came.",
    fix="Send each event when it happens; TikTok joins copies for 5 minutes only.",
    look=_look,
    ends=Ends.WHEN_QUIET,
)
