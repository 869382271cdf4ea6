"""TikTok's side fails in every way it can, one pixel each: all is delivered once, and nobody waits for another's trouble."""

import time
from collections import Counter

import pytest

from gateway import TOKEN_TOLD, Shop, a_shop
from running import wait_until
from shoppers import a_view, ids_of
from twinbeam.core.rules import MAIN

pytestmark = pytest.mark.journey


def code_of(name: str) -> str:
    """Give the code of a pixel that is named for what happens to it."""
    return f"P0{name}".ljust(20, "0")


#: What goes wrong for which pixel: the first two requests with its events.
TROUBLES = {
    code_of("SERVERERROR"): {"kind": "status", "status": 500},
    code_of("PROXYPAGE"): {"kind": "html_502"},
    code_of("TOOMANY"): {"kind": "rate_limit", "status": 429, "retry_after_seconds": 1},
    code_of("TOOFREQUENT"): {"kind": "rate_limit", "status": 401},
    code_of("SYSTEMCODE"): {"kind": "code", "code": 50000},
    code_of("HANGS"): {"kind": "hang", "seconds": 1},
    code_of("TAKENANDLOST"): {"kind": "reset", "when": "after"},
    code_of("LOST"): {"kind": "reset", "when": "before"},
    code_of("CUTANSWER"): {"kind": "truncated"},
    code_of("SLOWANSWER"): {"kind": "slow_body", "seconds": 1},
}
CALM = code_of("CALM")
BEHIND = code_of("WRONGTOKEN")


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    with a_shop(tmp_path_factory.mktemp("outage")) as opened:
        for code in (*TROUBLES, CALM):
            opened.tiktok.add_pixel(code, f"token-of-{code}")
            opened.gateway.arrange("pixels", "add", code, *TOKEN_TOLD, told=f"token-of-{code}")
        opened.tiktok.add_pixel(BEHIND, "the-right-token", advertiser="7000000000000000099")
        opened.keys["behind"] = opened.add_pixel(BEHIND, "the-wrong-token")
        opened.keys["all"] = opened.make_key("server", CALM, *TROUBLES)
        yield opened


def views(code: str, count: int = 30) -> list[dict]:
    return [a_view(f"{code}-{number}", pixel=code) for number in range(count)]


def all_counted(shop: Shop, code: str, count: int = 30) -> bool:
    return len(shop.tiktok.counted(pixel=code)) >= count


def test_every_kind_of_trouble_ends_with_everything_delivered_once(shop):
    for code, script in TROUBLES.items():
        shop.tiktok.trouble(**script, pixel=code, times=2)
    shop.post(*[event for code in TROUBLES for event in views(code)], key=shop.keys["all"])
    started = time.monotonic()
    shop.post(*views(CALM), key=shop.keys["all"])
    wait_until(lambda: all_counted(shop, CALM), "the calm pixel's events arrive", 5)
    assert time.monotonic() - started < 5
    for code in TROUBLES:
        wait_until(lambda code=code: all_counted(shop, code), f"{code} gets over it", 40)
    shop.wait_steady(40)
    counted = Counter(event["event_id"] for event in shop.tiktok.counted())
    assert max(counted.values()) == 1
    for code in TROUBLES:
        assert {event_id for event_id in counted if event_id.startswith(f"{code}-")} == ids_of(views(code))
        story = shop.story(f"{code}-0")
        assert story["state"] == "delivered"
        assert [attempt["state"] for attempt in story["attempts"]][-1] == "delivered"


def test_what_went_wrong_is_told_with_each_attempt(shop):
    told = {code: shop.story(f"{code}-0")["attempts"] for code in TROUBLES}
    assert told[code_of("TOOFREQUENT")][0]["code"] == 40100
    assert told[code_of("PROXYPAGE")][0]["status"] == 502
    assert (
        "Server disconnected" in told[code_of("LOST")][0]["message"]
        or "reset" in told[code_of("LOST")][0]["message"].lower()
    )


def test_a_poisoned_event_ends_alone(shop):
    shop.tiktok.post("switches", page_required=True)
    shop.tiktok.expected_faults |= {"missing_field"}
    good = [a_view(f"healthy-{number}", pixel=CALM) for number in range(49)]
    poisoned = a_view("poisoned", pixel=CALM, page=None)
    shop.post(*good[:20], poisoned, *good[20:], key=shop.keys["all"])
    refused = shop.story("poisoned")
    assert (refused["state"], refused["reason"]) == ("refused", "refused_by_tiktok")
    assert refused["attempts"][-1]["code"] == 40002
    assert refused["attempts"][-1]["message"]
    assert {shop.story(event["event_id"])["state"] for event in good} == {"delivered"}
    shop.tiktok.post("switches", page_required=False)


def test_a_dead_letter_is_sent_again_once_its_cause_is_mended(shop):
    assert "1 can be sent again" in shop.gateway.told("dead-letters", "resend", "--pixel", CALM, told="n\n")
    assert shop.story("poisoned")["state"] == "refused"
    assert "sent while the gateway runs" in shop.gateway.told("dead-letters", "resend", "--pixel", CALM, "--yes")
    wait_until(lambda: shop.story("poisoned", wait=0)["state"] == "delivered", "it is delivered", 10)
    assert [event["event_id"] for event in shop.tiktok.counted(pixel=CALM)].count("poisoned") == 1
    assert "done, 1 sent again" in shop.gateway.told("dead-letters", "resends")


def test_a_wrong_token_holds_back_its_own_pixel_only_until_a_good_one_is_saved(shop):
    shop.post(a_view("behind"), key=shop.keys["behind"])
    wait_until(lambda: shop.story("behind", wait=0)["attempts"], "an attempt is made")
    shop.post(a_view("ahead", pixel=CALM), key=shop.keys["all"])
    assert shop.story("ahead")["state"] == "delivered"
    waiting = wait_until(lambda: [s for s in shop.stories(event_id="behind") if s["state"] == "waiting"], "it waits")
    assert waiting[0]["attempts"][0]["code"] in range(40_100, 40_111)
    shop.gateway.told("pixels", "token", BEHIND, "--untried", told="the-right-token")
    wait_until(lambda: all_counted(shop, BEHIND, 1), "the pixel resumes", 3)
    assert shop.story("behind")["state"] == "delivered"


def test_a_pixel_that_tiktok_closed_says_on_its_pages_after_which_code_and_until_when(shop):
    closed = code_of("TOOFREQUENT")
    shop.tiktok.trouble("rate_limit", pixel=closed, times=1, retry_after_seconds=15)
    shop.post(a_view("kept", pixel=closed), key=shop.keys["all"])
    wait_until(lambda: shop.story("kept", wait=0)["attempts"], "an attempt is made")
    for path in ("/pixels", f"/pixels/{MAIN}/{closed}"):
        said = (
            "1 waiting:</b> TikTok answered code 40100, too many requests, so nothing is sent to this pixel until <time"
        )
        assert said in shop.gateway.page(path).body.decode()
    wait_until(lambda: shop.story("kept", wait=0)["state"] == "delivered", "it goes on by itself", 40)
    assert "1 waiting:" not in shop.gateway.page("/pixels").body.decode()
