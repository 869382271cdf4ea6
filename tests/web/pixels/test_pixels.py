"""The page `/pixels`."""

import re
from pathlib import Path

import pytest

from builders import NOW_MS, PIXEL
from reading import words
from showroom import DENIED, NO_TOKEN, bought, kept_out, seen_in_browser
from twinbeam.core.outcomes import FINDINGS
from twinbeam.web.pixels import issues


def test_the_reference_tells_everything_that_may_be_to_mend(documented):
    source = Path(issues.__file__).read_text().replace(" of the last 7 days", "") + "".join(FINDINGS.values())
    rows = documented("Issues on the pixel page")
    assert len(rows) == len(issues._RULES)
    assert [row for row in rows if row.partition(",")[0] not in source] == []


def test_a_missing_token_is_saved_in_the_pixels_own_workspace(room):
    room.add_pixel(workspace="acme", token=None)
    assert f"twinbeam pixels token {PIXEL} --workspace acme &lt; token.txt" in room.get("/pixels").text


def test_an_empty_page_teaches_how_to_add_a_pixel(room):
    assert "twinbeam pixels add CODE" in words(room.get("/pixels"))


def test_the_page_tells_policy_token_todays_events_and_what_to_mend(busy):
    busy.add_pixel("C0EXAMPLEPIXELCODE21", token=None, name="Second shop", consent="not_required")
    text = words(busy.get("/pixels"))
    assert f"Example shop {PIXEL} required set 14:13:20 recorded 76 delivered 39 held 3 waiting 5 refused 1" in text
    assert "Rejected by TikTok in the last 7 days: 1." in text
    assert "Second shop C0EXAMPLEPIXELCODE21 not required missing recorded 0" in text
    assert "No access token." in text


def test_a_token_that_tiktok_refuses_is_something_to_mend(room):
    room.add_pixel(workspace="acme")
    room.add_pixel("C0EXAMPLEPIXELCODE21", workspace="acme", name="Second shop")
    room.record(bought("1", workspace="acme"))
    room.clock.advance(seconds=20)
    room.hold_up(NO_TOKEN)
    first, second = words(room.get("/pixels")).split("Second shop")
    assert "required rejected by TikTok 14:13:20" in first
    assert f"TikTok rejects the access token: code 40105, {NO_TOKEN.message} Conversions that wait for it: 1." in first
    assert f"twinbeam pixels token {PIXEL} --workspace acme < token.txt" in first
    assert "required set 14:13:20" in second
    assert "rejects" not in second


@pytest.mark.parametrize("mend", ["another token", "a better answer"])
def test_a_token_is_refused_until_another_is_saved_or_it_works(room, mend):
    room.add_pixel()
    room.record(bought("1"))
    room.clock.advance(seconds=20)
    room.hold_up(NO_TOKEN)
    assert "rejects the access token" in words(room.get("/pixels"))
    room.clock.advance(seconds=20)
    if mend == "another token":
        room.add_pixel(token="n" * 40)
    else:
        room.deliver()
    assert "required set" in words(room.get("/pixels"))
    assert "rejects" not in words(room.get("/pixels"))


def test_tiktok_being_busy_says_nothing_about_the_token(room):
    room.add_pixel()
    room.record(bought("1"))
    room.clock.advance(seconds=20)
    room.hold_up()
    assert "required set" in words(room.get("/pixels"))
    assert "rejects" not in words(room.get("/pixels"))


def test_what_the_page_tells_of_a_day_adds_up(busy):
    busy.record(bought("gone"), kept_out("gone", DENIED))
    today = re.search(r'<dl class="mini">(.*?)</dl>', busy.get("/pixels").text, re.DOTALL)
    told = dict(re.findall(r"<dt>(?:<abbr[^>]*>)?(\w+)(?:</abbr>)?</dt><dd>([\d,]+)</dd>", today[1]))
    recorded, *rest = (int(n) for n in told.values())
    assert int(told["ended"]) > 0
    assert recorded == sum(rest)


def test_the_page_tells_when_each_side_last_reported(room):
    room.add_pixel()
    room.record(seen_in_browser("1"), bought("2", received_ms=NOW_MS + 60_000))
    text = words(room.get("/pixels"))
    assert "browser 14:13:20 server 14:14:20" in text
