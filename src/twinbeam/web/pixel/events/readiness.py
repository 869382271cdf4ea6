"""
Whether a campaign can optimise for an event: TikTok offers it as a conversion target, and it comes often enough. Pure.

TikTok offers what it has seen and what its list of pixels names as an optimisation event (tiktok.md 12.2). Fifty
conversions a week is what a campaign is said to need before it has learned.
"""

from collections.abc import Collection, Iterable, Mapping

from msgspec import Struct

from twinbeam.core.names import STANDARD
from twinbeam.core.story import Covered
from twinbeam.pipeline.record.counted import OTHER

ENOUGH = 50  #: conversions in 7 days
_NEVER = frozenset({"Pageview"})  #: TikTok optimises for no page view (tiktok.md 5.1)
#: What visitors do before, and so more often.
_EARLIER: Mapping[str, str] = {
    "Purchase": "InitiateCheckout",
    "PlaceAnOrder": "InitiateCheckout",
    "AddPaymentInfo": "InitiateCheckout",
    "InitiateCheckout": "AddToCart",
    "AddToCart": "ViewContent",
}


class TargetReadiness(Struct, frozen=True):
    """One event."""

    event: str
    week: int  #: accepted by TikTok in 7 UTC days
    selectable: bool | None  #: None: no account was imported that would tell
    advice: str

    @property
    def is_ready(self) -> bool:
        """Return whether a campaign can be set to it, as far as anybody knows."""
        return self.selectable is not False and self.week >= ENOUGH

    @property
    def of_one(self) -> float:
        """How far it is, from 0 to 1."""
        return min(1.0, self.week / ENOUGH)


def readiness(week: Iterable[Covered], selectable: Collection[str] | None) -> list[TargetReadiness]:
    """Return each event that came, and each that TikTok offers, the busiest first."""
    accepted: dict[str, int] = {}
    for row in week:
        if row.event != OTHER:
            accepted[row.event] = accepted.get(row.event, 0) + row.delivered
    names = {event for event, n in accepted.items() if n or event in STANDARD} | set(selectable or ())
    found = [_of(event, accepted, selectable) for event in names]
    return sorted(found, key=lambda it: (-it.week, it.event))


def _of(event: str, accepted: Mapping[str, int], selectable: Collection[str] | None) -> TargetReadiness:
    week = accepted.get(event, 0)
    offered = False if event in _NEVER else None if selectable is None else event in selectable
    return TargetReadiness(event, week, offered, _advice(event, week, offered=offered))


def _advice(event: str, week: int, *, offered: bool | None) -> str:
    if event in _NEVER:
        return "TikTok optimises for no page view."
    if offered is False:
        lacks = "TikTok does not offer it as a target"
        custom = event not in STANDARD
        if custom:
            return f"{lacks}: make a custom conversion of it in Events Manager, or send a standard event."
        return f"{lacks} yet: it does some hours after the first events came, then with the next import."
    if week >= ENOUGH:
        return "Ready." if offered else "Enough events. Connect the ad account to see whether TikTok offers it."
    more = f"{ENOUGH - week} more in 7 days."
    return f"{more} Until then choose what comes before it: {_EARLIER[event]}." if event in _EARLIER else more
