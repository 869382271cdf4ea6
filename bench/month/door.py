"""What reached the gateway's doors of a month, and what came of each order: whatever is not counted has its reason."""

from collections.abc import Sequence

from month import page
from month.page import PURCHASE
from month.shoppers import Shopper, Webhook
from month.tally import AtTheDoor, SetUp, Sum, off_in_sent
from month.through_gateway import Played

#: Why the gateway does not send what it took, and when that is right: by outcome, and by what is true of the order.
NEVER_CONFIRMED = "never_confirmed"  #: a browser's word alone proves no purchase, and the server's never came
DEDUP_WINDOW = "dedup_window"  #: TikTok's script may have reported it more than 47 hours ago
UNEXPLAINED = "unexplained"
NO_DOOR = "reached no door"


def reached(buyer: Shopper, *, lists: bool) -> bool:
    """Return whether a copy of a consented conversion came to a door."""
    by_tag = page.tag_runs(buyer, PURCHASE)
    return buyer.permitted and (by_tag or buyer.webhook is not Webhook.LOST or lists)


def why_not_counted(buyer: Shopper, played: Played, *, lists: bool) -> str:
    """Name the reason that the gateway gives, if it is right for what is true of the order."""
    if not reached(buyer, lists=lists):
        return NO_DOOR
    reasons = {story.reason for story in played.gateway.stories(buyer.order_id) if story.event == PURCHASE}
    right = {
        NEVER_CONFIRMED: buyer.webhook is Webhook.LOST and not lists,
        DEDUP_WINDOW: buyer.webhook is Webhook.LATE and page.script_at(buyer, PURCHASE) in ("sent", "unknown"),
    }
    return next((reason for reason, is_right in right.items() if is_right and reason in reasons), UNEXPLAINED)


def at_the_door(buyers: Sequence[Shopper], made: SetUp, played: Played, *, lists: bool) -> AtTheDoor:
    """Sum up what reached the doors, what of it counts, and what nobody can explain."""
    return AtTheDoor(
        reached=sum(reached(buyer, lists=lists) for buyer in buyers),
        counted=made.counted.n,
        unexplained=made.lost.get(UNEXPLAINED, Sum()).n,
        off=off_in_sent(buyers, played.tiktok),
        refused=len(played.refused),
        faults=len(played.tiktok.faults()),
        trouble=played.gateway.log.told.total(),
    )
