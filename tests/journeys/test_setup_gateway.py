"""The set-up against a running gateway and TikTok's side: a token is pasted, tried over the wire, and events prove it."""

import json
import re

import pytest
from playwright.sync_api import expect

from browsing import Visit, a_browser, by_menu
from gateway import Gateway, TikTokSide
from running import ask, wait_until
from shoppers import a_purchase

pytestmark = pytest.mark.journey

CODE = "C0PASTEDPIXELSCODE01"
TOKEN, REVOKED = "a-token-that-works", "a-token-that-nobody-knows"
TEST_CODE = "TEST10001"
PASSWORD = "four words in a row"


@pytest.fixture
def tiktok(tmp_path):
    side = TikTokSide(tmp_path)
    side.add_pixel(CODE, TOKEN)
    side.expected_faults.add("missing_event_name")  # a trial without a test code is an event that must be refused
    yield side
    assert side.stop() == []


@pytest.fixture
def gateway(tmp_path, tiktok):
    running = Gateway(tmp_path, tiktok.url, {"join_window_seconds": 0})
    running.start()
    yield running
    running.stop()


@pytest.fixture
def page(gateway):
    with a_browser() as browser:
        opened = Visit(browser, gateway.told("users", "link").strip())
        opened.page.get_by_label("Name").fill("ada")
        opened.page.get_by_label("Password").fill(PASSWORD)
        opened.page.get_by_role("button", name="Sign in").click()
        expect(opened.page.get_by_role("link", name="Pixels")).to_be_visible()
        yield opened.page
        opened.close()
        refused = "the server responded with a status of 400"  # a token that is not saved
        assert [told for told in opened.complaints if refused not in told] == []


def paste(page, token, test_code=""):
    page.get_by_label("Access token").fill(token)
    page.get_by_label("Test code").fill(test_code)
    page.get_by_role("button", name="Try and save").click()


def badge(page, key):
    return page.locator(f'.steps li:has(a[href="#{key}"]) .badge')


def make_key(page, kind):
    page.get_by_role("button", name=f"Make a {kind} key").click()
    return page.locator("#install .made code").inner_text()


def post(gateway, key, event):
    headers = {"Authorization": f"Bearer {key}"}

    def taken():
        answer = ask(f"{gateway.intake}/v1/events", "POST", body=_json(event), headers=headers)
        return answer if answer.status != 401 else None

    assert wait_until(taken, "the key is known", 10).status == 202


def _json(event):
    return json.dumps({"events": [event]}).encode()


def test_a_pasted_token_is_tried_over_the_wire_and_a_pair_is_proven(gateway, tiktok, page):
    by_menu(page, "Set-up")
    page.get_by_label("Code", exact=True).fill(CODE)
    page.get_by_role("button", name="Add the pixel").click()
    paste(page, REVOKED)
    expect(page.locator("#token")).to_contain_text("The token is wrong, expired or revoked.")
    paste(page, TOKEN)
    expect(page.locator("#token")).to_contain_text("TikTok knows the token. Not proven yet")
    paste(page, TOKEN, TEST_CODE)
    expect(badge(page, "token")).to_have_text("done")
    expect(page.locator("#token")).to_contain_text("TikTok took an event for this pixel with the token.")
    assert [copy["test_code"] for copy in tiktok.all_of("received")] == [TEST_CODE]
    assert tiktok.counted() == []
    paste(page, REVOKED)
    expect(page.locator(".problem")).to_contain_text("The token is not saved.")

    keys = {kind: make_key(page, kind) for kind in ("browser", "server")}
    post(gateway, keys["browser"], a_purchase("order-7", order_id="7", native="not_fired"))
    expect(page.locator("#listen")).to_contain_text("Events come from the browser", timeout=15_000)
    post(gateway, keys["server"], a_purchase("order-7", order_id="7"))
    expect(page.locator("#pair")).to_contain_text("TikTok will count one", timeout=15_000)
    expect(badge(page, "pair")).to_have_text("done")
    wait_until(lambda: tiktok.counted(pixel=CODE), "it is delivered", 20)
    assert len(tiktok.counted(pixel=CODE)) == 1

    told = gateway.log.read_text() + page.content() + gateway.run("audit").stdout
    for token in (TOKEN, REVOKED):
        assert token not in told
    assert re.search(r"ok +Counted once", gateway.run("doctor", "--pixel", CODE).stdout)


def test_a_token_that_is_revoked_later_is_failing_since_then_and_a_good_one_resumes_at_once(gateway, tiktok):
    gateway.told("pixels", "add", CODE, "--consent", "require", "--token-stdin", "--untried", told=TOKEN)
    key = gateway.told("keys", "create", "server", "--source", "shop", "--pixel", CODE).strip()
    tiktok.post("accounts", revoke=[TOKEN])
    post(gateway, key, a_purchase("order-1"))
    failing = wait_until(lambda: re.search(r"Failing since \d+.*UTC", gateway.run("doctor").stdout), "it is told", 20)
    tiktok.add_pixel(CODE, "another-token")
    assert "TikTok knows the token" in gateway.told("pixels", "token", CODE, told="another-token")
    wait_until(lambda: tiktok.counted(pixel=CODE), "it is delivered", 20)
    assert failing[0] not in gateway.run("doctor").stdout
    wait_until(
        lambda: "ok   Events API works: TikTok took an event" in gateway.run("doctor", "--pixel", CODE).stdout,
        "the delivery proves the token",
        20,
    )
