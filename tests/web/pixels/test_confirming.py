"""Pages and answers about purchases that wait for a server's word, and about several shops."""

import re
from html import unescape

import pytest

from builders import PIXEL, WORKSPACE
from showroom import Showroom, bought, seen_in_browser
from twinbeam.core.keys import lookup
from twinbeam.core.rules import PixelRules
from twinbeam.pipeline.identity.email import email_digest


@pytest.fixture
def room(tmp_path):
    room = Showroom(tmp_path / "data")
    yield room
    room.close()


def words(answer):
    """Give what a page says, without its tags."""
    return " ".join(re.sub(r"<[^>]*>", " ", unescape(answer.text)).split())


def test_the_fleet_tells_that_browser_purchases_count_until_a_server_reports_one(room):
    room.add_pixel(workspace="acme")
    room.record(seen_in_browser("1", workspace="acme"))
    told = words(room.get("/pixels"))
    assert "Browser purchases are sent without confirmation: no server has reported one in the last 7 days" in told
    assert f"twinbeam pixels set {PIXEL} confirm_purchases=on --workspace acme" in told
    room.record(bought("2", workspace="acme"), seen_in_browser("3", workspace="acme"))
    told = words(room.get("/pixels"))
    assert "Browser purchases wait for confirmation by the server: a server has reported purchases" in told
    assert "Unconfirmed: 1 held, 0 ended unsent in the last 7 days. To send them unconfirmed:" in told
    assert f"twinbeam pixels set {PIXEL} confirm_purchases=off --workspace acme" in told
    room.clock.advance(seconds=86_400)
    room.store.end_overdue(room.clock.now_ms(), limit=9)
    assert "Unconfirmed: 0 held, 1 ended unsent in the last 7 days." in words(room.get("/pixels"))
    room.clock.advance(seconds=7 * 86_400)
    assert "Browser purchases are sent without confirmation" in words(room.get("/pixels"))


@pytest.mark.parametrize(
    ("mode", "word", "other"), [("on", "wait", "off"), ("off", "are sent without confirmation", "on")]
)
def test_the_fleet_tells_what_the_owner_decided_of_browser_purchases(room, mode, word, other):
    room.add_pixel(rules=PixelRules(confirm_purchases=mode))
    told = words(room.get("/pixels"))
    assert f"Browser purchases {word}" in told
    assert f"(confirm_purchases={mode})" in told
    assert f"confirm_purchases={other}" in told


def test_the_fleet_tells_nothing_of_browsers_where_there_are_none_and_of_stages_where_they_matter(room):
    room.add_pixel("7412345678901234567", event_source="offline", token=None)
    assert "Browser purchases" not in words(room.get("/pixels"))
    room.add_pixel(rules=PixelRules(purchase_means="paid"))
    assert "Browser purchases are sent without confirmation once they are paid:" in words(room.get("/pixels"))


def test_what_waits_for_the_server_is_found_by_order_and_event_id_on_page_and_by_program(room):
    room.add_pixel()
    room.record(bought("1"), seen_in_browser("2"))
    for query in ("order_id=2", "event_id=order-2"):
        (told,) = room.story(query).json["conversions"]
        assert (told["state"], told["reason"], told["shop"]) == ("held", "not_confirmed", "main")
    assert room.get("/find?q=2").status == room.get("/find?q=order-2").status == 303
    found = {
        story.event_id
        for story in room.reader.by_lookup([lookup("email", WORKSPACE, email_digest("ada@shop.example"))])
    }
    assert found == {"order-1"}


def test_a_story_names_a_further_shop(room):
    room.add_pixel()
    room.record(bought("1"), bought("1", event_id="shop-fr-1", key=b"f" * 16, shop="shop-fr"))
    told = {each: words(room.get(f"/events/{each}")) for each in (1, 2)}
    assert "Shop shop-fr" in told[2]
    assert "Shop " not in told[1].replace("Example shop", "")
