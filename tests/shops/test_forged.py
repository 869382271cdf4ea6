"""What nobody signed, or signed long ago, is refused: nothing of it is stored, and nothing of it is our fault."""

import json
from random import Random

import pytest

from builders import NOW_S
from shop_systems import (
    SYSTEMS,
    a_shopify_order,
    a_stripe_event,
    a_stripe_session,
    a_woo_order,
    encoded,
    shopify_headers,
    stripe_headers,
    woo_headers,
)
from shopping import Shopping

TEN_MEGABYTES = 10 * 1024 * 1024
GUESS = "a secret that nobody was told"


def signed(system, body, secret=None, at_s=NOW_S):
    match system:
        case "shopify":
            return shopify_headers(body, "orders/paid", *([secret] if secret else []))
        case "woocommerce":
            return woo_headers(body, "order.updated", *([secret] if secret else []))
        case _:
            return stripe_headers(body, at_s, *([secret] if secret else []))


def attempts(system, chance):
    """What strangers try, and what networks do."""
    body = encoded(
        {"shopify": a_shopify_order, "woocommerce": a_woo_order, "stripe": lambda: a_stripe_event(a_stripe_session())}[
            system
        ]()
    )
    good = signed(system, body)
    yield body, {}
    yield body, signed(system, body, GUESS)
    yield body, signed(system, b"")
    yield body[: len(body) // 2], good
    yield body + b"\n", good
    yield json.dumps(json.loads(body), indent=1).encode(), good
    yield b"x" * TEN_MEGABYTES, good
    yield b"x" * TEN_MEGABYTES, {}
    for _ in range(300):
        place = chance.randrange(len(body))
        yield body[:place] + bytes([body[place] ^ chance.randrange(1, 256)]) + body[place + 1 :], good
    for name in good:
        yield (
            body,
            {key: value for key, value in good.items() if key != name and "ignature" not in key and "Hmac" not in key},
        )
    if system == "stripe":
        yield body, signed(system, body, at_s=NOW_S - 301)
        yield body, signed(system, body, at_s=NOW_S + 301)
        yield body, good | {"Stripe-Signature": good["Stripe-Signature"].replace("v1=", "v0=")}


@pytest.mark.shops("unsigned")
def test_what_is_forged_replayed_cut_late_or_too_large_is_never_stored(tmp_path, record_property):
    shop = Shopping(tmp_path)
    statuses = [
        shop.post(f"/in/{system}/{system}", body, headers).status
        for system in SYSTEMS
        for body, headers in attempts(system, Random(system))
    ]
    shop.record()
    stored = len(shop.rows()) + len(shop.conversions()) + shop._groups
    errors = sum(status >= 500 for status in statuses)
    figures = f"forged, replayed, cut, late, 10 MB: stored {stored}, 5xx {errors}"
    record_property("figures", figures)
    shop.close()
    assert set(statuses) == {401, 413}
    assert figures == "forged, replayed, cut, late, 10 MB: stored 0, 5xx 0"
