"""
Events as senders get them wrong, with what of them goes to TikTok and what the sender is told.

The kinds are those that other senders' integrations and shop systems are known for; each row is one example of one.
"""

from enum import Enum
from hashlib import sha256
from typing import Any


class Told(Enum):
    """Stands for a member that must not be there."""

    ABSENT = "absent"


NONE = Told.ABSENT
WHO = {"external_id": "customer-7"}
NAN = float("nan")


def hashed(text: str) -> str:
    """Give the SHA-256 of a text in hexadecimal."""
    return sha256(text.encode()).hexdigest()


def _purchase(properties: dict[str, Any] | None = None, **members: Any) -> dict[str, Any]:
    usual = {"value": 20, "currency": "EUR"}
    return {"event": "Purchase", "event_id": "o-1", "user": WHO, "properties": usual | (properties or {}), **members}


def _user(user: dict[str, Any], **members: Any) -> dict[str, Any]:
    return _purchase(user=WHO | user, **members)


def _sent(**properties: Any) -> dict[str, Any]:
    return {"properties": properties}


MENDED, LEFT_OUT, MAPPED = ["value_mended"], ["value_left_out"], ["field_mapped"]
ITEM = {"content_id": "HAT-1", "price": 40.5, "quantity": 2}

#: What is told of an event that names nobody, and whose mark was read strictly.
NO_KEY = ["field_mapped", "match_key_missing"]

#: Why, the event, what is in the sealed event, and the codes of all notices.
EVENTS: list[tuple[str, dict[str, Any], dict[str, Any], list[str]]] = [
    ("limited, perhaps", {"event": "Lead", "limited_data_use": "perhaps"}, {"event": "Lead"}, NO_KEY),
    ("a value as text", _purchase({"value": "149.97"}), _sent(value=149.97), MENDED),
    ("a value with a comma", _purchase({"value": "20,50"}), _sent(value=20.5), MENDED),
    ("a value with both signs", _purchase({"value": "1.299,90"}), _sent(value=1299.9), MENDED),
    ("a value as in England", _purchase({"value": "1,299.90"}), _sent(value=1299.9), MENDED),
    ("a value as in France", _purchase({"value": "1\u202f299,90"}), _sent(value=1299.9), MENDED),
    ("a value as in Switzerland", _purchase({"value": "1'299.90"}), _sent(value=1299.9), MENDED),
    ("a value as in India", _purchase({"value": "1,29,900.00"}), _sent(value=129900), MENDED),
    ("a value with a sign", _purchase({"value": "\u20ac 20,50"}), _sent(value=20.5), MENDED),
    ("a value with its code", _purchase({"value": "20.50 EUR"}), _sent(value=20.5), MENDED),
    ("a value with another code", _purchase({"value": "20.50 USD"}), _sent(value=NONE), [*LEFT_OUT, "value_missing"]),
    ("a price or thousands", _purchase({"value": "1.299"}), _sent(value=NONE), [*LEFT_OUT, "value_missing"]),
    ("thousands or a price", _purchase({"value": "1,299"}), _sent(value=NONE), [*LEFT_OUT, "value_missing"]),
    ("a value of words", _purchase({"value": "free"}), _sent(value=NONE), [*LEFT_OUT, "value_missing"]),
    ("a value that is true", _purchase({"value": True}), _sent(value=NONE), [*LEFT_OUT, "value_missing"]),
    ("a value beyond any", _purchase({"value": 1e13}), _sent(value=NONE), [*LEFT_OUT, "value_missing"]),
    ("a full-width value", _purchase({"value": "\uff12\uff10"}), _sent(value=20), MENDED),
    ("pieces as text", _purchase({"quantity": "2"}), _sent(quantity=2), MENDED),
    ("pieces with a point", _purchase({"quantity": 2.0}), _sent(quantity=2), MENDED),
    ("a piece and a half", _purchase({"quantity": 1.5}), _sent(quantity=NONE, value=20), LEFT_OUT),
    ("no piece", _purchase({"quantity": 0}), _sent(quantity=NONE), ["quantity_not_positive"]),
    (
        "no piece of an item",
        _purchase({"contents": [{"content_id": "A", "quantity": 0}]}),
        _sent(contents=[{"content_id": "A"}]),
        ["quantity_not_positive"],
    ),
    (
        "an id as a number",
        _purchase({"contents": [{"content_id": 123}]}),
        _sent(contents=[{"content_id": "123"}]),
        MENDED,
    ),
    ("one id for a list", _purchase({"content_ids": "A"}), _sent(content_ids=["A"]), MENDED),
    ("ids as numbers", _purchase({"content_ids": [1, "B"]}), _sent(content_ids=["1", "B"]), MENDED),
    ("one item for a list", _purchase({"contents": ITEM}), _sent(contents=[ITEM]), MENDED),
    ("no items, as PHP has them", _purchase({"contents": {}}), _sent(value=20), MENDED),
    (
        "an item that is none",
        _purchase({"contents": [ITEM, "HAT-2"]}),
        _sent(contents=[ITEM]),
        LEFT_OUT,
    ),
    ("an order as a number", _purchase(order_id=1001), _sent(order_id="1001"), MENDED),
    ("an empty currency", _purchase({"currency": ""}), _sent(currency=NONE), [*LEFT_OUT, "currency_missing"]),
    ("a currency with blanks", _purchase({"currency": " eur "}), _sent(currency="EUR"), MENDED),
    ("an empty id", _purchase(event_id="", order_id="7"), {"event_id": "7"}, LEFT_OUT),
    ("an id as a number", _purchase(event_id=12), {"event_id": "12"}, MENDED),
    ("nobody, as PHP has it", _purchase(user=[]), {"user": NONE}, [*MENDED, "match_key_missing"]),
    ("a person that is a text", _purchase(user="ada"), {"user": NONE}, [*LEFT_OUT, "match_key_missing"]),
    ("a quoted time", _purchase(event_time="1789999995"), {"event_time": 1789999995}, ["event_time_converted"]),
    (
        "a quoted time in ms",
        _purchase(event_time="1789999995123"),
        {"event_time": 1789999995},
        ["event_time_converted"],
    ),
    ("a kind in capitals", _purchase({"content_type": "Product"}), _sent(content_type="product"), MENDED),
    ("a kind that TikTok has not", _purchase({"content_type": "vehicle"}), _sent(content_type=NONE), LEFT_OUT),
    ("a long description", _purchase({"description": "x" * 1_001}), _sent(description=NONE, value=20), LEFT_OUT),
    ("a NUL in a name", _purchase({"content_name": "red\0 hat"}), _sent(content_name="red hat"), MENDED),
    ("a click id of 1,001", _user({"ttclid": "E" * 1_001}), {"user": {"ttclid": NONE}}, ["click_id_invalid"]),
    ("a click id of 3,001", _user({"ttclid": "E" * 3_001}), {"user": {"ttclid": NONE}}, LEFT_OUT),
    ("an encoded click id", _user({"ttclid": "E" + "%2B" * 900}), {"user": {"ttclid": "E" + "+" * 900}}, []),
    ("a browser of 1,001", _user({"user_agent": "x" * 1_001}), {"user": {"user_agent": NONE}}, LEFT_OUT),
    ("a page of 8,001", _purchase(page={"url": "x" * 8_001}), {"page": NONE}, LEFT_OUT),
    ("a postcode as a number", _user({"zip_code": 94105}), {"user": {"zip_code": hashed("94105")}}, MENDED),
    ("a customer as a number", _user({"external_id": 42}), {"user": {"external_id": hashed("42")}}, MENDED),
    ("one name in a list", _user({"first_name": ["Ada"]}), {"user": {"first_name": hashed("ada")}}, MENDED),
    ("a list with a gap", _user({"email": ["a@b.co", None]}), {"user": {"email": hashed("a@b.co")}}, LEFT_OUT),
    ("test as text", _purchase(test="false"), {"event_id": "o-1"}, MENDED),
    (
        "the newest click is in the address",
        _user({"ttclid": "E.old"}, page={"url": "https://shop.example/?ttclid=E.new"}),
        {"user": {"ttclid": "E.new"}},
        [],
    ),
    (
        "a click on the page before",
        _purchase(page={"url": "https://shop.example/b", "referrer": "https://shop.example/a?ttclid=E.x"}),
        {"user": {"ttclid": "E.x"}},
        [],
    ),
    ("the pixel's own search", _purchase({"query": "hat"}), _sent(search_string="hat"), MAPPED),
    (
        "the pixel's one product",
        {"event": "AddToCart", "event_id": "e", "user": WHO, "properties": {**ITEM, "currency": "EUR", "value": 81}},
        _sent(contents=[ITEM], price=40.5, quantity=2, value=81),
        [],
    ),
    (
        "one product beside contents",
        _purchase({"content_id": "HAT-1", "contents": [ITEM]}),
        _sent(contents=[ITEM], content_ids=["HAT-1"], content_id=NONE),
        [],
    ),
    (
        "Meta's lines of a cart",
        _purchase({"contents": [{"id": "HAT-1", "quantity": 2, "item_price": 40.5}]}),
        _sent(contents=[ITEM]),
        [*MAPPED, *MAPPED],
    ),
    (
        "priced items add up",
        {"event": "ViewContent", "event_id": "e", "user": WHO, "properties": {"contents": [ITEM], "currency": "EUR"}},
        _sent(value=81),
        ["value_summed"],
    ),
    (
        "an item without a price does not",
        {"event": "ViewContent", "event_id": "e", "user": WHO, "properties": {"contents": [{"content_id": "A"}, ITEM]}},
        _sent(value=NONE),
        [],
    ),
    (
        "an order is not summed",
        {"event": "Purchase", "event_id": "e", "user": WHO, "properties": {"contents": [ITEM], "currency": "EUR"}},
        _sent(value=NONE),
        ["value_missing"],
    ),
    (
        "a journey",
        {
            "event": "Search",
            "event_id": "e",
            "user": WHO,
            "properties": {
                "destination_airport": "HND",
                "checkin_date": "2026-12-01",
                "num_adults": 2,
                "city": "Tokyo",
            },
        },
        _sent(destination_airport="HND", checkin_date="2026-12-01", num_adults=2, city="Tokyo"),
        [],
    ),
    (
        "a vehicle",
        {
            "event": "ViewContent",
            "event_id": "e",
            "user": WHO,
            "properties": {"make": "Volvo", "year": 2021, "mileage": {"value": 12000, "unit": "KM"}, "vin": "YV1"},
        },
        _sent(make="Volvo", year=2021, mileage={"value": 12000, "unit": "KM"}, vin="YV1"),
        [],
    ),
    ("nothing to match", _purchase(user={}), {"user": NONE}, ["match_key_missing"]),
    ("a country alone", _purchase(user={"country": "DE"}), {"user": {"country": "de"}}, ["match_key_missing"]),
    (
        "a country by its name, and a phone",
        _user({"country": "USA", "phone": "(213) 373-4253"}),
        {"user": {"country": "us", "phone": hashed("+12133734253")}},
        [],
    ),
    (
        "a lead in Japanese",
        {"event": "\u554f\u3044\u5408\u308f\u305b", "event_source": "crm", "lead": {"lead_id": "1"}, "event_id": "e"},
        {"event": "\u554f\u3044\u5408\u308f\u305b", "lead": {"lead_id": "1"}},
        [],
    ),
    (
        "a lead in Hindi",
        {
            "event": "\u0928\u092f\u093e \u0917\u094d\u0930\u093e\u0939\u0915",
            "event_source": "crm",
            "lead": {"lead_id": "1"},
        },
        {"lead": {"lead_id": "1"}},
        [],
    ),
    (
        "the WordPress plug-in",
        _purchase() | {"event": "gtm4wp.orderCompletedEEC"},
        {"event": "Purchase"},
        ["event_name_mapped"],
    ),
    (
        "a step, not the order",
        _purchase() | {"event": "checkout step completed"},
        {"event": "AddPaymentInfo"},
        ["event_name_mapped"],
    ),
    ("a guide's purchase", _purchase() | {"event": "PlacedOrder"}, {"event": "Purchase"}, ["event_name_mapped"]),
    ("a guide's lead", _purchase() | {"event": "ContactUs"}, {"event": "Lead"}, ["event_name_mapped"]),
    ("an order id like a phone", _purchase(event_id="4917699000047"), {"event_id": "4917699000047"}, []),
    ("an id like a phone with its zero", _purchase(event_id="017699000047"), {"event_id": "017699000047"}, []),
    ("an id in base64", _purchase(event_id="amFuZUBzaG9wLmV4YW1wbGU="), {"event_id": "amFuZUBzaG9wLmV4YW1wbGU="}, []),
]

LONG = "x" * 257

#: Why, the event, and the code of its refusal: what an event is, what joins it and what permits it.
REFUSED: list[tuple[str, Any, str]] = [
    ("no event at all", 5, "not_an_object"),
    ("no name", {"event": ""}, "bad_event_name"),
    ("a name of 51", {"event": "A" * 51}, "bad_event_name"),
    ("a time of words", {"event": "Lead", "event_time": "yesterday"}, "bad_event_time"),
    ("an id of 257", {"event": "Lead", "event_id": LONG}, "out_of_range"),
    ("an order of 257", {"event": "Lead", "order_id": LONG}, "out_of_range"),
    ("a visitor of 257", {"event": "Lead", "visitor_id": LONG}, "out_of_range"),
    ("an unknown source", {"event": "Lead", "event_source": "till"}, "out_of_range"),
    ("a test, perhaps", {"event": "Lead", "test": "perhaps"}, "wrong_type"),
    ("a stage that is none", {"event": "Purchase", "stage": "sold"}, "out_of_range"),
    ("a NUL in an id", {"event": "Lead", "event_id": "a\0"}, "nul_character"),
    ("a custom name at a till", {"event": "Loyalty", "event_source": "offline"}, "offline_event_name"),
    ("a page view at a till", {"event": "Pageview", "event_source": "offline"}, "offline_event_name"),
    ("a custom name in Japanese on the web", {"event": "\u554f\u3044"}, "bad_event_name"),
]
