"""The page of orders: what TikTok knows of them, each number with its orders, and what each viewer may see."""

import csv
import io
import re
from html import unescape

import pytest
from msgspec.structs import replace

from builders import NOW_MS, PIXEL, WORKSPACE
from ledgers import facts_of, ordered, some_orders
from reading import words
from showroom import bought, seen_in_browser
from twinbeam.admin.dead_letters import carry_out
from twinbeam.core.accounts import ConnectedAccount, DeveloperApp, EventStat, ImportedPixel, PixelSeen
from twinbeam.core.clock import MS_PER_DAY, day_of
from twinbeam.core.goods import Goods, GoodsLine
from twinbeam.core.products import Feed, FeedProduct
from twinbeam.web.contract import NEVER_CERTAIN
from twinbeam.web.reconciliation.asked import PAGE

PATH = "/reconciliation"
OTHER = "C0EXAMPLEPIXELCODE21"


@pytest.fixture
def shop(room):
    room.add_pixel()
    some_orders(room, WORKSPACE, PIXEL)
    return room


def an_import(shop):
    """Import TikTok's own counts of the pixel."""
    now_ms, accounts = shop.clock.now_ms(), shop.store.accounts
    account = ConnectedAccount(
        id="c", workspace=WORKSPACE, app_id="1", scopes=(), who="ada", connected_ms=now_ms, state="connected"
    )
    accounts.save_connection(account, DeveloperApp("1", "secret"), "token")
    accounts.save_imported([ImportedPixel("c", "7", PixelSeen(PIXEL, "77"), now_ms, now_ms)])
    stats = [EventStat("c", "77", event, day_of(now_ms), 1, 3, 4, now_ms) for event in ("Purchase", "ViewContent")]
    accounts.save_stats("c", ["77"], day_of(now_ms), stats)


def numbers(answer):
    """List the orders of a page, in its order."""
    return re.findall(r'class="name">(?:<a href="/(?:events/\d+|orders/[^"]+)">)?(\d+)', answer.text)


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


def test_where_products_have_costs_the_margin_stands_beside_the_revenue(shop):
    products = shop.store.products
    load = products.begin_load(WORKSPACE, NOW_MS)
    products.add(load, [FeedProduct("lamp", cost_micros=12_000_000, cost_currency="EUR")])
    assert products.finish_load(Feed(WORKSPACE, load, costed=1, loaded_ms=NOW_MS))
    for number in ("1006", "1007"):
        note, purchase = ordered(number, workspace=WORKSPACE, pixel=PIXEL, received_ms=shop.clock.now_ms())
        shop.record(note, replace(purchase, goods=Goods(1_800, "EUR", [GoodsLine(["lamp"], 1)])))
    assert "Net Margin EUR" in words(shop.get(PATH))
    assert "12.00 EUR of 2" in words(shop.get(PATH))
    assert "The margin is of the orders whose products all have a cost" in words(shop.get(PATH))
    (head, *sums) = csv.reader(io.StringIO(shop.get(f"{PATH}/csv").text))
    whole = [dict(zip(head, row, strict=True)) for row in sums]
    assert max((row["margin"], row["with_margin"]) for row in whole) == ("12.00", "2")
    listed = list(csv.DictReader(io.StringIO(shop.get(f"{PATH}/csv?result=missing").text)))
    assert {row["order"]: row["margin"] for row in listed}["1006"] == "6.00"


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


def test_it_can_be_narrowed_and_added_up_by_less(shop):
    by_source = words(shop.get(f"{PATH}?by=source"))
    assert "shopify 5 2 1 2 60.0 % 102.50 EUR" in by_source
    till = shop.get(f"{PATH}?channel=point_of_sale")
    assert "TikTok says 0 , your shop says 1 ." in words(till)
    assert "channel point of sale ( any channel )" in words(till)
    day = shop.get(f"{PATH}?by=day&day=2026-09-21")
    assert "2 of 5 orders of 2026-09-21" in words(day)
    assert "0 of 0" not in words(shop.get(f"{PATH}?day=2026-09-20"))


def test_money_is_told_by_cause_and_leads_to_its_orders(shop):
    page = shop.get(PATH)
    assert "Recovered page silent Only the shop's server told of it." in words(page)
    assert "Lost refused by tiktok TikTok rejected it. 1 20.50 EUR" in words(page)
    assert sorted(numbers(shop.get(f"{PATH}?cause=page_silent"))) == ["1001", "1002"]
    assert numbers(shop.get(f"{PATH}?cause=refused_by_tiktok")) == ["1003"]


def test_the_file_says_what_the_page_says(shop):
    answer = shop.get(f"{PATH}/csv?by=day")
    head, row = answer.text.splitlines()
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert head.startswith("day,workspace,pixel,channel,currency,source,orders,accepted,ignored,missing,accuracy")
    assert row.startswith("2026-09-21,,,,EUR,,5,2,1,2,0.6000,102.50,41.00,20.50,41.00,0.00,5.50,97.00")
    listed = shop.get(f"{PATH}/csv?result=missing")
    assert sorted(line.split(",")[0] for line in listed.text.splitlines()[1:]) == ["1003", "1005"]
    assert shop.get(f"{PATH}/csv?by=hour").status == 404


def test_leads_that_servers_told_of_stand_apart(shop):
    lead = {"event": "Lead", "workspace": WORKSPACE, "pixel": PIXEL, "received_ms": shop.clock.now_ms()}
    shop.record(bought("", event_id="l-1", **lead), seen_in_browser("", event_id="l-2", **lead))
    text = words(shop.get(f"{PATH}?told=leads"))
    assert "TikTok says 0 , your server says 1 ." in text
    assert "Missing being_sent" in text
    assert "l-1" in shop.get(f"{PATH}?told=leads&each=yes").text
    assert "No leads in this period" in words(shop.get(f"{PATH}?told=leads&day=2026-09-20"))


def test_what_is_missing_is_sent_by_members_when_they_confirm(shop):
    page = shop.get(PATH)
    assert "1 can be sent again, worth 20.50 EUR" in words(page)
    assert "1 not sent: Nothing that could be sent is kept of it" in words(page)
    assert "Send missing orders" not in words(shop.get(PATH, who="viewer"))
    unsure = shop.post(f"{PATH}/send")
    assert "Tick the box to confirm" in words(unsure)
    assert shop.post(f"{PATH}/send", sure="yes", who="viewer").status == 403
    assert shop.post(f"{PATH}/send", sure="yes").status == 303
    carry_out(shop.store, NEVER_CERTAIN, shop.clock.now_ms())
    assert "Missing being_sent" in words(shop.get(PATH))
    assert "Nothing that is missing can be sent again" in words(shop.post(f"{PATH}/send", sure="yes"))


def test_tiktoks_own_count_stands_beside_with_its_lag(shop):
    an_import(shop)
    text = words(shop.get(PATH))
    assert "Counted by TikTok" in text
    assert "5 2 3 1" in text
    assert "They lag" in text
    row = shop.get(f"{PATH}/csv?by=day-pixel").text.splitlines()[1]
    assert row.endswith(",1,3")
