"""Every notice of the identity room: reachable, worded, documented, and silent about the value."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from sealing import ALLOWED, DROPPED, seal
from twinbeam.core.rules import PixelRules
from twinbeam.core.values import Channel, Content
from twinbeam.pipeline.identity.notices import SENTENCES, Trouble

DOCUMENTED = Path(__file__).parents[2] / "docs" / "reference" / "identifiers.md"

CAUSES = {
    Trouble.VALUE_EMPTY: ("user.email", {"email": "null"}),
    Trouble.EMAIL_INVALID: ("user.email", {"email": "nobody-knows"}),
    Trouble.PHONE_UNRESOLVABLE: ("user.phone", {"phone": "07911 123456"}),
    Trouble.PLACE_PERSONAL: ("user.city", {"city": "eve@shop.example"}),
    Trouble.COUNTRY_INVALID: ("user.country", {"country": "Atlantis"}),
    Trouble.STATE_INVALID: ("user.state", {"state": "Bavaria", "country": "US"}),
    Trouble.ZIP_INVALID: ("user.zip_code", {"zip_code": "9410", "country": "US"}),
    Trouble.IP_NOT_PUBLIC: ("user.ip", {"ip": "10.1.2.3"}),
    Trouble.CONNECTION_NOT_PUBLIC: ("", {"client_ip": "10.1.2.3", "channel": Channel.BROWSER}),
    Trouble.LIMITED_WITHOUT_IP: ("user.ip", {"permission": replace(ALLOWED, limited=True)}),
    Trouble.CLICK_ID_INVALID: ("user.ttclid", {"ttclid": "eve@shop.example"}),
    Trouble.LOCALE_INVALID: ("user.locale", {"locale": "Klingon!"}),
    Trouble.ID_PERSONAL: ("event_id", {"event_id": "eve@shop.example"}),
    Trouble.URL_SCRUBBED: ("page.url", {"url": "https://shop.example/?email=eve%40shop.example"}),
    Trouble.TEXT_SCRUBBED: ("properties.status", {"status": "for eve@shop.example"}),
    Trouble.CURRENCY_UNKNOWN: ("properties.currency", {"currency": "XXX"}),
    Trouble.CURRENCY_MISSING: ("properties.currency", {"currency": None}),
    Trouble.VALUE_MISSING: ("properties.value", {"value": None, "currency": None}),
    Trouble.VALUE_NOT_POSITIVE: ("properties.value", {"value": 0}),
    Trouble.VALUE_SUMMED: (
        "properties.value",
        {"event": "ViewContent", "value": None, "contents": [Content(content_id="HAT-1", price=40.0, quantity=2)]},
    ),
    Trouble.QUANTITY_NOT_POSITIVE: ("properties.contents", {"contents": [Content(content_id="HAT-1", quantity=0)]}),
    Trouble.VALUE_PART_MISSING: ("properties.tax", {"rules": PixelRules(value_without=("tax",))}),
    Trouble.PRODUCT_ID_MISSING: (
        "properties.contents",
        {"rules": PixelRules(product_id="sku"), "contents": [Content(content_id="HAT-1")]},
    ),
    Trouble.TIME_UNUSABLE: ("event_time", {"event_time": 1_790_000_000_000}),
    Trouble.MATCH_KEY_MISSING: ("user", {"email": None, "external_id": None, "ttclid": None, "country": "DE"}),
}


@pytest.mark.parametrize("trouble", Trouble)
def test_every_trouble_is_told_with_its_field_and_without_the_value(trouble):
    field, changes = CAUSES[trouble]
    notices = seal(**changes).notices
    assert [(notice.field, notice.code, notice.message) for notice in notices] == [
        (field, trouble.value, SENTENCES[trouble])
    ]
    assert str(next(iter(changes.values()))) not in notices[0].message.split()


def test_the_reference_lists_every_notice_as_it_is_worded():
    text = DOCUMENTED.read_text(encoding="utf-8")
    for trouble, sentence in SENTENCES.items():
        assert f"| `{trouble.value}` | {sentence} |" in text


def test_a_clean_event_is_told_nothing():
    assert seal().notices == []


@pytest.mark.parametrize(
    ("event", "value", "codes"),
    [
        ("Purchase", None, ["value_missing"]),
        ("CompletePayment", None, ["value_missing"]),
        ("PlaceAnOrder", -1.5, ["value_not_positive"]),
        ("Purchase", 0.0, ["value_not_positive"]),
        ("Purchase", 0.01, []),
        ("AddToCart", None, []),
        ("Lead", 0, []),
    ],
)
def test_an_order_is_worth_something_and_other_events_need_not_be(event, value, codes):
    notices = seal(event=event, value=value, currency=None if value is None else "EUR").notices
    assert [notice.code for notice in notices] == codes


def test_of_a_refused_order_nothing_is_missed():
    assert seal(value=None, currency=None, permission=DROPPED).notices == []


def test_a_proxy_that_is_not_listed_is_told_as_the_connection_and_as_no_field_that_was_sent():
    told = seal(client_ip="127.0.0.1", channel=Channel.BROWSER).notices
    assert [(notice.field, notice.code) for notice in told] == [("", "connection_not_public")]
    assert "TWINBEAM_TRUSTED_PROXIES" in told[0].message
    assert "send" not in told[0].message


@pytest.mark.parametrize("client_ip", ["81.2.69.142", None])
def test_of_a_public_or_unknown_connection_nothing_is_told(client_ip):
    assert seal(client_ip=client_ip, channel=Channel.BROWSER).notices == []
