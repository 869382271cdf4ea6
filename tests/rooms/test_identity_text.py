"""Free text and product ids in the properties."""

import pytest

from sealing import seal
from twinbeam.core.values import Content

TEXTS = ["content_name", "content_category", "brand", "description", "search_string", "delivery_category", "status"]


@pytest.mark.parametrize("field", TEXTS)
def test_every_free_text_is_scrubbed(field):
    sealed = seal(**{field: "for ada@shop.example, +44 7911 123456"})
    assert sealed.body["properties"][field] == "for [redacted], [redacted]"
    assert sealed.told == [(f"properties.{field}", "text_scrubbed")]


@pytest.mark.parametrize("field", ["content_name", "content_category", "content_type", "brand"])
def test_every_text_of_a_product_is_scrubbed(field):
    sealed = seal(contents=[Content(content_id="A"), Content(**{field: "gift for ada@shop.example"})])
    assert sealed.body["properties"]["contents"] == [{"content_id": "A"}, {field: "gift for [redacted]"}]
    assert sealed.told == [("properties.contents", "text_scrubbed")]


def test_ids_of_products_are_numbers_and_stay():
    ids = ["44556677889900", "07911123456", "9780306406157", "A-1"]
    sealed = seal(content_ids=ids, contents=[Content(content_id=one) for one in ids], shop_id="00447911123456")
    properties = sealed.body["properties"]
    assert properties["content_ids"] == ids
    assert [content["content_id"] for content in properties["contents"]] == ids
    assert properties["shop_id"] == "00447911123456"
    assert sealed.notices == []


def test_an_address_in_the_place_of_a_product_id_is_removed():
    sealed = seal(
        content_ids=["ada@shop.example", "A"], contents=[Content(content_id="+447911123456")], shop_id="a@b.co"
    )
    properties = sealed.body["properties"]
    assert properties["content_ids"] == ["[redacted]", "A"]
    assert properties["contents"] == [{"content_id": "[redacted]"}]
    assert properties["shop_id"] == "[redacted]"
    assert {code for _, code in sealed.told} == {"text_scrubbed"}


def test_the_visitor_s_own_number_is_found_without_any_mark_of_a_phone_number():
    sealed = seal(phone="(213) 373-4253", country="US", description="back to 213373 4253 please")
    assert sealed.body["properties"]["description"] == "back to [redacted] please"


@pytest.mark.parametrize(
    "text", ["12345678", "4006381333931", "1789012345", "5 x 1200.50 EUR", "@home", "a@b", "3.14159265"]
)
def test_numbers_and_at_signs_alone_are_left_as_they_are(text):
    assert seal(description=text).body["properties"]["description"] == text
