"""One e-mail address stands behind many orders."""

from twinbeam.checks.contract import PixelCheck, Symptom
from twinbeam.checks.facts import PixelFacts

LEAST = 10
SHARE = 0.01  #: of the orders of a day


def _look(facts: PixelFacts) -> Symptom | None:
    crowd = facts.evidence.one_email
    if crowd.most < LEAST or crowd.most <= SHARE * crowd.of:
        return None
    what = f"One e-mail address stands behind {crowd.most:,} of {crowd.of:,} orders and leads of one day."
    return Symptom(what, crowd.most)


CHECK = PixelCheck(
    id="one_email",
    title="One e-mail address on many orders",
    cause="The server sends the shop's own address, or a fixed one.",
    evidence="Numbers only: the address is not known here.",
    fix="Send the buyer's address, or leave it out.",
    look=_look,
)
