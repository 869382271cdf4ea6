"""The page `/pixels`."""

import re

import pytest
from msgspec.structs import replace

from builders import NOW_MS, PIXEL, WORKSPACE
from reading import words
from showroom import NO_TOKEN, bought, seen_in_browser
from twinbeam.admin.token_record import TokenCheck, TokenVerdict


def test_a_missing_token_is_saved_in_the_pixels_own_workspace(room):
    room.add_pixel(workspace="acme", token=None)
    assert f"twinbeam pixels token {PIXEL} --workspace acme &lt; token.txt" in room.get("/pixels").text


def test_an_empty_page_teaches_how_to_add_a_pixel(room):
    assert "twinbeam pixels add CODE" in words(room.get("/pixels"))


def test_the_page_tells_policy_status_token_and_what_to_mend(busy):
    busy.add_pixel("C0EXAMPLEPIXELCODE21", token=None, name="Second shop", consent="not_required")
    text = words(busy.get("/pixels"))
    assert f"Example shop {PIXEL} consent required Active Browser and server report." in text
    assert "Configured not tried yet It has a token, which was not tried yet." in text
    assert "Rejected by TikTok in the last 7 days: 1." in text
    assert "Second shop C0EXAMPLEPIXELCODE21 consent not required Inactive Never installed:" in text
    assert "Not configured" in text
    assert "No access token." in text


def test_a_token_that_tiktok_refuses_is_something_to_mend(room):
    room.add_pixel(workspace="acme")
    room.add_pixel("C0EXAMPLEPIXELCODE21", workspace="acme", name="Second shop")
    room.record(bought("1", workspace="acme"))
    room.clock.advance(seconds=20)
    room.hold_up(NO_TOKEN)
    first, second = words(room.get("/pixels")).split("Second shop")
    assert "Inactive Events come, but TikTok rejects the access token." in first
    assert "Failing since 14:13:40" in first
    assert f"TikTok rejects the access token: code 40105, {NO_TOKEN.message} Conversions that wait for it: 1." in first
    assert f"twinbeam pixels token {PIXEL} --workspace acme < token.txt" in first
    assert "Configured not tried yet" in second
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
    assert "Configured not tried yet" in words(room.get("/pixels"))
    assert "rejects" not in words(room.get("/pixels"))


def test_tiktok_being_busy_says_nothing_about_the_token(room):
    room.add_pixel()
    room.record(bought("1"))
    room.clock.advance(seconds=20)
    room.hold_up()
    assert "Configured not tried yet" in words(room.get("/pixels"))
    assert "rejects" not in words(room.get("/pixels"))


def test_what_was_found_out_about_a_token_is_told_with_the_advice(room):
    room.add_pixel()
    check = TokenCheck(WORKSPACE, PIXEL, NOW_MS, TokenVerdict.GOOD, 0, "OK", "r-1", proven=True)
    room.store.token_checks.save(check)
    assert f"Configured proven {TokenVerdict.GOOD.sentence}" in words(room.get("/pixels"))
    room.store.token_checks.save(replace(check, verdict=TokenVerdict.UNPROVEN, proven=False))
    assert f"Configured not proven yet {TokenVerdict.UNPROVEN.sentence}" in words(room.get("/pixels"))
    refused = replace(check, verdict=TokenVerdict.WRONG_SCOPE, code=40001, message="No scope.", proven=False)
    room.store.token_checks.save(replace(refused, failing_since_ms=NOW_MS - 60_000))
    text = words(room.get("/pixels"))
    verdict = TokenVerdict.WRONG_SCOPE
    assert f"Failing since 14:12:20 {verdict.sentence} {verdict.advice}" in text
    assert (
        "TikTok rejects the access token: code 40001, No scope, request r-1. Conversions that wait for it: 0." in text
    )
    assert "TikTok answered: code 40001, No scope, request r-1." in words(room.get(f"/pixels/{WORKSPACE}/{PIXEL}"))


def test_each_number_of_an_event_leads_to_its_conversions(room):
    room.add_pixel()
    room.record(bought("1"), seen_in_browser("1"), seen_in_browser("2"), bought("3"), bought("4"))
    page = room.get("/pixels")
    assert "4 conversions Purchase 1 browser only 2 server only 1 both" in words(page)
    for seen, orders in (("browser", ["2"]), ("server", ["4", "3"]), ("both", ["1"])):
        (found,) = re.findall(rf'<a href="(/conversions[^"]*event=Purchase[^"]*seen={seen}[^"]*)"', page.text)
        assert re.findall(r'title="order (\d+)"', room.get(found.replace("&amp;", "&")).text) == orders


def test_the_week_is_told_in_words_beside_its_plot(room):
    room.add_pixel()
    room.record(bought("1"))
    room.clock.advance(seconds=86_400)
    room.record(bought("2", received_ms=room.clock.now_ms()))
    assert 'aria-label="Conversions per UTC day: 16 Sep 0, 17 Sep 0, 18 Sep 0, 19 Sep 0, 20 Sep 0, ' in (
        room.get("/pixels").text
    )
    assert "21 Sep 1, 22 Sep 1" in room.get("/pixels").text


def test_the_page_tells_when_each_side_last_reported(room):
    room.add_pixel()
    room.record(seen_in_browser("1"), bought("2", received_ms=NOW_MS + 60_000))
    text = words(room.get("/pixels"))
    assert "browser 14:13:20 server 14:14:20" in text
