"""The pages of sources: made, explained, listened to, changed over, mapped and removed, without a word about buyers."""

import json
import re
from html import unescape

import pytest
from msgspec.structs import replace

from builders import PIXEL
from reading import words
from showroom import Showroom
from signals import a_signal
from twinbeam.core.deliveries import NOTHING_HEARD, Delivery, hear
from twinbeam.core.erasure import PersonRequest, person
from twinbeam.sources.mapping_preview import preview, read_mapping

WORKSPACE = "main"
OTHER = "C0EXAMPLEPIXELCODE21"
SECRET = "shpss_0123456789abcdef"
MAPPING = """[order]
order_id = "data.number"
value = "data.sum"
currency = "=EUR"
email = "data.mail"
items = "data.lines"
item_id = "sku"

[status]
abgeschlossen = "paid"
"""
SAMPLE = json.dumps({"data": {"number": "7", "sum": "89.90", "mail": "ada@shop.example", "lines": [{"sku": "L"}]}})


@pytest.fixture
def room(tmp_path):
    heard = {}
    room = Showroom(
        tmp_path / "data",
        heard=lambda: heard,
        preview=preview,
        read_mapping=read_mapping,
        intake_url="https://events.shop.example",
    )
    room.heard = heard
    room.add_pixel(workspace=WORKSPACE)
    yield room
    room.close()


def make(room, kind="shopify", name="lamps", secret=SECRET, **more):
    ticked = {f"pixel:{WORKSPACE}/{PIXEL}": "yes"}
    return room.post("/sources", kind=kind, name=name, secret=secret, **ticked | more)


def hears(room, *deliveries, name="lamps"):
    for one in deliveries:
        room.heard[name] = hear(room.heard.get(name, NOTHING_HEARD), one)


def row(room, name="lamps"):
    return next(it for it in room.store.signed_sources() if it.name == name)


def test_an_empty_list_says_what_a_source_is_for(room):
    told = words(room.get("/sources"))
    assert "No source yet." in told
    assert "New source" in told


def test_without_a_pixel_the_list_leads_to_one(tmp_path):
    room = Showroom(tmp_path / "data")
    assert "First add a pixel" in words(room.get("/sources"))
    room.close()


def test_a_source_is_made_and_its_page_tells_what_to_paste_and_where(room):
    answer = make(room)
    assert (answer.status, answer.headers["location"]) == (303, "/sources/lamps")
    page = room.get("/sources/lamps")
    told = words(page)
    assert "https://events.shop.example/in/shopify/lamps" in told
    for topic in ("orders/create", "orders/paid", "refunds/create", "customers/redact"):
        assert topic in told
    assert "listening…" in told
    assert "where a purchase is an order that is placed" in told
    assert SECRET not in page.text
    assert row(room).dialect == "shopify"
    assert "lamps Shopify listening… none yet Example shop" in words(room.get("/sources"))


def test_a_drawn_secret_is_shown_once(room):
    answer = make(room, kind="woocommerce", secret="")
    shown = re.search(r"<pre><code>([^<]{20,})</code></pre>", answer.text)[1]
    assert "it is not shown again" in answer.text
    assert shown not in room.get("/sources/lamps").text
    assert "ping" in words(room.get("/sources/lamps"))


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"name": "Lamps!"}, "is no name for a source"),
        ({"secret": ""}, "Shopify signs with"),
        ({"secret": "short"}, "A secret has 8 to 256 characters"),
        ({"kind": "magento"}, "is no kind of source"),
        ({f"pixel:{WORKSPACE}/{OTHER}": "yes"}, "There is no pixel"),
        ({"pixel:acme/X": "yes"}, "Choose pixels of one workspace"),
    ],
)
def test_what_cannot_be_made_is_told_with_the_fix_and_what_was_typed_stays(room, fields, told):
    answer = make(room, **fields)
    assert answer.status == 400
    assert told in unescape(answer.text)
    assert f'value="{fields.get("name", "lamps")}"' in answer.text
    assert SECRET not in answer.text
    assert room.store.signed_sources() == []


def test_no_pixel_and_a_second_source_of_a_name_are_refused(room):
    answer = room.post("/sources", kind="shopify", name="lamps", secret=SECRET)
    assert "Choose at least one pixel" in answer.text
    make(room)
    assert "There is a source lamps already" in make(room).text


def test_deliveries_are_listed_with_topic_outcome_reason_and_lag(room):
    make(room)
    now = room.clock.now_ms()
    hears(
        room,
        *(Delivery(now - 9_000 + n, "orders/paid", "taken", "", 60_000) for n in range(9)),
        Delivery(now - 2_000, "products/create", "not used", "Bodies of this kind are not used here."),
        Delivery(now - 1_000, "orders/updated", "unreadable", "line_items: The field has the wrong JSON type."),
    )
    told = words(room.get("/sources/lamps"))
    assert "trouble The newest delivery was not taken" in told
    assert "Signed 11" in told
    assert "orders/updated unreadable line_items: The field has the wrong JSON type." in told
    assert "products/create not used Bodies of this kind" in told
    assert re.search(r"Lag (5|6)\d s median, (5|6)\d s for 95 %", told)
    hears(room, Delivery(now, "orders/paid", "taken", "", 1_000))
    assert "receiving" in words(room.get("/sources/lamps"))
    room.clock.advance(seconds=8 * 86_400)
    assert "silent Nothing came for 7 days" in words(room.get("/sources/lamps"))


def test_a_wrong_secret_shows_itself_before_the_first_delivery(room):
    make(room)
    hears(room, *(Delivery(room.clock.now_ms(), "", "wrongly signed") for _ in range(3)))
    told = words(room.get("/sources/lamps"))
    assert "wrong secret Deliveries come, and none is signed with this secret" in told
    assert "Wrongly signed 3" in told


def test_a_hostile_topic_or_reason_becomes_no_markup(room):
    make(room)
    hears(room, Delivery(room.clock.now_ms(), "<script>alert(1)</script>", "taken", "<b>x</b>"))
    text = room.get("/sources/lamps").text
    assert "<script>alert" not in text
    assert "<b>x</b>" not in text


def test_the_page_listens_by_itself(room):
    make(room)
    assert "listening…" in room.listen("/sources/lamps/live", enough=lambda text: "snapshot" in text)
    hears(room, Delivery(room.clock.now_ms(), "orders/paid", "taken", "", 1_000))
    assert "orders/paid" in room.listen("/sources/lamps/live", enough=lambda text: "snapshot" in text)
    assert room.get("/sources/nobody/live", method="HEAD").status == 404


def test_a_secret_changes_over_with_two_that_count(room):
    make(room, kind="woocommerce", secret="")
    answer = room.post("/sources/lamps", do="rotate", secret="")
    assert "it is not shown again" in answer.text
    assert len(row(room).secrets) == 2
    assert "Two secrets count" in words(room.get("/sources/lamps"))
    assert "two secrets" in words(room.get("/sources"))
    assert "has two secrets already" in unescape(room.post("/sources/lamps", do="rotate", secret="").text)
    assert room.post("/sources/lamps", do="retire").status == 303
    assert len(row(room).secrets) == 1


def test_a_secret_that_the_system_drew_is_added_and_not_shown(room):
    make(room)
    answer = room.post("/sources/lamps", do="rotate", secret=SECRET + "2")
    assert (answer.status, len(row(room).secrets)) == (303, 2)
    assert SECRET not in room.get("/sources/lamps").text


def test_rules_are_chosen_and_saved(room):
    make(room)
    page = room.get("/sources/lamps").text
    assert "stripe_sales" not in page
    saved = {"money": "presentment", "order_id": "name", "point_of_sale": "purchase", "renewal": "ignore"}
    assert room.post("/sources/lamps", do="rules", **saved).status == 303
    rules = row(room).rules
    assert (rules.money, rules.order_id, rules.point_of_sale, rules.renewal) == tuple(saved.values())
    assert '<option value="presentment" selected>' in room.get("/sources/lamps").text
    assert room.post("/sources/lamps", do="rules", money="gold").status == 400
    assert row(room).rules == rules


def test_a_mapping_is_previewed_before_it_is_saved_and_nothing_of_the_sample_is_kept(room):
    make(room, kind="webhook", secret="")
    answer = room.post("/sources/lamps", do="preview", mapping=MAPPING, sample=SAMPLE)
    told = words(answer)
    assert "Order facts order 7" in told
    assert "value 89.90 EUR" in told
    assert "user.email ada@shop.example" in told
    assert "updated_at Of two deliveries the newer modification counts" in told
    assert row(room).rules.mapping == {}
    missing = room.post(
        "/sources/lamps", do="preview", mapping=MAPPING, sample='{"data": {"number": 7, "lines": [{}]}}'
    )
    assert "Missing value there is nothing at data.sum" in words(missing)
    assert "item_id there is nothing at sku" in words(missing)
    assert room.post("/sources/lamps", do="map", mapping=MAPPING).status == 303
    assert row(room).rules.mapping["value"] == "data.sum"
    page = room.get("/sources/lamps")
    assert "ada@shop.example" not in page.text
    shown = unescape(re.search(r"<textarea name=\"mapping\"[^>]*>\n(.*?)</textarea>", page.text, re.DOTALL)[1])
    assert read_mapping(shown) == read_mapping(MAPPING)
    assert room.post("/sources/lamps", do="unmap").status == 303
    assert row(room).rules.mapping == {}


@pytest.mark.parametrize(
    ("mapping", "sample", "told"),
    [
        ("order = [", SAMPLE, "It is not TOML"),
        ("", SAMPLE, "Say where the order's number is"),
        ('[order]\nnumber = "a"', SAMPLE, "There is no number"),
        (MAPPING, "", "Paste a body"),
        (MAPPING, "{", "The body is not well-formed JSON"),
        (MAPPING, '{"data": {}}', "order_id"),
        (MAPPING, SAMPLE.replace("89.90", "a lot"), "value: "),
    ],
)
def test_a_mapping_or_a_body_that_cannot_be_read_is_told(room, mapping, sample, told):
    make(room, kind="webhook", secret="")
    answer = room.post("/sources/lamps", do="preview", mapping=mapping, sample=sample)
    assert told in unescape(answer.text)
    assert row(room).rules.mapping == {}


def test_a_mapping_that_cannot_be_read_is_not_saved_and_stays_in_the_form(room):
    make(room, kind="webhook", secret="")
    answer = room.post("/sources/lamps", do="map", mapping="[order]\nnumber = 7")
    assert answer.status == 400
    assert "number = 7" in answer.text
    make(room, name="shop")
    assert "mappings are for webhooks" in room.post("/sources/shop", do="map", mapping=MAPPING).text


def test_persons_requests_are_listed_without_persons(room):
    make(room)
    who = person("email", WORKSPACE, "ada@shop.example", shops=("",), shop="")
    room.record(*asked_by(who))
    told = words(room.get("/sources/lamps"))
    assert "data request" in told
    assert "not yet" in told
    assert "1 request of persons" in words(room.get("/sources"))


def asked_by(who):
    ask = PersonRequest(id="a" * 32, kind="data_request", people=[who])
    return [replace(a_signal(event="", pixel="", source="lamps", workspace=WORKSPACE), request=ask)]


def test_a_source_is_removed_by_typing_its_name(room):
    make(room)
    assert room.post("/sources/lamps", do="remove", name="lamp").status == 400
    assert room.post("/sources/lamps", do="remove", name="lamps").headers["location"] == "/sources"
    assert room.store.signed_sources() == []
    assert room.get("/sources/lamps").status == 404


def test_a_form_that_is_none_changes_nothing(room):
    make(room)
    assert room.post("/sources/lamps", do="explode").status == 400
    assert room.post("/sources/lamps").status == 400


def test_what_is_done_is_in_the_audit_by_name_and_without_secrets(room):
    make(room)
    room.post("/sources/lamps", do="rules", money="presentment")
    told = repr(room.reader.changes(limit=20))
    assert "source lamps" in told
    assert "owner" in told
    assert SECRET not in told


@pytest.mark.parametrize("who", ["viewer", None])
def test_viewers_and_strangers_see_no_source(room, who):
    make(room)
    for path in ("/sources", "/sources/lamps"):
        assert room.get(path, who=who).status in (303, 403)
    assert "Sources" not in room.get("/", who="viewer").text
