"""From one click to an imported pixel that sends with its account's token: a real browser, gateway and TikTok's side."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from account_rooms import AccountRoom
from accounting import NO_PERMISSION, Accounts, a_pixel
from browsing import RunningClock, Served, Visit
from gateway import a_shop
from running import wait_until
from twinbeam.demo.account import _SEED, APP_ID, FRESH_PIXEL, SETTINGS

pytestmark = pytest.mark.journey

WINDOWS = {
    "desktop": {"viewport": {"width": 1280, "height": 800}},
    "phone": {"viewport": {"width": 390, "height": 844}},
    "dark": {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"},
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    wishes = {name.removeprefix("TWINBEAM_").lower(): value for name, value in SETTINGS.items()}
    with a_shop(tmp_path_factory.mktemp("connect"), join_window_seconds=0, **wishes) as shop:
        shop.tiktok.expected_faults |= {"missing_ip_ua", "bad_token"}
        shop.tiktok.post("accounts", **_SEED)
        yield shop


def as_owner(shop):
    """Give what lets a browser be an owner's."""
    name, _, value = shop.gateway.signed_in()["Cookie"].partition("=")
    cookie = {"name": name, "value": value, "domain": "127.0.0.1", "path": "/", "expires": -1}
    return {
        "storage_state": {"cookies": [cookie | {"httpOnly": True, "secure": False, "sameSite": "Lax"}], "origins": []}
    }


def test_an_account_is_connected_by_clicking_and_its_fresh_pixel_sends(shop, browser):
    visit = Visit(
        browser, f"{shop.gateway.pages}/accounts", **WINDOWS["phone"], **as_owner(shop), java_script_enabled=False
    )
    page = visit.page
    page.get_by_role("link", name="Connect TikTok").click()
    page.get_by_role("link", name="Connect TikTok").click()
    assert page.url.startswith(shop.tiktok.url)
    page.get_by_role("button", name="Confirm").click()
    assert "/choose" in page.url
    visit.complaints.clear()  # the emulator's page has no icon
    page.get_by_role("button", name="Save and import").click()
    wait_until(lambda: page.reload() and page.get_by_text(FRESH_PIXEL).count(), "the fresh pixel is shown")
    assert "token of the account" in page.get_by_role("row").filter(has_text=FRESH_PIXEL).inner_text()
    key = shop.make_key("server", FRESH_PIXEL)
    shop.post(
        {
            "event": "Purchase",
            "event_time": int(time.time()),
            "event_id": "first-of-the-fresh-one",
            "user": {"external_id": "customer-1"},
            "page": {"url": "https://outlet.example/thanks"},
            "properties": {"value": 20.5, "currency": "EUR", "order_id": "1"},
            "consent": {"ad_storage": "granted", "ad_user_data": "granted", "ad_personalization": "granted"},
        },
        key=key,
    )
    wait_until(lambda: shop.tiktok.counted(pixel=FRESH_PIXEL), "the fresh pixel's event counts")
    assert visit.overflow() <= 0
    assert visit.complaints == []
    page.get_by_role("button", name="Import now").click()
    assert page.get_by_text("Next import").count()
    page.get_by_role("button", name="Disconnect").click()
    assert "disconnected" in page.locator("main").inner_text()
    assert "Demo advertiser" in page.locator("h1").inner_text()
    tokens = [each for each in shop.tiktok.get("accounts")["tokens"] if each["app_id"] == APP_ID]
    assert [each["revoked"] for each in tokens] == [True]
    visit.close()


def test_a_refused_consent_comes_back_with_a_sentence(shop, browser):
    visit = Visit(browser, f"{shop.gateway.pages}/connect/tiktok", **WINDOWS["desktop"], **as_owner(shop))
    visit.page.get_by_role("link", name="Connect TikTok").click()
    visit.page.get_by_role("button", name="Cancel").click()
    assert "The access was refused on TikTok's page." in visit.page.get_by_role("alert").inner_text()
    visit.page.reload()
    assert "This answer was used already" in visit.page.get_by_role("alert").inner_text()
    visit.close()


def a_furnished_room(folder):
    names = ["Lamp Street", "a-very-long-brand-name_a-very-long-domain.example_US-CA_production"]
    listed = [a_pixel(n, name=names[n % 2], relation="SHARED", owner_bc_id="7000000000000000401") for n in range(1, 30)]
    tiktok = Accounts({"1": listed, "2": [a_pixel(50)], "3": []})
    room = AccountRoom(folder / "data", tiktok=tiktok, clock=RunningClock())
    id_ = room.connect()
    room.visit(f"/accounts/{id_}/choose", {"do": "all"})
    tiktok.refuses = lambda asked: NO_PERMISSION if asked[:2] == ("pixels", "3") else None
    room.run_import()
    return room, id_


@pytest.mark.parametrize("window", WINDOWS)
def test_the_pages_of_accounts_fit_every_window_and_can_be_read(tmp_path, browser, window):
    with ThreadPoolExecutor(1) as aside:  # the browser's own loop runs in this thread
        room, id_ = aside.submit(a_furnished_room, tmp_path).result()
    served = Served(room)
    try:
        paths = [
            "/accounts",
            f"/accounts/{id_}",
            f"/accounts/{id_}/choose",
            f"/accounts/{id_}/pixels/{a_pixel(1).code}",
        ]
        for path in [*paths, "/connect/tiktok"]:
            visit = Visit(browser, served.url + path, **WINDOWS[window])
            assert visit.overflow() <= 0, path
            assert visit.pale() == [], path
            assert visit.complaints == [], path
            assert all(url.startswith(served.url) for url in visit.fetched), path
            visit.close()
    finally:
        served.stop()
        room.close()
