"""A pixel that is stopped: within a minute nothing is sent to it, nothing is lost, and one command brings it back."""

import json
import time

import pytest

from gateway import PIXEL, a_shop
from running import ask, wait_until
from shoppers import a_purchase, a_view, ids_of
from twinbeam.pipeline.accept.tag.files import FRESH_SECONDS, STOPPED

pytestmark = pytest.mark.journey

OTHER = "C0ANOTHERPIXELCODE20"
MINUTE = 60


@pytest.fixture
def shop(tmp_path):
    with a_shop(tmp_path, join_window_seconds=0) as shop:
        yield shop


def tag(shop):
    """Give what the browsers of a shop are served as its tag."""
    return ask(f"{shop.gateway.intake}/t.js?key={shop.keys['browser']}")


def requests_to(shop, pixel=PIXEL):
    return shop.tiktok.requests(pixel=pixel)


def shown(shop, path):
    return shop.gateway.page(path).body.decode()


def post_from_the_tag(shop, *events):
    """Post as a tag does that was loaded before the pixel was stopped."""
    body = json.dumps({"events": events}).encode()
    return ask(f"{shop.gateway.intake}/t/e?key={shop.keys['browser']}", "POST", body=body)


def wait_until_it_rests(shop, ids):
    """Wait until events are recorded, and wait, and a sender that may send them has looked for them again."""
    wait_until(lambda: all(shop.stories(event_id=id_) for id_ in ids), "they are recorded")
    passing = [f"passing-{n}" for n in range(3)]
    for id_ in passing:
        shop.post(a_view(id_, pixel=OTHER), key=shop.other)
        wait_until(lambda id_=id_: shop.story(id_)["state"] == "delivered", "the other pixel goes on")


def test_within_a_minute_nothing_is_sent_and_after_the_start_all_that_waits_goes_out_once(shop):
    shop.tiktok.add_pixel(OTHER, "another-token")
    shop.other = shop.add_pixel(OTHER, "another-token")
    shop.post(a_purchase("before"))
    wait_until(lambda: shop.story("before")["state"] == "delivered", "it is delivered")
    sent, began = len(requests_to(shop)), time.monotonic()

    told = shop.gateway.told("pixels", "stop", PIXEL, "--why", "wrong values")
    assert f"twinbeam pixels start {PIXEL}" in told
    wait_until(lambda: tag(shop).body == STOPPED, "browsers are served nothing")
    wait_until(lambda: post_from_the_tag(shop, a_view("open-page")).json.get("mode"), "an open page is told")
    reached = time.monotonic() - began
    assert tag(shop).headers["cache-control"] == f"public, max-age={FRESH_SECONDS}"
    assert reached + FRESH_SECONDS < MINUTE

    waiting = [a_purchase(f"order-{n}") for n in range(20)]
    answer = shop.post(*waiting)
    assert (answer["accepted"], answer["dropped"]) == (20, [])
    assert post_from_the_tag(shop, a_view("from-a-page")).status == 202
    wait_until_it_rests(shop, [*ids_of(waiting), "open-page", "from-a-page"])
    assert {shop.story(id_, wait=0)["state"] for id_ in ids_of(waiting)} == {"ready"}
    assert len(requests_to(shop)) == sent

    shop.gateway.stop()
    shop.gateway.start()  # it is still stopped
    wait_until_it_rests(shop, [])
    assert len(requests_to(shop)) == sent

    shop.gateway.told("pixels", "start", PIXEL)
    ids = {"before", *ids_of(waiting), "open-page", "from-a-page"}
    wait_until(lambda: {it["event_id"] for it in shop.tiktok.counted(pixel=PIXEL)} == ids, "all of it counts", 10)
    shop.wait_steady()
    carried = [id_ for call in requests_to(shop) for id_ in call["event_ids"]]
    assert sorted(carried) == sorted(ids)
    wait_until(lambda: tag(shop).body != STOPPED, "browsers get the tag again")
    audit = json.loads(shop.gateway.told("audit", "--json"))
    assert [(it["before"], it["after"]) for it in audit if it["what"] == f"pixel main/{PIXEL}"][:2] == [
        ("stopped", "started"),
        ("started", "stopped: wrong values"),
    ]


def test_people_who_look_are_told_that_it_is_stopped(shop):
    shop.gateway.told("pixels", "stop", PIXEL, "--why", "wrong values")
    shop.post(a_purchase("order-1"))
    wait_until(lambda: shop.stories(event_id="order-1"), "it is recorded")
    assert f"twinbeam pixels start {PIXEL}" in shop.gateway.told("find", "--event-id", "order-1")
    assert ": wrong values" in shop.gateway.told("pixels", "list")
    assert "note Pixel" in shop.gateway.told("doctor")
    for path in ("/", "/pixels"):
        wait_until(lambda path=path: "Stopped since" in shown(shop, path), f"{path} tells it")
        assert f"twinbeam pixels start {PIXEL}" in shown(shop, path)


def test_what_is_on_the_wire_when_it_is_stopped_is_settled_and_not_sent_again(shop):
    shop.tiktok.trouble("delay", seconds=3)
    shop.post(a_purchase("under-way"))
    wait_until(lambda: shop.story("under-way", wait=0)["state"] == "leased", "it is on the wire")
    shop.gateway.told("pixels", "stop", PIXEL)
    wait_until(lambda: shop.story("under-way", wait=0)["state"] == "delivered", "its answer counts")
    shop.tiktok.heal()
    assert len(requests_to(shop)) == 1
