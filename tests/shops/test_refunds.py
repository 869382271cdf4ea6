"""What went back before it was sent is never sent."""

import pytest
from msgspec.structs import replace

from builders import NOW_S
from shop_systems import SYSTEMS, a_shopify_order, a_stripe_event, a_stripe_session, a_woo_order, iso
from shopping import NOT_REQUIRED, Shopping

DAY = 86_400
MEANS_SHIPPED = replace(NOT_REQUIRED, purchase_means="shipped")


def bodies(system):
    """A paid order, the same refunded, and shipped in spite of it."""
    back_s = NOW_S + DAY
    match system:
        case "shopify":
            moments = {"created_at": iso(NOW_S), "processed_at": iso(NOW_S), "updated_at": iso(NOW_S)}
            paid = a_shopify_order(1, **moments)
            moved = {"kind": "refund", "status": "success", "amount": "89.90", "currency": "EUR"}
            refund = {"id": 7, "created_at": iso(back_s), "transactions": [moved]}
            refunded = paid | {"updated_at": iso(back_s), "refunds": [refund], "financial_status": "refunded"}
            shipped = refunded | {"updated_at": iso(back_s + 60), "fulfillment_status": "fulfilled"}
            return [paid, refunded, shipped]
        case "woocommerce":
            moments = dict.fromkeys(("date_created_gmt", "date_modified_gmt", "date_paid_gmt"), iso(NOW_S, ""))
            paid = a_woo_order(1, **moments)
            refunded = paid | {"date_modified_gmt": iso(back_s, ""), "refunds": [{"id": 7, "total": "-89.90"}]}
            return [paid, refunded, refunded | {"date_modified_gmt": iso(back_s + 60, ""), "status": "completed"}]
        case _:
            paid = a_stripe_event(a_stripe_session(created=NOW_S), created=NOW_S)
            charge = {"id": "ch_1", "object": "charge", "payment_intent": "pi_1", "currency": "eur", "livemode": True}
            back = a_stripe_event(charge | {"amount_refunded": 8990}, "charge.refunded", created=back_s)
            return [paid, back]


@pytest.mark.shops("refund-sent")
@pytest.mark.parametrize("system", SYSTEMS)
def test_an_order_that_went_back_whole_is_never_sent(tmp_path, system):
    shop = Shopping(tmp_path, MEANS_SHIPPED)
    for body in bodies(system):
        shop.deliver(system, body)
        shop.pass_time(seconds=DAY)
        shop.send()
    assert (shop.counted(), shop.conversions()) == ([], [("expired", "order_cancelled")])
    shop.close()
