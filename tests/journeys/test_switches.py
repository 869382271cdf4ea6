"""
What is not known about TikTok must not matter to us: the same journeys under each position of every switch.

The switches that concern only other senders' mistakes, pages or the browser are tested in tests/emulator.
"""

from itertools import count

import pytest

from gateway import Shop, a_shop
from shoppers import DENIED, a_purchase, a_view

pytestmark = pytest.mark.journey

#: Switches that touch what a server sender meets, each with a position that is not the default.
OTHER_POSITIONS = {
    "http_status_mode": "always200",
    "canonical_names": False,
    "event_id_case": "insensitive",
    "merge_scope": "all",
    "merge_conflict": "later",
    "cookie_api_first": "merge",
    "cookie_api_api": "drop",
    "ttp_suffix": "keep",
    "retry_after_seconds": 1,
    "unhashed_identifiers": "refuse",
    "batch_size_code": 40061,
    "bad_event_in_batch": "partial",
    "message_grammar": "field",
    "malformed_source_code": 40001,
    "slashless_paths": "refuse",
    "page_required": True,
    "user_required": True,
    "crm_names": "standard",
    "offline_names": "refuse",
    "limited_data_use_offline": "refuse",
    "event_time_type": "stamp",
    "user_types": "accept",
    "property_types": "refuse",
    "content_id_type": "accept",
    "currency": "refuse",
    "success_data": "absent",
    "phone_number_in_2_0": "read",
    "events_1_0": "off",
}
_numbers = count(1)


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    with a_shop(tmp_path_factory.mktemp("switches"), join_window_seconds=0.2) as opened:
        yield opened


@pytest.fixture
def turn(shop):
    """Turn switches for one test."""
    before = shop.tiktok.get("switches")["switches"]
    turned: dict[str, object] = {}

    def turn_one(**positions: object) -> None:
        turned.update(positions)
        shop.tiktok.post("switches", **positions)

    yield turn_one
    shop.tiktok.heal()
    shop.tiktok.post("switches", **{name: before[name] for name in turned})


def counted(shop: Shop, *event_ids: str) -> list[dict]:
    return [event for event in shop.tiktok.counted() if event["event_id"] in event_ids]


def a_day_at_the_shop(shop: Shop) -> None:
    """Both copies of a purchase, a repeated webhook, a refusal: one is counted, with its money and its match keys."""
    order = f"order-{next(_numbers)}"
    user = {"email": f"{order}@shop.example", "ip": "203.0.113.9", "user_agent": "Mozilla/5.0", "ttclid": "E.C.P.x"}
    money = {"value": 20.5, "currency": "EUR", "contents": [{"content_id": "1", "price": 20.5, "quantity": 1}]}
    bought = a_purchase(order, user=user, properties=money)
    shop.post(a_purchase(order, user={"phone": "+447911123456"}, properties=money), key=shop.keys["browser"])
    shop.post(bought)
    assert shop.story(order)["state"] == "delivered"
    shop.post(bought, a_purchase(f"{order}-refused", consent=DENIED))
    shop.wait_steady()
    [event] = counted(shop, order, f"{order}-refused")
    assert (event["event_id"], event["value"], event["currency"]) == (order, 20.5, "EUR")


@pytest.mark.parametrize("name", OTHER_POSITIONS)
def test_a_day_at_the_shop_is_the_same_in_the_other_position(shop, turn, name):
    turn(**{name: OTHER_POSITIONS[name]})
    a_day_at_the_shop(shop)


@pytest.mark.parametrize("mode", ["portal", "always200"])
@pytest.mark.parametrize("fate", ["refuse_all", "partial"])
def test_a_poisoned_event_ends_alone_however_tiktok_says_so(shop, turn, mode, fate):
    turn(http_status_mode=mode, bad_event_in_batch=fate, page_required=True)
    shop.tiktok.expected_faults |= {"missing_field"}
    number = next(_numbers)
    good = [a_view(f"healthy-{number}-{each}") for each in range(9)]
    shop.post(*good[:4], a_view(f"poisoned-{number}", page=None), *good[4:])
    assert shop.story(f"poisoned-{number}")["state"] == "refused"
    assert {shop.story(event["event_id"])["state"] for event in good} == {"delivered"}
    assert len(counted(shop, *(event["event_id"] for event in good))) == len(good)


@pytest.mark.parametrize("mode", ["portal", "always200"])
def test_being_too_fast_is_never_taken_for_a_bad_token(shop, turn, mode):
    turn(http_status_mode=mode)
    shop.tiktok.trouble("code", code=40_100, times=2)
    event_id = f"patient-{next(_numbers)}"
    shop.post(a_view(event_id))
    shop.wait_steady()
    story = shop.story(event_id)
    assert story["state"] == "delivered"
    assert len(counted(shop, event_id)) == 1
