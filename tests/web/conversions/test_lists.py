"""The page that lists the newest conversions of a state, and the ways that lead to it."""

import re

import pytest

from builders import PIXEL, WORKSPACE
from reading import words
from showroom import UNSAID, a_busy_day, bought, kept_out, seen_in_browser
from twinbeam.core.lifecycle import State
from twinbeam.web.conversions.lists import KINDS, PAGE, PATH


def orders(answer):
    """List the orders of a page, in its order."""
    return re.findall(r'title="order (\d+)"', answer.text)


def link(answer, words):
    """Give where the link with these words leads."""
    found = re.search(rf'<a href="([^"]+)"[^>]*>{words}</a>', answer.text)
    return found and found[1].replace("&amp;", "&")


def test_a_list_shows_the_conversions_of_its_state_newest_first(room):
    a_busy_day(room)
    assert orders(room.get("/conversions?state=refused")) == ["60"]
    assert orders(room.get("/conversions?state=held")) == ["48", "47", "46"]
    assert orders(room.get("/conversions?state=waiting")) == ["73", "72", "71", "70"]
    assert len(re.findall(r'href="/events/', room.get("/conversions?state=waiting").text)) == 5
    assert len(re.findall(r'href="/events/', room.get("/conversions?state=dropped").text)) == 6
    assert "There are none." in room.get("/conversions?state=expired").text


def test_every_state_can_be_listed_under_some_name():
    assert {state for kind, states in KINDS.items() if kind for state in states} == set(State)


def test_a_long_list_comes_a_page_at_a_time_and_leads_back_to_its_beginning(room):
    room.add_pixel()
    room.record(*(bought(str(n)) for n in range(PAGE + 3)))
    first = room.get("/conversions?state=waiting")
    second = room.get(link(first, "Older"))
    assert orders(first) + orders(second) == [str(n) for n in reversed(range(PAGE + 3))]
    assert link(second, "Older") is None
    assert link(second, "Newest") == "/conversions?state=waiting"


def test_a_list_of_one_pixel_stays_with_it(room):
    room.add_pixel()
    room.add_pixel("C0EXAMPLEPIXELCODE21", name="Second shop")
    room.record(*(bought(f"1{n}", pixel="C0EXAMPLEPIXELCODE21") for n in range(PAGE + 1)), bought("2"))
    first = room.get(f"/conversions?state=waiting&pixel=C0EXAMPLEPIXELCODE21&workspace={WORKSPACE}")
    assert "2" not in orders(first)
    assert "Second shop" in first.text
    assert orders(room.get(link(first, "Older"))) == ["10"]
    assert "C0EXAMPLEPIXELCODE21" in link(first, "held")


def test_what_is_rare_is_found_at_once_and_counted(room):
    room.add_pixel()
    room.record(bought("1", permission=UNSAID), *(bought(str(n)) for n in range(2, 600)))
    page = room.get("/conversions?state=held")
    assert orders(page) == ["1"]
    assert words(page).startswith("Conversions all held")
    assert "1 held in the last 7 UTC days, newest first; older ones follow." in words(page)
    assert link(page, "Older") is None
    assert "598 waiting in the last 7 UTC days, newest first" in words(room.get("/conversions?state=waiting"))
    assert "599 in the last 7 UTC days, newest first" in words(room.get("/conversions"))


def test_a_list_says_that_what_is_ignored_on_arrival_is_counted_only(room):
    room.add_pixel()
    room.record(kept_out("1"), bought("2"))
    page = words(room.get("/conversions?state=dropped"))
    assert (
        "1 dropped in the last 7 UTC days, newest first; older ones follow. Events that were ignored on arrival are counted, but not stored or listed."
        in page
    )
    assert "ignored on arrival" not in words(room.get("/conversions?state=waiting"))


def test_a_list_can_be_narrowed_to_an_event_a_side_and_days_and_leads_back(room):
    room.add_pixel()
    room.record(bought("1"), seen_in_browser("1"), seen_in_browser("2"), bought("3"), bought("4", event="Lead"))
    where = f"pixel={PIXEL}&workspace={WORKSPACE}"
    assert orders(room.get(f"/conversions?{where}&event=Purchase")) == ["3", "2", "1"]
    assert orders(room.get(f"/conversions?{where}&event=Purchase&seen=both")) == ["1"]
    assert orders(room.get(f"/conversions?{where}&seen=browser")) == ["2"]
    assert orders(room.get(f"/conversions?{where}&seen=server&since=2026-09-21&until=2026-09-21")) == ["4", "3"]
    assert orders(room.get(f"/conversions?{where}&since=2026-09-22")) == []
    page = room.get(f"/conversions?{where}&event=Purchase&seen=both&since=2026-09-21")
    assert "Only Purchase , reported by browser and server, since 2026-09-21 (UTC days)." in words(page)
    assert len(orders(room.get(link(page, "Show all")))) == 4
    assert "event=Purchase" in link(page, "held")


@pytest.mark.parametrize(
    "query",
    [
        "state=nonsense",
        "seen=nobody",
        "since=x",
        "until=2026-13-01",
        "before=x",
        "before=-1",
        "before=" + "9" * 30,
        "before=\u0662",
    ],
)
def test_a_list_nobody_can_mean_is_not_there(room, query):
    assert room.get(f"/conversions?{query}".replace("\u0662", "%D9%A2")).status == 404


def test_tiles_and_things_to_mend_lead_to_their_lists(room):
    room.add_pixel()
    room.record(bought("1"), kept_out("2"))
    room.clock.advance(seconds=20)
    room.refuse()
    front, pixels = room.get("/"), room.get("/pixels")
    assert {link(front, kind.capitalize()) for kind in ("dropped", "held", "waiting", "delivered", "refused")} == {
        f"{PATH}?state={kind}" for kind in ("dropped", "held", "waiting", "delivered", "refused")
    }
    assert link(pixels, "Show them") == f"/dead-letters?workspace={WORKSPACE}&pixel={PIXEL}"
    for_viewers = room.get("/pixels", who="viewer")
    assert link(for_viewers, "Show them") == f"{PATH}?state=refused&pixel={PIXEL}&workspace={WORKSPACE}"
    assert orders(room.get(link(for_viewers, "Show them"))) == ["1"]


def test_the_reference_tells_every_state_that_can_be_listed(reference):
    named = re.search(r"^\| `state` \| (.*) \|$", reference, re.MULTILINE)[1]
    assert re.findall(r"`(\w+)`", named) == [kind for kind in KINDS if kind]
