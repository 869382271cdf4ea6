"""The page of orders: what TikTok knows of them, each number with its orders, and what each viewer may see."""

import re
from html import unescape

import pytest

from builders import PIXEL, WORKSPACE
from ledgers import facts_of, ordered, some_orders
from reading import words
from twinbeam.core.clock import MS_PER_DAY
from twinbeam.web.reconciliation.asked import PAGE

PATH = "/reconciliation"
OTHER = "C0EXAMPLEPIXELCODE21"


@pytest.fixture
def shop(room):
    room.add_pixel()
    some_orders(room, WORKSPACE, PIXEL)
    return room


def numbers(answer):
    """List the orders of a page, in its order."""
    return re.findall(r'class="name">(?:<a href="/events/\d+">)?(\d+)', answer.text)


def links(answer, begin=PATH):
    return [unescape(it) for it in re.findall(r'href="([^"]+)"', answer.text) if unescape(it).startswith(begin)]


def test_without_orders_it_says_how_they_come(room):
    text = words(room.get(PATH))
    assert "No orders in this period" in text
    assert "twinbeam sources create NAME --kind shopify" in text
    assert "twinbeam import orders orders.csv" in text


def test_the_first_sentence_answers_and_the_bar_says_the_same(shop):
    page = shop.get(PATH)
    assert "TikTok accepted 2 of 5 orders in the last 7 UTC days; 1 is deliberately not sent, 2 are missing." in words(
        page
    )
    assert 'aria-label="accepted 2, deliberately not sent 1, missing 2"' in page.text
    assert len(re.findall(r'<rect class="slice-(?:accepted|ignored|missing)"', page.text)) == 3 + 4
    assert "Accuracy 60.0 %" in words(page)
    assert "EUR 102.50 EUR 41.00 EUR 20.50 EUR 41.00 EUR 0.00 EUR 5.50 EUR 97.00 EUR" in words(page)


def test_every_number_leads_to_as_many_orders(shop):
    page = shop.get(PATH)
    found = re.findall(
        rf'<a href="({PATH}\?[^"]*)">(?:<b>)?(\d+)(?:</b>)?(?: [a-z ]+)?</a>', page.text.partition('class="lead"')[2]
    )
    assert len(found) >= 4 + 3 + 4
    for address, number in found:
        listed = shop.get(unescape(address))
        assert len(numbers(listed)) == int(number), address


def test_each_reason_is_told_and_leads_to_its_orders(shop):
    text = words(shop.get(PATH))
    assert "Missing no_event The shop told of this order, but no event followed" in text
    assert "Deliberately not sent order_ignored The shop's rules leave out orders of this kind" in text
    assert numbers(shop.get(f"{PATH}?result=missing&reason=refused_by_tiktok")) == ["1003"]
    line = shop.get(f"{PATH}?result=missing&reason=refused_by_tiktok")
    (conversion,) = links(line, "/events/")
    assert "order 1003" in words(shop.get(conversion))


def test_a_long_list_comes_a_page_at_a_time(room):
    room.add_pixel()
    for n in range(PAGE + 3):
        room.record(*ordered(str(n), purchase=False, facts=facts_of(str(n)), workspace=WORKSPACE))
    first = room.get(f"{PATH}?result=missing")
    (older,) = [link for link in links(first) if "page=2" in link]
    second = room.get(older)
    assert (len(numbers(first)), len(numbers(second))) == (PAGE, 3)
    assert not set(numbers(first)) & set(numbers(second))
    assert "Older" not in words(second)


def test_a_shorter_period_leaves_older_orders_out(shop):
    shop.clock.advance(seconds=2 * MS_PER_DAY / 1_000)
    assert "No orders in this period" in words(shop.get(f"{PATH}?days=1"))
    assert "of 5 orders in the last 28 UTC days" in words(shop.get(f"{PATH}?days=28"))


def test_a_viewer_of_one_workspace_sees_the_orders_of_no_other(shop):
    shop.add_pixel(OTHER, workspace="hats", name="Hats")
    where = {"workspace": "hats", "pixel": OTHER, "received_ms": shop.clock.now_ms()}
    shop.record(*ordered("9001", **where))
    assert "of 6 orders" in words(shop.get(PATH))
    assert "of 5 orders" in words(shop.get(PATH, who="viewer", workspace=WORKSPACE))
    assert "of 1 order " in words(shop.get(PATH, who="viewer", workspace="hats"))
    assert numbers(shop.get(f"{PATH}?each=yes", who="viewer", workspace="hats")) == ["9001"]
    stranger = shop.get(f"{PATH}?each=yes&workspace={WORKSPACE}", who="viewer", workspace="hats")
    assert "No orders in this period" in words(stranger)
    one = shop.get(f"{PATH}?pixel={OTHER}")
    assert "Of the pixel" in words(one)
    assert "of 1 order " in words(one)


def test_numbers_that_senders_chose_cannot_become_markup(room):
    hostile = '"><script>alert(1)</script>'
    room.add_pixel()
    room.record(*ordered(hostile, purchase=False, facts=facts_of(hostile), workspace=WORKSPACE))
    page = room.get(f"{PATH}?each=yes")
    assert "<script>alert" not in page.text
    assert "alert(1)" in page.text


@pytest.mark.parametrize("query", ["days=0", "days=x", "days=401", "page=0", "result=unheard", f"reason={'x' * 300}"])
def test_what_cannot_be_meant_is_not_found(room, query):
    assert room.get(f"{PATH}?{query}").status == 404


def test_the_head_of_every_page_leads_here(shop):
    assert '<a href="/reconciliation">Orders</a>' in shop.get("/", who="viewer").text
