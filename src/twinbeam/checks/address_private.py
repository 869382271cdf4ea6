"""The visitors' addresses do not arrive: those of a server or a proxy come instead."""

from twinbeam.checks.contract import Ends, PixelCheck, Symptom
from twinbeam.checks.facts import ENOUGH, PixelFacts
from twinbeam.core.pixel_counts import ToMend

SHARE = 0.05  #: of all copies
_BEHIND_PROXY = "List your proxy in TWINBEAM_TRUSTED_PROXIES, so that the visitors' addresses are seen."


def _look(facts: PixelFacts) -> Symptom | None:
    browser, server = facts.evidence.to_mend.get(ToMend.ADDRESS_PRIVATE, (0, 0))
    n = browser + server
    if n < ENOUGH or n < SHARE * facts.week.recorded:
        return None
    what = f"IP addresses that are not public: {n:,} copies in the last 7 days. They were left out."
    return Symptom(what, n, fix=_BEHIND_PROXY if browser > server else "")


CHECK = PixelCheck(
    id="address_private",
    title="IP address not public",
    cause="A proxy hides the visitors, or the server sends its own address.",
    evidence="Notices in the debugger, at Decided (tiktok.md 11.3).",
    fix="Send the visitor's own address as user.ip; list a proxy of yours in TWINBEAM_TRUSTED_PROXIES.",
    look=_look,
    ends=Ends.WHEN_QUIET,
)
