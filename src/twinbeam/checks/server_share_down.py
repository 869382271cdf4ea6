"""The server reports a smaller share than the week before."""

from twinbeam.checks.contract import PixelCheck, Symptom
from twinbeam.checks.facts import PixelFacts
from twinbeam.core.values import Side

LEAST = 50  #: conversions of a week
KEPT = 0.8  #: of last week's share


def _look(facts: PixelFacts) -> Symptom | None:
    (before, all_before), (now, all_now) = facts.evidence.server_before, facts.evidence.server_now
    if min(all_before, all_now) < LEAST or not before or not facts.awaits(Side.SERVER):
        return None
    share_before, share = before / all_before, now / all_now
    if share >= KEPT * share_before:
        return None
    what = f"The server's share fell from {share_before:.0%} to {share:.0%} against the week before."
    return Symptom(what, round(all_now * (share_before - share)))


CHECK = PixelCheck(
    id="server_share_down",
    title="Server share down by 20 %",
    cause="A part of the shop does not post any more: a payment method, a market, a worker.",
    evidence="Conversions by side on the pixel's page.",
    fix="Look which orders lack the server's copy, and check its log and its queue.",
    look=_look,
)
