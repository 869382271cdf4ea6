"""When match keys that cannot be used are an issue. No check itself."""

from twinbeam.checks.facts import ENOUGH, PixelFacts
from twinbeam.core.pixel_counts import ToMend

SHARE = 0.1  #: of those that came
SHARE_OF_ALL = 0.01  #: of all copies, where no good one is known: without a token nothing is accepted


def unusable(facts: PixelFacts, kind: ToMend, known: int) -> int:
    """Return how many copies brought a key that cannot be used; 0 where too few did, beside the good ones known."""
    n = facts.evidence.mended(kind)
    least = SHARE * (n + known) if known else SHARE_OF_ALL * facts.week.recorded
    return n if n >= max(ENOUGH, least) else 0
