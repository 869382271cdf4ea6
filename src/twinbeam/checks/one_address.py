"""One IP address stands for many visitors."""

from twinbeam.checks.contract import PixelCheck, Symptom
from twinbeam.checks.facts import ENOUGH, PixelFacts

SHARE = 0.2  #: of the conversions of a day


def _look(facts: PixelFacts) -> Symptom | None:
    crowd = facts.evidence.one_address
    if crowd.most < ENOUGH or crowd.most < SHARE * crowd.of:
        return None
    what = f"One IP address stands for {crowd.most:,} of {crowd.of:,} orders and leads of one day."
    return Symptom(what, crowd.most)


CHECK = PixelCheck(
    id="one_address",
    title="One address for many visitors",
    cause="The server sends its own address, or that of a proxy.",
    evidence="Numbers only: the address is not known here.",
    fix=("Send the visitor's address as user.ip, or leave it out; behind a proxy read it from X-Forwarded-For."),
    look=_look,
)
