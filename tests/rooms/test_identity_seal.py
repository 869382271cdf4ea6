"""What a Signal holds: ids, body, look-ups, visits and facts, with permission and without."""

import msgspec
import pytest

from builders import NOW_MS, NOW_S, PIXEL, WORKSPACE, an_arrival, an_item
from sealing import ALLOWED, DROPPED, UNDECIDED, seal
from twinbeam.core.keys import conversion_key, lookup, visit
from twinbeam.core.values import Channel, Content, Facts, Lead, Properties, User
from twinbeam.pipeline.identity.hashing import sha256_hex

URL = "https://shop.example/thanks?order=1001"


def test_the_body_is_the_tiktok_event_in_the_documented_order_without_its_name():
    sealed = seal(
        phone="+447911123456",
        contents=[Content(content_id="HAT-1", content_name="Hat", price=10, quantity=2)],
        url=URL,
        ttclid=None,
        external_id=None,
    )
    assert sealed.signal.body.startswith(b'{"event_time":%d,' % (NOW_S - 5))
    assert sealed.body == {
        "event_time": NOW_S - 5,
        "event_id": "order-1001",
        "user": {"email": sha256_hex("ada@shop.example"), "phone": sha256_hex("+447911123456")},
        "page": {"url": URL},
        "properties": {
            "value": 20.5,
            "currency": "EUR",
            "contents": [{"content_id": "HAT-1", "content_name": "Hat", "price": 10, "quantity": 2}],
            "order_id": "1001",
        },
    }
    assert sealed.notices == []


def test_the_heading_says_whose_event_it_is():
    signal = seal().signal
    assert signal.key == conversion_key(WORKSPACE, "web", PIXEL, "Purchase", "order-1001")
    assert (signal.workspace, signal.pixel, signal.event_source, signal.event) == (WORKSPACE, PIXEL, "web", "Purchase")
    assert (signal.event_id, signal.order_id, signal.event_time) == ("order-1001", "1001", NOW_S - 5)
    assert (signal.received_ms, signal.channel, signal.source) == (NOW_MS, Channel.SERVER, "checkout")
    assert (signal.minor, signal.currency, signal.permission) == (2_050, "EUR", ALLOWED)


def test_nothing_empty_is_sent():
    nothing = dict.fromkeys(("email", "external_id", "ttclid", "url", "value", "currency", "order_id"))
    assert seal(**nothing).body == {"event_time": NOW_S - 5, "event_id": "order-1001"}


@pytest.mark.parametrize("permission", [DROPPED, UNDECIDED])
def test_without_permission_only_a_tombstone_is_left(permission):
    allowed = seal(phone="+447911123456", visitor_id="v-1", url=URL).signal
    refused = seal(permission=permission, phone="+447911123456", visitor_id="v-1", url=URL).signal
    assert refused == msgspec.structs.replace(
        allowed, permission=permission, body=b"", lookups=[], visits=[], facts=None
    )
    assert allowed.body
    assert allowed.lookups
    assert allowed.visits
    assert allowed.facts


@pytest.mark.parametrize("item", [an_item(), an_item(event_id=None), an_item(event_id=None, order_id=None)])
def test_the_event_id_does_not_depend_on_the_permission(item):
    assert seal(an_arrival(item)).signal.event_id == seal(an_arrival(item), DROPPED).signal.event_id


class TestEventId:
    def test_is_the_sender_s_own_above_all(self):
        arrival = an_arrival(event_id=" Id 1 ", order_id="1001", idempotency="request-1")
        assert seal(arrival).signal.event_id == " Id 1 "

    def test_is_the_order_s_where_the_sender_gave_none(self):
        assert seal(event_id=None, idempotency="request-1").signal.event_id == "1001"

    def test_is_taken_from_the_order_in_the_properties_too(self):
        item = msgspec.structs.replace(an_item(event_id=None, order_id=None), properties=properties(order_id="P-7"))
        assert seal(an_arrival(item)).signal.event_id == "P-7"

    def test_is_derived_from_the_request_where_there_is_no_order(self):
        ids = [
            seal(event_id=None, order_id=None, idempotency="request-1", **changes).signal.event_id
            for changes in ({}, {"event_time": NOW_S - 9}, {"index": 1}, {"source": "other"})
        ]
        assert ids[0].startswith("idem-")
        assert ids[0] == ids[1]
        assert len(set(ids)) == 3

    def test_is_otherwise_derived_from_the_contents_so_that_a_repeat_has_the_same(self):
        first, again = (seal(event_id=None, order_id=None).signal.event_id for _ in range(2))
        assert first == again
        assert first.startswith("hash-")
        assert len(first) == len("hash-") + 32

    @pytest.mark.parametrize(
        "changes",
        [
            {"event_time": NOW_S - 6},
            {"email": "eve@shop.example"},
            {"value": 20.51},
            {"url": "https://shop.example/other"},
            {"visitor_id": "v-2"},
            {"event": "AddToCart"},
            {"event_source": "app"},
        ],
    )
    def test_changes_with_whatever_the_item_says(self, changes):
        usual = {"event_id": None, "order_id": None}
        assert seal(**usual | changes).signal.event_id != seal(**usual).signal.event_id

    @pytest.mark.parametrize(
        "changes",
        [
            {"email": " ADA@shop.example"},
            {"event": "CompletePayment"},
            {"currency": "eur"},
            {"pixel": "C0OTHERPIXELCODE20XX"},
            {"ad_storage": "denied"},
            {"source": "another key"},
            {"index": 3},
            {"received_ms": NOW_MS + 60_000},
        ],
    )
    def test_does_not_change_with_spelling_pixel_consent_or_connection(self, changes):
        usual = {"event_id": None, "order_id": None}
        assert seal(**usual | changes).signal.event_id == seal(**usual).signal.event_id

    def test_does_not_change_with_the_browser_s_connection(self):
        def sent(client_ip):
            item = an_item(event_id=None, order_id=None)
            return seal(an_arrival(item, channel=Channel.BROWSER, client_ip=client_ip, user_agent="Mozilla/5.0"))

        here, there = sent("81.2.69.142"), sent("81.2.69.143")
        assert here.user["ip"] != there.user["ip"]
        assert here.signal.event_id == there.signal.event_id

    @pytest.mark.parametrize("nothing", ["null", "Undefined", "0", " "])
    def test_is_never_a_word_for_nothing(self, nothing):
        sealed = seal(event_id=nothing)
        assert sealed.signal.event_id == "1001"
        assert sealed.told == [("event_id", "value_empty")]


class TestOrder:
    def test_of_the_item_wins_over_the_properties_and_goes_on_the_wire(self):
        item = msgspec.structs.replace(an_item(order_id="I-1"), properties=properties(order_id="P-1"))
        sealed = seal(an_arrival(item))
        assert sealed.body["properties"]["order_id"] == sealed.signal.order_id == "I-1"

    def test_of_the_properties_is_used_where_the_item_has_none(self):
        item = msgspec.structs.replace(an_item(order_id=None), properties=properties(order_id="P-1"))
        sealed = seal(an_arrival(item))
        assert sealed.body["properties"]["order_id"] == sealed.signal.order_id == "P-1"

    def test_that_is_a_word_for_nothing_is_no_order(self):
        sealed = seal(order_id="undefined", event_id=None)
        assert sealed.signal.order_id == ""
        assert "order_id" not in sealed.body["properties"]
        assert sealed.signal.event_id.startswith("hash-")
        assert sealed.told == [("order_id", "value_empty")]

    def test_that_names_a_person_is_hashed_wherever_it_goes(self):
        sealed = seal(order_id="ada@shop.example", event_id=None)
        assert sealed.signal.order_id == sealed.signal.event_id == sealed.body["properties"]["order_id"]
        assert sealed.signal.order_id == f"sha-{sha256_hex('ada@shop.example')[:32]}"


def properties(**fields):
    return Properties(value=1, currency="EUR", **fields)


def test_lookups_lead_from_what_a_person_may_ask_for():
    signal = seal(email=["ada@shop.example", "eve@shop.example"], phone="+447911123456", ttclid="E.C.P.x").signal
    assert signal.lookups == [
        lookup("order", WORKSPACE, "1001"),
        lookup("email", WORKSPACE, sha256_hex("ada@shop.example")),
        lookup("email", WORKSPACE, sha256_hex("eve@shop.example")),
        lookup("phone", WORKSPACE, sha256_hex("+447911123456")),
        lookup("ttclid", WORKSPACE, "E.C.P.x"),
    ]


def test_visits_come_from_every_token_the_sender_gave():
    signal = seal(visitor_id="v-1", cart_token="c-1", checkout_token="k-1").signal
    kinds = [("visitor", "v-1"), ("cart", "c-1"), ("checkout", "k-1"), ("order", "1001")]
    assert signal.visits == [visit(kind, WORKSPACE, token) for kind, token in kinds]


def test_a_token_that_says_nothing_joins_nobody():
    sealed = seal(visitor_id="undefined", cart_token="null", checkout_token="0", order_id=None)
    assert sealed.signal.visits == []
    assert sealed.told == [(field, "value_empty") for field in ("visitor_id", "cart_token", "checkout_token")]


def test_facts_are_the_click_and_browser_keys_of_the_visit():
    user = User(ttclid="E.C.P.x", ttp="ttp-1", ip="81.2.69.142", user_agent="Mozilla/5.0")
    item = msgspec.structs.replace(an_item(visitor_id="v-1", url="https://shop.example/?email=a%40b.co"), user=user)
    sealed = seal(an_arrival(item))
    assert sealed.signal.facts == Facts(
        ttclid="E.C.P.x",
        ttp="ttp-1",
        ip="81.2.69.142",
        user_agent="Mozilla/5.0",
        url="https://shop.example/?email=redacted",
    )


def test_there_are_no_facts_without_a_visit_or_without_anything_to_borrow():
    assert seal(order_id=None).signal.facts is None
    assert seal(visitor_id="v-1", ttclid=None, url=None).signal.facts is None


def test_a_browser_is_taken_by_its_connection_and_not_by_its_word():
    item = msgspec.structs.replace(an_item(), user=User(ip="8.8.8.8", user_agent="Claimed/1.0"))
    arrival = an_arrival(item, channel=Channel.BROWSER, client_ip="81.2.69.142", user_agent="Real/1.0")
    sealed = seal(arrival)
    assert (sealed.user["ip"], sealed.user["user_agent"]) == ("81.2.69.142", "Real/1.0")


def test_a_server_s_own_connection_says_nothing_about_the_visitor():
    item = msgspec.structs.replace(an_item(), user=User(ip="8.8.8.8", user_agent="Visitor/1.0"))
    sealed = seal(an_arrival(item, client_ip="81.2.69.142", user_agent="python"))
    assert (sealed.user["ip"], sealed.user["user_agent"]) == ("8.8.8.8", "Visitor/1.0")


@pytest.mark.parametrize(
    ("asked", "permitted", "event_source", "sent"),
    [
        (True, False, "web", True),
        (False, True, "web", True),
        (True, True, "app", True),
        (False, False, "web", None),
        (True, True, "offline", None),
        (True, True, "crm", None),
    ],
)
def test_limited_data_use_is_said_where_it_is_valid_and_true(asked, permitted, event_source, sent):
    permission = msgspec.structs.replace(ALLOWED, limited=permitted)
    sealed = seal(permission=permission, limited_data_use=asked, event_source=event_source)
    assert sealed.body.get("limited_data_use") == sent


def test_a_lead_goes_along_without_anybody_s_address():
    sealed = seal(lead=Lead(lead_id="7301", lead_event_source="HubSpot of ada@shop.example"), event_source="crm")
    assert sealed.body["lead"] == {"lead_id": "7301", "lead_event_source": "HubSpot of [redacted]"}


def test_a_last_name_is_hashed_like_a_first_name():
    assert seal(last_name=" O'Neill").user["last_name"] == sha256_hex("oneill")


def test_a_user_agent_loses_only_an_address():
    item = an_item(user_agent=" Bot/2.0 (+https://bot.example; admin@bot.example) ")
    sent = seal(an_arrival(item)).user["user_agent"]
    assert sent == "Bot/2.0 (+https://bot.example; [redacted])"


def test_a_time_beyond_every_calendar_is_replaced_by_the_arrival_s():
    sealed = seal(event_time=10**30)
    assert sealed.signal.event_time == sealed.body["event_time"] == NOW_S
    assert sealed.told == [("event_time", "time_unusable")]
    msgspec.msgpack.encode(sealed.signal)


def test_a_value_without_currency_is_sent_and_told_but_not_counted():
    sealed = seal(currency=None)
    assert sealed.body["properties"]["value"] == 20.5
    assert sealed.signal.minor is None
    assert sealed.told == [("properties.currency", "currency_missing")]


def test_an_unknown_currency_is_passed_on_and_told():
    sealed = seal(currency="xxx")
    assert sealed.body["properties"]["currency"] == "XXX"
    assert sealed.told == [("properties.currency", "currency_unknown")]


def test_a_finding_is_told_once_and_with_the_item_s_place():
    notices = seal(phone=["12", "13"], index=7).notices
    assert [(notice.index, notice.field, notice.code) for notice in notices] == [
        (7, "user.phone", "phone_unresolvable")
    ]
