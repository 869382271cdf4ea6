"""The three ways to report without a gateway, each with a TikTok of its own."""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from month import page, shop
from month.assumptions import START_S
from month.page import PURCHASE
from month.shoppers import Shopper, Webhook
from month.tiktok import TikTok

PAGE_SECONDS = 4.0  #: after the order the thank-you page is there


class Sent(Struct, frozen=True):
    """What reaches TikTok, and when, in seconds since the month began."""

    at: float
    by_script: bool
    body: bytes
    address: str


def pixel_only(buyers: Sequence[Shopper]) -> TikTok:
    """Let TikTok's script report, where it runs and the banner lets it."""
    return _played(sent for buyer in buyers for sent in _by_script(buyer, buyer.order_id))


def server_only(buyers: Sequence[Shopper]) -> TikTok:
    """Let the shop's server report each order it hears of: the banner's answer stays in the browser."""
    return _played(sent for buyer in buyers for sent in _by_server(buyer))


def own_ids(buyers: Sequence[Shopper]) -> TikTok:
    """Let both report, where the page draws an id of its own and the server takes the order's."""
    both = ([*_by_script(buyer, f"p-{buyer.token}"), *_by_server(buyer)] for buyer in buyers)
    return _played(sent for of_one in both for sent in of_one)


def _by_script(buyer: Shopper, event_id: str) -> Iterator[Sent]:
    at = buyer.ordered_at + PAGE_SECONDS
    if page.is_sent(buyer, PURCHASE):
        yield Sent(at, by_script=True, body=page.beacon(buyer, PURCHASE, at, event_id), address=buyer.address)


def _by_server(buyer: Shopper) -> Iterator[Sent]:
    if buyer.webhook is not Webhook.LOST:
        at = buyer.ordered_at + buyer.webhook_seconds
        yield Sent(at, by_script=False, body=shop.own_event(buyer), address=buyer.address)


def _played(sent: Iterator[Sent]) -> TikTok:
    tiktok = TikTok()
    for each in sorted(sent, key=lambda it: it.at):
        at_ms = round((START_S + each.at) * 1_000)
        if each.by_script:
            tiktok.script(each.body, each.address, at_ms)
        else:
            tiktok.server(each.body, at_ms)
    return tiktok
