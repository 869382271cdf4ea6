"""A token that TikTok refuses is told wherever people look, and saved again, even the same one, it is tried at once."""

import time

import pytest

from gateway import a_shop
from running import wait_until
from shoppers import a_purchase, a_view

pytestmark = pytest.mark.journey

LATER = "C0GRANTEDLATERPIXEL1"
MISTYPED = "C0MISTYPEDPIXELS0001"
TOKEN = "a-token-that-is-granted-later"


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    with a_shop(tmp_path_factory.mktemp("tokens"), join_window_seconds=0) as shop:
        yield shop


@pytest.mark.outside("resume")
def test_the_same_token_saved_again_after_tiktok_granted_it_resumes_at_once(shop):
    key = shop.add_pixel(LATER, TOKEN)
    shop.post(*(a_view(f"view-{n}", pixel=LATER) for n in range(30)), key=key)
    wait_until(lambda: shop.story("view-0", wait=0)["state"] == "waiting", "TikTok refused the token")

    def alarmed() -> str:
        page = shop.gateway.page("/").body.decode()
        return page if 'class="alarm alarm-broken" role="alert"' in page else ""

    page = wait_until(alarmed, "the alarm is shown", 15)
    assert f"twinbeam pixels token {LATER} &lt; token.txt" in page
    assert "blocked by an issue" in page
    shop.tiktok.add_pixel(LATER, TOKEN, advertiser="7000000000000000042")
    shop.gateway.told("pixels", "token", LATER, told=TOKEN)
    started = time.monotonic()
    wait_until(lambda: len(shop.tiktok.counted(pixel=LATER)) == 30, "all of it is delivered", 20)
    assert time.monotonic() - started < 20, "the lane rests for a minute after a refusal"
    wait_until(lambda: "alarm-broken" not in shop.gateway.page("/").body.decode(), "the alarm is over", 15)


@pytest.mark.outside("pixels")
def test_a_removed_pixel_gets_nothing_more_and_what_waited_for_it_ends(shop):
    key = shop.add_pixel(MISTYPED, "a-token-that-nobody-knows")
    shop.post(a_purchase("order-1"), a_purchase("order-2", consent=None), key=key)
    wait_until(lambda: shop.story("order-1", wait=0)["state"] == "waiting", "TikTok refused the token")
    assert shop.story("order-2", wait=0)["state"] == "held"
    told = shop.gateway.run("pixels", "remove", MISTYPED, "--yes")
    assert "1 held, 1 waiting to be sent" in told.stderr
    assert "is removed" in told.stdout
    wait_until(lambda: shop.send(b"{}", key=key).status == 401, "its key is revoked", 10)
    for order in ("order-1", "order-2"):
        wait_until(lambda order=order: shop.story(order, wait=0)["state"] == "expired", "it ends", 20)
        assert shop.story(order, wait=0)["reason"] == "pixel_removed"
    assert shop.tiktok.counted(pixel=MISTYPED) == []
    assert "Counters agree: " in shop.gateway.run("doctor").stdout
