"""A kept event is shaped by the rules in force now, as far as what is kept of it allows."""

import json

import pytest

from twinbeam.core.rules import DEFAULT_RULES, PixelRules
from twinbeam.pipeline.identity.outgoing import PARAMETERS
from twinbeam.pipeline.identity.reshaping import shaped_anew

AT = 1_790_000_000
EVENT = {
    "event_time": AT,
    "event_id": "order-1001",
    "user": {"email": "0" * 64, "ip": "203.0.113.9"},
    "page": {"url": "https://shop.example/thanks?order=1001"},
    "properties": {
        "value": 20.5,
        "currency": "EUR",
        "contents": [{"content_id": "1", "content_name": "A book", "price": 20.5, "quantity": 1}],
        "description": "for a friend",
        "order_id": "1001",
    },
    "limited_data_use": True,
}


def a_body(**changes):
    properties = {**EVENT["properties"], **changes}
    said = {name: value for name, value in properties.items() if value is not None}
    return json.dumps({**EVENT, "properties": said}, separators=(",", ":")).encode()


def shaped(body=None, rates=None, **rules):
    """Give what differs of an event, its parts one by one, and what it is worth."""
    body = a_body() if body is None else body
    found = shaped_anew(body, PixelRules(**rules), rates or {}, AT)
    if found is None:
        return None
    before, after = json.loads(body), json.loads(found.body)
    own = {name: part for name, part in after.items() if part != before.get(name)}
    return own, set(before) - set(after), found.minor, found.currency


@pytest.mark.parametrize("rules", [DEFAULT_RULES, PixelRules(), PixelRules(parameters=PARAMETERS)])
def test_rules_that_ask_for_nothing_change_no_byte(rules):
    assert shaped_anew(a_body(), rules, {}, AT) is None


def test_the_allow_list_drops_what_it_does_not_name():
    assert shaped(parameters=("value", "currency")) == (
        {"properties": {"value": 20.5, "currency": "EUR"}}, set(), 2_050, "EUR"
    )  # fmt: skip
    assert shaped(parameters=("description",))[2:] == (None, "")


def test_without_any_property_left_none_are_sent():
    assert shaped(a_body(description=None), parameters=("description",)) == ({}, {"properties"}, None, "")


def test_a_restricted_pixel_sends_no_names_and_hosts_alone():
    own, gone, minor, _ = shaped(restricted=True)
    assert own["page"] == {"url": "https://shop.example/"}
    assert own["properties"] == {
        "value": 20.5,
        "currency": "EUR",
        "contents": [{"content_id": "1", "price": 20.5, "quantity": 1}],
        "order_id": "1001",
    }
    assert (gone, minor) == (set(), 2_050)
    again = shaped_anew(
        shaped_anew(a_body(), PixelRules(restricted=True), {}, AT).body, PixelRules(restricted=True), {}, AT
    )
    assert again is None, "twice changes nothing"


def test_a_currency_that_is_not_taken_is_converted_or_left_out():
    body = a_body(currency="XTS", contents=None, description=None, order_id=None)
    rates = {"XTS": {"2026-09-20": {"EUR": 0.5}}}
    assert shaped(body, rates) == ({"properties": {"value": 10.25, "currency": "EUR"}}, set(), 1_025, "EUR")
    assert shaped(body) == ({}, {"properties"}, None, "")


@pytest.mark.parametrize("rules", [{"value_without": ("tax",)}, {"product_id": "sku"}])
def test_what_is_not_kept_any_more_stays_as_it_was(rules):
    assert shaped(**rules) is None


@pytest.mark.parametrize(
    "body",
    [
        b'{"event_time":1,"event_id":"e","properties":{"num_items":"two"}}',
        b'{"event_time":1,"event_id":"e","properties":{"value":1,"of_a_newer_release":2}}',
    ],
    ids=["another type", "an unknown field"],
)
def test_what_reading_would_lose_stays_as_it_was(body):
    assert shaped_anew(body, PixelRules(parameters=("currency",)), {}, AT) is None
