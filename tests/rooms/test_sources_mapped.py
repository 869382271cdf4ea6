"""Orders from the body of any webhook, by a mapping that its owner wrote."""

import json
from base64 import b64decode, b64encode
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner
from msgspec.structs import replace
from standardwebhooks.webhooks import Webhook

from builders import NOW_S, PIXEL, WORKSPACE
from door import House, a_directory
from twinbeam.app.signing import signed_dialects
from twinbeam.cli.main import twinbeam
from twinbeam.core.rules import Route, SourceRules
from twinbeam.core.values import OrderNote
from twinbeam.engines.keyring import KeyRing
from twinbeam.engines.signing import seal_secret
from twinbeam.orders.state import state_of
from twinbeam.pipeline.accept.directory import SignedSource
from twinbeam.sources.mapped_orders import MappingError, mapping_of

MAPPING = """
[order]
order_id = "data.number"
updated_at = "data.changed"
placed_at = "data.placed"
status = "data.state"
value = "data.sum.total"
tax = "data.sum.tax"
currency = "=EUR"
email = "data.buyer.mails[0]"
country = "data.buyer.country"
ttclid = "data.notes.ttclid"
items = "data.lines"
item_id = "sku"
quantity = "count"
price = "each"

[status]
abgeschlossen = "paid"
storniert = "cancelled"
"""
BODY = {
    "type": "order",
    "data": {
        "number": "A-1001",
        "changed": "2026-11-20T11:00:05Z",
        "placed": "2026-11-20T11:00:00Z",
        "state": "Abgeschlossen",
        "sum": {"total": "89.90", "tax": 14.35},
        "buyer": {"mails": ["ada@shop.example"], "country": "DE"},
        "notes": {"ttclid": "E.C.P.mapped"},
        "lines": [{"sku": "L-1", "count": 2, "each": "40.00"}, {"sku": "L-2", "count": 1, "each": "9.90"}],
    },
}
SECRET = "whsec_" + b64encode(b"s" * 32).decode()
RING = KeyRing([("k", b"k" * 32)])


def a_house():
    sealed = b64encode(seal_secret(RING, "till", b64decode(SECRET.removeprefix("whsec_")))).decode()
    rules = SourceRules(mapping=mapping_of(MAPPING))
    source = SignedSource("till", WORKSPACE, (sealed,), (Route(PIXEL),), rules=rules)
    return House(directory=replace(a_directory(), sources={"till": source}), dialects=signed_dialects(RING))


def send(house, body):
    content = json.dumps(body)
    at = datetime.fromtimestamp(NOW_S, UTC)
    headers = {
        "webhook-id": "m1",
        "webhook-timestamp": str(NOW_S),
        "webhook-signature": Webhook(SECRET).sign("m1", at, content),
    }
    return house.post(content.encode(), headers, path="/in/webhook/till")


def test_a_body_is_read_by_its_mapping():
    house = a_house()
    assert send(house, BODY).status == 202
    purchase, note = house.corridor.arrivals
    it = purchase.item
    assert (it.event, it.order_id, it.progress) == ("Purchase", "A-1001", "placed+paid")
    assert (it.properties.value, it.properties.currency, it.properties.tax) == (89.9, "EUR", 14.35)
    assert [(line.content_id, line.quantity, line.price) for line in it.properties.contents] == [
        ("L-1", 2, 40.0),
        ("L-2", 1, 9.9),
    ]
    assert (it.user.email, it.user.country, it.user.ttclid) == ("ada@shop.example", "DE", "E.C.P.mapped")
    assert isinstance(note.item, OrderNote)
    assert state_of(note.item.facts).shown == "paid"


def test_the_senders_words_for_a_status_are_translated():
    house = a_house()
    send(house, {"data": BODY["data"] | {"state": "storniert"}})
    assert state_of(house.corridor.arrivals[-1].item.facts).shown == "cancelled"


def test_what_a_path_does_not_lead_to_is_named_by_its_field():
    house = a_house()
    answered = send(house, {"data": {}})
    assert (answered.status, answered.json["rejected"][0]["field"]) == (422, "order_id")
    answered = send(house, {"data": BODY["data"] | {"sum": {"total": ["89.90"]}}})
    assert answered.json["rejected"][0]["field"] == "value"
    assert house.corridor.arrivals == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("order_id = ", "It is not TOML"),
        ("[order]\nordr = 'x'\norder_id = 'y'", "There is no ordr."),
        ("[lines]\nx = 'y'", "There is no lines."),
        ("[order]\norder_id = 5", "Write order_id as a text"),
        ("[order]\nvalue = 'total'", "Say where the order's number is"),
    ],
)
def test_a_mapping_that_means_nothing_is_refused(text, told):
    with pytest.raises(MappingError, match=told.replace("[", r"\[")):
        mapping_of(text)


def test_a_mapping_is_previewed_before_it_counts(tmp_path):
    mapping, body = tmp_path / "till.toml", tmp_path / "body.json"
    mapping.write_text(MAPPING)
    body.write_text(json.dumps(BODY))
    shown = CliRunner().invoke(twinbeam, ["sources", "preview", str(mapping), str(body)]).output
    for line in (
        "order                A-1001",
        "value                89.90 EUR",
        "properties.value     89.9",
        "user.country         DE",
    ):
        assert line in shown
    body.write_text(json.dumps({"data": {}}))
    refused = CliRunner().invoke(twinbeam, ["sources", "preview", str(mapping), str(body)])
    assert "order_id: A required field is missing." in str(refused.exception)


@pytest.mark.parametrize("written", ["1e-99999999", "0e9999999", "-0e-101"])
def test_an_amount_that_is_short_to_write_and_huge_to_spell_out_is_refused(written):
    house = a_house()
    answered = send(house, {"data": BODY["data"] | {"sum": {"total": written, "tax": 1}}})
    assert (answered.status, answered.json["rejected"][0]["field"]) == (422, "value")
    assert house.corridor.arrivals == []


def test_the_noise_of_a_binary_fraction_is_an_amount_all_the_same():
    house = a_house()
    assert send(house, {"data": BODY["data"] | {"sum": {"total": "89.90", "tax": 5.684341886080802e-14}}}).status == 202
