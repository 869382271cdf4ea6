"""Names, ids or addresses of pages hold personal data."""

from twinbeam.checks.contract import Ends, PixelCheck, Symptom
from twinbeam.checks.facts import ENOUGH, PixelFacts
from twinbeam.core.pixel_counts import ToMend

SHARE = 0.02  #: of all copies


def _look(facts: PixelFacts) -> Symptom | None:
    n = facts.evidence.mended(ToMend.PERSONAL_DATA)
    if n < ENOUGH or n < SHARE * facts.week.recorded:
        return None
    return Symptom(
        f"E-mail addresses or phone numbers in ids, texts or page addresses: {n:,} copies in 7 days.",
        n,
    )


CHECK = PixelCheck(
    id="personal_data_in_texts",
    title="Personal data in texts",
    cause="A form sends its fields in the page's address, or an id is an e-mail address.",
    evidence="Notices in the debugger, at Decided (tiktok.md 11.3), without page addresses of the checkout.",
    fix="Keep such data out of ids, texts and page addresses: TikTok's own script sees them as well.",
    look=_look,
    ends=Ends.WHEN_QUIET,
)
