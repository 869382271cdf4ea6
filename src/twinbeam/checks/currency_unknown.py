"""Amounts come in a currency that TikTok does not list."""

from twinbeam.checks.contract import Ends, PixelCheck, Symptom
from twinbeam.checks.facts import PixelFacts
from twinbeam.core.pixel_counts import ToMend

LEAST = 5
SHARE = 0.01  #: of all copies


def _look(facts: PixelFacts) -> Symptom | None:
    n = facts.evidence.mended(ToMend.CURRENCY_UNKNOWN)
    if n < LEAST or n < SHARE * facts.week.recorded:
        return None
    return Symptom(
        f"Currencies that TikTok does not list: {n:,} copies in the last 7 days. Their amounts were left out.", n
    )


CHECK = PixelCheck(
    id="currency_unknown",
    title="Currency unknown",
    cause="The code is misspelled, a sign such as €, or a currency without a rate.",
    evidence="Notices in the debugger, at Decided (tiktok.md 11.3).",
    fix="Send a listed code such as EUR, or add an exchange rate to the rules of the workspace.",
    look=_look,
    ends=Ends.WHEN_QUIET,
)
