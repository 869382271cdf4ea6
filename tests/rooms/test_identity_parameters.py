"""What leaves of an event's properties and addresses under each rule of its pixel, and in which currency."""

import msgspec
import pytest

from builders import NOW_S, an_arrival, an_item
from sealing import seal
from twinbeam.core.rules import PixelRules
from twinbeam.core.values import Content, Page, Properties
from twinbeam.core.verticals import LISTS, TEXTS, Mileage
from twinbeam.pipeline.identity.outgoing import NAMES, PARAMETERS, PARTS, PRODUCT_IDS, UNSENT

#: A value for every property, and the day is 2026-09-21.
ALL = {
    "value": 100.0,
    "currency": "EUR",
    "contents": [
        Content(
            content_id="HAT-1",
            content_type="product",
            content_category="Hats",
            content_name="Wool hat",
            brand="Hatter",
            price=40.0,
            quantity=2,
            sku="SKU-1",
            variant_id="V-1",
            group_id="G-1",
        )
    ],
    "content_ids": ["HAT-1"],
    "content_type": "product",
    "content_name": "Hats",
    "content_category": "Clothes",
    "brand": "Hatter",
    "description": "Two hats",
    "search_string": "warm hat",
    "num_items": 2,
    "quantity": 2,
    "price": 40.0,
    "order_id": "1001",
    "shop_id": "S-1",
    "customer_type": "new",
    "delivery_category": "home_delivery",
    "status": "placed",
    "predicted_ltv": 300.0,
    "tax": 16.0,
    "shipping": 4.5,
    "gift_cards": 10.0,
    "tips": 1.5,
    "coupon": "AUTUMN",
    **dict.fromkeys(TEXTS, "any"),
    **{name: ["any"] for name in LISTS},
    **dict.fromkeys(("num_adults", "num_children", "num_infants", "preferred_num_stops"), 2),
    "user_score": 4.5,
    "year": 2026,
    "mileage": Mileage(value=12_000, unit="KM"),
    "preferred_price_range": [20_000, 30_000],
}


def sent(*, rules=None, rates=None, **changes):
    """Give the sealed event of a purchase with every property, but for the changes."""
    item = msgspec.structs.replace(an_item(), properties=Properties(**ALL | changes))
    return seal(an_arrival(item, rules=rules or PixelRules()), rates=rates)


def test_the_example_has_every_property_so_that_no_rule_is_forgotten():
    assert {*ALL, "content_id"} == set(Properties.__struct_fields__) == {*PARAMETERS, *UNSENT, "content_id"}
    assert all(getattr(ALL["contents"][0], name) is not None for name in Content.__struct_fields__)


class TestWithoutAnyRule:
    def test_everything_leaves_but_parts_of_the_total_the_coupon_and_the_other_product_ids(self):
        properties = sent().body["properties"]
        assert set(properties) == set(PARAMETERS)
        assert set(properties["contents"][0]) == set(Content.__struct_fields__) - set(PRODUCT_IDS)

    def test_numbers_stay(self):
        properties = sent().body["properties"]
        assert [properties[name] for name in ("value", "num_items", "quantity", "price", "predicted_ltv")] == [
            100.0,
            2,
            2,
            40.0,
            300.0,
        ]

    @pytest.mark.parametrize("part", PARTS)
    def test_a_part_alone_never_leaves(self, part):
        item = msgspec.structs.replace(an_item(order_id=None), properties=Properties(**{part: 5}))
        assert "properties" not in seal(an_arrival(item)).body

    @pytest.mark.parametrize("name", PRODUCT_IDS)
    def test_another_product_id_alone_never_leaves(self, name):
        content = Content(content_id="HAT-1", **{name: "secret-id"})
        assert sent(contents=[content]).body["properties"]["contents"] == [{"content_id": "HAT-1"}]


class TestAllowList:
    @pytest.mark.parametrize("name", PARAMETERS)
    def test_lets_out_what_it_names_and_nothing_else(self, name):
        assert set(sent(rules=PixelRules(parameters=(name,))).body["properties"]) == {name}

    def test_lets_out_no_part_of_the_total_even_by_name(self):
        assert "properties" not in sent(rules=PixelRules(parameters=PARTS)).body

    def test_without_the_value_counts_no_amount(self):
        signal = sent(rules=PixelRules(parameters=("currency", "contents"))).signal
        assert (signal.minor, signal.currency) == (None, "EUR")

    def test_without_the_order_still_knows_the_order(self):
        sealed = sent(rules=PixelRules(parameters=("value", "currency")))
        assert "order_id" not in sealed.body["properties"]
        assert (sealed.signal.order_id, sealed.signal.minor) == ("1001", 10_000)


class TestRestricted:
    RULES = PixelRules(restricted=True)

    def test_drops_names_and_search_strings_of_the_event_and_of_its_contents(self):
        properties = sent(rules=self.RULES).body["properties"]
        assert set(properties) == set(PARAMETERS) - set(NAMES)
        assert set(properties["contents"][0]) == {"content_id", "content_type", "price", "quantity"}

    def test_takes_the_click_id_from_the_address_before_it_goes(self):
        url = "https://clinic.example/results/42?ttclid=E.C.P.x"
        page = {"url": url, "referrer": "https://search.example/?q=illness"}
        sealed = seal(rules=self.RULES, ttclid=None, visitor_id="v-1", **page)
        assert sealed.user["ttclid"] == "E.C.P.x"
        assert sealed.body["page"] == {"url": "https://clinic.example/", "referrer": "https://search.example/"}

    def test_keeps_no_more_of_an_address_for_other_copies_of_the_visit(self):
        signal = seal(rules=self.RULES, visitor_id="v-1", url="https://clinic.example/results/42").signal
        assert signal.facts.url == "https://clinic.example/"

    def test_changes_no_key(self):
        nameless = {"event_id": None, "order_id": None, "url": "https://shop.example/a?b=c", "description": "Two hats"}
        assert seal(rules=self.RULES, **nameless).signal.key == seal(**nameless).signal.key


BASES = [
    ((), {}, 100.0, []),
    (("tax",), {}, 84.0, []),
    (("tax", "shipping", "gift_cards", "tips"), {}, 68.0, []),
    (("tax",), {"tax": 0}, 100.0, []),
    (("tax",), {"value": 0.3, "tax": 0.1}, 0.2, []),
    (("tax",), {"value": 100, "tax": 16}, 84.0, []),
    (("tax",), {"tax": None}, 100.0, ["properties.tax"]),
    (("tax", "tips"), {"tips": None}, 84.0, ["properties.tips"]),
    (("gift_cards",), {"gift_cards": -10}, 100.0, ["properties.gift_cards"]),
    (("tax", "gift_cards"), {"gift_cards": 100}, 0.0, []),
    (("tax",), {"value": -100.0}, -100.0, []),
    (("tax",), {"value": None}, None, []),
]


@pytest.mark.parametrize(("without", "changes", "value", "missing"), BASES)
def test_the_value_leaves_out_the_parts_that_its_owner_left_out(without, changes, value, missing):
    sealed = sent(rules=PixelRules(value_without=without), **changes)
    assert sealed.body["properties"].get("value") == value
    assert sealed.signal.minor == (None if value is None else round(value * 100))
    assert [field for field, code in sealed.told if code == "value_part_missing"] == missing


LINES = [Content(content_id="A", sku="S-1", variant_id="V-1"), Content(content_id="B", sku="S-2", variant_id="V-2")]
TYPED = [Content(content_id="A", content_type="product", group_id="G-1")]
CHOICES = [
    ("as_sent", LINES, ["A", "B"], (["A", "B"], ["A", "B"], "product"), False),
    ("sku", LINES, ["A", "B"], (["S-1", "S-2"], ["S-1", "S-2"], "product"), False),
    ("variant", LINES, ["A", "B"], (["V-1", "V-2"], ["V-1", "V-2"], "product"), False),
    ("variant", LINES, None, (["V-1", "V-2"], None, "product"), False),
    ("group", TYPED, ["A"], (["G-1"], ["G-1"], "product_group"), False),
    ("group", TYPED * 2, ["A"], (["G-1", "G-1"], ["G-1"], "product_group"), False),
    ("group", LINES, ["A", "B"], (["A", "B"], ["A", "B"], "product"), True),
    ("sku", [*LINES, *TYPED], ["A"], (["A", "B", "A"], ["A"], "product"), True),
    ("sku", None, ["A"], (None, ["A"], "product"), True),
    ("sku", None, None, (None, None, "product"), False),
]


@pytest.mark.parametrize(("choice", "contents", "ids", "expected", "told"), CHOICES)
def test_the_product_id_is_the_one_its_owner_chose(choice, contents, ids, expected, told):
    of_contents, of_event, kind = expected
    sealed = sent(rules=PixelRules(product_id=choice), contents=contents, content_ids=ids)
    properties = sealed.body["properties"]
    lines = properties.get("contents")
    assert (lines and [line["content_id"] for line in lines]) == of_contents
    assert properties.get("content_ids") == of_event
    assert properties["content_type"] == kind
    assert {line["content_type"] for line in lines or () if "content_type" in line} <= {kind}
    assert sealed.told == ([("properties.contents", "product_id_missing")] if told else [])


def test_a_chosen_product_id_that_names_a_person_is_removed_like_any_other():
    sealed = sent(rules=PixelRules(product_id="sku"), contents=[Content(content_id="A", sku="ada@shop.example")])
    assert sealed.body["properties"]["contents"] == [{"content_id": "[redacted]"}]


def xof(**days):
    """Give a table from the West African franc, by days with their dashes left out."""
    return {"XOF": {f"{day[1:5]}-{day[5:7]}-{day[7:]}": row for day, row in days.items()}}


RATES = [
    (xof(d20260921={"EUR": 0.0015}), "EUR", 0.15),
    (xof(d20260901={"EUR": 0.5}, d20260920={"EUR": 0.0015}, d20260922={"EUR": 0.9}), "EUR", 0.15),
    (xof(d20260821={"EUR": 0.0015}), "EUR", 0.15),
    (xof(d20260921={"XAF": 1.0, "USD": 0.0016, "EUR": 0.0015}), "USD", 0.16),
    (xof(d20260920={"EUR": 0.0015}, d20260921={"XAF": 1.0}), "EUR", 0.15),
    (xof(d20260921={"JPY": 0.255}), "JPY", 26),
    (xof(d20260921={"KWD": 0.00050049}), "KWD", 0.05),
    (xof(d20260921={"EUR": 0.00155}), "EUR", 0.16),  # 0.155 is rounded up, as people round money
]
NO_RATES = [
    {},
    {"XAF": {"2026-09-21": {"EUR": 0.0015}}},
    xof(d20260820={"EUR": 0.0015}),
    xof(d20260922={"EUR": 0.0015}),
    xof(d20260921={"XAF": 1.0}),
    xof(d20260921={"EUR": 0.0}),
    xof(d20260921={"EUR": -1.0}),
    xof(d20260921={"EUR": float("inf")}),
    {"XOF": {"yesterday": {"EUR": 0.0015}, "20260921": {"EUR": 0.0015}}},
]
FRANCS = {"value": 100, "currency": "xof", "price": None, "predicted_ltv": None, "contents": None}


@pytest.mark.parametrize(("rates", "currency", "value"), RATES)
def test_a_currency_that_tiktok_does_not_list_is_converted_by_the_newest_rate(rates, currency, value):
    sealed = sent(rates=rates, **FRANCS)
    properties = sealed.body["properties"]
    assert (properties["value"], properties["currency"]) == (value, currency)
    assert sealed.signal.currency == currency
    assert sealed.signal.minor == round(value * {"JPY": 1, "KWD": 1_000}.get(currency, 100))
    assert sealed.told == []


@pytest.mark.parametrize("rates", NO_RATES)
def test_without_a_rate_no_amount_leaves_and_none_under_another_name(rates):
    contents = [Content(content_id="HAT-1", price=50, quantity=2)]
    sealed = sent(rates=rates, **FRANCS | {"contents": contents, "price": 50, "predicted_ltv": 900})
    properties = sealed.body["properties"]
    assert set(properties).isdisjoint({"value", "currency", "price", "predicted_ltv"})
    assert properties["contents"] == [{"content_id": "HAT-1", "quantity": 2}]
    assert (sealed.signal.minor, sealed.signal.currency) == (None, "")
    assert sealed.told == [("properties.currency", "currency_unknown")]


def test_every_amount_is_converted_because_one_currency_names_them_all():
    contents = [Content(content_id="HAT-1", price=5_000)]
    rates = xof(d20260921={"EUR": 0.0015})
    sealed = sent(rates=rates, **FRANCS | {"contents": contents, "price": 5_000, "predicted_ltv": 90_000})
    properties = sealed.body["properties"]
    assert (properties["price"], properties["predicted_ltv"]) == (7.5, 135.0)
    assert properties["contents"] == [{"content_id": "HAT-1", "price": 7.5}]


def test_an_amount_too_large_to_be_one_is_left_out_of_a_conversion():
    sealed = sent(rates=xof(d20260921={"EUR": 0.0015}), **FRANCS | {"price": 1e300})
    assert "price" not in sealed.body["properties"]


def test_a_listed_currency_is_never_converted():
    sealed = sent(rates={"EUR": {"2026-09-21": {"USD": 1.1}}})
    assert (sealed.body["properties"]["value"], sealed.signal.currency) == (100.0, "EUR")


def test_parts_are_taken_off_before_the_value_is_converted():
    rules = PixelRules(value_without=("tax",))
    sealed = sent(rules=rules, rates=xof(d20260921={"EUR": 0.0015}), **FRANCS | {"value": 10_000, "tax": 2_000})
    assert sealed.body["properties"]["value"] == 12.0


def test_the_rates_are_those_of_the_event_s_workspace():
    arrival = an_arrival(workspace="another", currency="XOF")
    assert seal(arrival, rates=xof(d20260921={"EUR": 0.0015})).signal.currency == ""


def test_rules_that_ask_for_nothing_change_no_byte():
    plain = an_arrival(url="https://shop.example/?x=1", content_name="Hat")
    ruled = msgspec.structs.replace(plain, rules=PixelRules(hosts=("shop.example",)))
    assert seal(plain).signal == seal(ruled).signal
    assert plain.item.page == Page(url="https://shop.example/?x=1")
    assert plain.event_time == NOW_S - 5
