"""From the shop's orders down to TikTok's, a step for each reason; and the words of both pages. Pure."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from twinbeam.orders.causes import Effect
from twinbeam.orders.reconciliation import Result
from twinbeam.orders.sums import OrderSums
from twinbeam.web.plots import FallStep, falling

MOST_STEPS = 12
WORDS = {
    Result.ACCEPTED: "Accepted by TikTok",
    Result.IGNORED: "Deliberately not sent",
    Result.MISSING: "Missing",
}

EFFECTS = {
    Effect.RECOVERED: "Recovered",
    Effect.WEAKENED: "Without the click",
    Effect.LOST: "Lost",
    Effect.UNKNOWN: "Unknown",
}


class Fall(Struct, frozen=True):
    """A row of the fall from the shop's orders to TikTok's: why so many are not there."""

    result: str
    reason: str
    step: FallStep


def falls(total: OrderSums) -> list[Fall]:
    """Return the steps from the shop's number down to TikTok's, deliberate ones first; the rarest are one step."""
    named = [(result, reason, n) for result, its in _ends(total) for reason, n in its.items()]
    if len(named) > MOST_STEPS:
        kept = sorted(named, key=lambda it: -it[2])[: MOST_STEPS - 1]
        rest = sum(n for *_, n in named) - sum(n for *_, n in kept)
        named = [it for it in named if it in kept] + [("missing", "", rest)]
    steps = falling(total.orders, [(result, n) for result, _, n in named])
    return [Fall(result, reason, step) for (result, reason, _), step in zip(named, steps, strict=True)]


def _ends(total: OrderSums) -> Sequence[tuple[str, Mapping[str, int]]]:
    return (Result.IGNORED.value, total.ignored), (Result.MISSING.value, total.missing)
