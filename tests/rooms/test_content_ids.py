"""Content ids against a feed: what counts as known, what is advised, and how many are named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signals import a_body
from twinbeam.core.products import FeedProduct
from twinbeam.products.ids import Candidate, advice, aliases_of, looked_for, loose
from twinbeam.products.matching import MOST_NAMED, NamedContents, contents_of, kept, tallied

PLACE = (20_000, "main", "PIXEL1")


def leads(products, content_id):
    """Give the products to which an id leads, as a store finds them."""
    forms = looked_for(content_id)
    own = [Candidate(0, it.id, it.group_id) for it in products if it.id in forms]
    return [
        *own,
        *(Candidate(a.kind, it.id, it.group_id) for it in products for a in aliases_of(it) if a.alias in forms),
    ]


def advised(content_id, *products, is_group=False):
    return advice(content_id, is_group=is_group, found=list(dict.fromkeys(leads(products, content_id))))


@pytest.mark.parametrize(
    ("sent", "product"),
    [
        ("456", FeedProduct("shopify_DE_123_456")),
        ("shopify_DE_123_456", FeedProduct("456")),
        ("gid://shopify/ProductVariant/456", FeedProduct("456")),
        ("gla_456", FeedProduct("456")),
        ("lamp-1", FeedProduct("LAMP-1")),
        ("LAMP-1", FeedProduct("lamp-1")),
        ("00456", FeedProduct("456")),
        ("456", FeedProduct("00456")),
    ],
)
def test_another_form_of_the_same_id_is_advised(sent, product):
    assert advised(sent, product) == f"The feed knows this product as {product.id}: send {product.id}."


def test_another_id_of_the_same_product_is_advised_by_its_name():
    product = FeedProduct("9", sku="HAT-1", gtin="4006381333931", mpn="M 7")
    for sent, name in (("hat-1", "SKU"), ("4006381333931", "GTIN"), ("m 7", "MPN")):
        assert advised(sent, product) == f"{sent} is its {name}. The feed knows this product as 9: send 9."


def test_a_parents_id_leads_to_its_variants():
    variants = [FeedProduct("S-1", group_id="S"), FeedProduct("S-2", group_id="S")]
    assert advised("S", *variants) == (
        "The feed knows its variants, such as S-1: send the variant's id, or say content_type product_group."
    )
    assert advised("s", *variants, is_group=True) == "The feed knows this group as S: send S."
    assert advised("123", FeedProduct("shopify_DE_123_456")) == (
        "The feed knows its variants, such as shopify_DE_123_456: send the variant's id."
    )


def test_what_may_be_one_of_several_products_is_not_advised():
    assert advised("abc", FeedProduct("ABC"), FeedProduct("Abc")) == ""
    assert advised("nothing", FeedProduct("ABC")) == ""


@given(st.text(max_size=40))
def test_a_loose_form_is_its_own_loose_form(text):
    assert loose(loose(text)) == loose(text)
    assert {a.alias for a in aliases_of(FeedProduct(text or "x"))} <= {*looked_for(text or "x")}


def test_ids_of_contents_count_once_and_before_the_list_beside_them():
    contents = [{"content_id": "A"}, {"content_id": "A"}, {"content_id": "B", "content_type": "product_group"}, {}]
    body = a_body("e", 1, properties={"contents": contents, "content_ids": ["C"]})
    assert contents_of(body) == {("A", False), ("B", True)}
    assert contents_of(a_body("e", 1, properties={"content_ids": ["C"], "content_type": "product_group"})) == {
        ("C", True)
    }
    assert contents_of(a_body("e", 1, properties={"value": 1})) == frozenset()


def named(event, *ids):
    return NamedContents(PLACE, event, frozenset((id_, False) for id_ in ids))


def test_events_that_should_name_products_and_do_not_are_counted_apart():
    known = {"main": frozenset({("A", False)})}
    counts = tallied([named("ViewContent", "A", "B"), named("Purchase"), named("Lead"), named("Lead", "A")], known)
    count = counts[PLACE]
    assert (count.events, count.without, count.ids, count.matched, dict(count.unknown)) == (
        2,
        1,
        3,
        2,
        {("B", False): 1},
    )


@given(
    st.lists(
        st.dictionaries(st.integers(0, 5_000).map(lambda n: (f"id-{n}", False)), st.integers(1, 50), max_size=400),
        max_size=6,
    )
)
def test_however_many_ids_somebody_names_so_many_are_kept_and_none_is_lost_from_the_sum(rounds):
    names, others, total = {}, 0, 0
    for new in rounds:
        names, dropped = kept(names, new)
        others, total = others + dropped, total + sum(new.values())
        assert len(names) <= MOST_NAMED
    assert sum(names.values()) + others == total


def test_a_flood_of_names_does_not_hide_what_comes_often():
    names = {}
    for round_ in range(50):
        flood = {(f"flood-{round_}-{n}", False): 1 for n in range(2_000)}
        names, _ = kept(names, flood | {("real", False): 3})
    assert names["real", False] == 150
