"""The machine's clock is set while the gateway runs, or is wrong at its start: nothing ends, nothing is sent again."""

import json

import pytest

from running import answers, wait_until
from shoppers import a_purchase, a_view
from signals import DAY, HOUR
from skewed import a_shop_with_a_clock
from twinbeam.app.known_time import FILE, read_known_time

pytestmark = [pytest.mark.journey, pytest.mark.outside("clock")]


def lines(shop, event):
    return [line for line in shop.gateway.lines() if line["event"] == event]


def counted(shop):
    return sorted(event["event_id"] for event in shop.tiktok.counted())


@pytest.mark.parametrize("days", [9, -9])
def test_a_clock_that_is_wrong_by_days_for_a_while_ends_nothing_and_sends_nothing_twice(tmp_path, days):
    with a_shop_with_a_clock(tmp_path, join_window_seconds=0) as (shop, skew):
        shop.tiktok.expected_faults |= {"event_time"}
        shop.post(a_view("delivered"))
        shop.post(a_purchase("held", consent=None))
        assert shop.story("delivered")["state"] == "delivered"
        shop.tiktok.trouble("status", status=503)
        shop.post(a_view("waiting"))
        wait_until(lambda: shop.story("waiting", wait=0)["attempts"], "it was tried")
        skew.set(days * DAY)
        (told,) = wait_until(lambda: lines(shop, "clock.parted"), "that the clock was set is told")
        assert "twinbeam doctor --accept-clock" in told["fix"]
        assert not answers(f"{shop.gateway.pages}/readyz")
        assert "The gateway says: The clock was set" in shop.gateway.run("doctor").stdout
        shop.post(a_view("meanwhile"), a_view("delivered"))
        shop.tiktok.heal()
        wait_until(lambda: counted(shop) == ["delivered", "meanwhile", "waiting"], "what may go goes out")
        assert shop.story("held", wait=0)["state"] == "held"
        skew.set(0)
        wait_until(lambda: answers(f"{shop.gateway.pages}/readyz"), "all is well again")
        assert shop.story("held", wait=0)["state"] == "held"
        assert counted(shop) == ["delivered", "meanwhile", "waiting"]
        assert shop.story("delivered")["state"] == "delivered"


def test_a_confirmed_clock_is_gone_by_within_a_second(tmp_path):
    with a_shop_with_a_clock(tmp_path, join_window_seconds=0) as (shop, skew):
        shop.post(a_purchase("held", consent=None))
        assert shop.story("held", wait=0)["state"] == "held"
        skew.set(2 * DAY)
        wait_until(lambda: lines(shop, "clock.parted"), "that the clock was set is told")
        assert shop.story("held", wait=0)["state"] == "held"
        assert "The clock is taken as right" in shop.gateway.told("doctor", "--accept-clock")
        wait_until(lambda: shop.story("held", wait=0)["state"] == "expired", "what was held for a day ends")


def test_a_clock_that_is_behind_at_the_start_answers_503_until_it_is_set(tmp_path):
    with a_shop_with_a_clock(tmp_path, join_window_seconds=0) as (shop, skew):
        shop.post(a_view("before"))
        assert shop.story("before")["state"] == "delivered"
        wait_until(lambda: read_known_time(shop.gateway.data).newest_ms, "the time is noted")
        shop.gateway.stop()
        skew.set(-400 * DAY)
        shop.gateway.launch()
        refused = wait_until(lambda: refusal(shop), "the intake answers")
        assert (refused.status, refused.json["code"]) == (503, "clock_wrong")
        assert int(refused.headers["retry-after"]) > 0
        told = shop.gateway.run("doctor")
        assert told.returncode == 1
        assert "FAIL The clock shows" in told.stdout
        skew.set(0)
        wait_until(lambda: answers(f"{shop.gateway.pages}/readyz"), "all is well again")
        shop.post(a_view("afterwards"))
        assert shop.story("afterwards")["state"] == "delivered"


def test_a_clock_before_the_release_answers_503_until_it_is_confirmed(tmp_path):
    with a_shop_with_a_clock(tmp_path) as (shop, skew):
        shop.gateway.stop()
        (shop.gateway.data / FILE).unlink(missing_ok=True)
        skew.set(-10_000 * DAY)
        shop.gateway.launch()
        assert wait_until(lambda: refusal(shop), "the intake answers").json["code"] == "clock_wrong"
        skew.set(-HOUR)
        shop.gateway.told("doctor", "--accept-clock")
        wait_until(lambda: shop.send(body("confirmed")).status == 202, "events are taken")


def refusal(shop):
    try:
        return shop.send(body("refused"))
    except OSError:
        return None


def body(event_id):
    return json.dumps({"events": [a_view(event_id)]}).encode()
