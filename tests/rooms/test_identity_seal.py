"""What a Signal holds: ids, body, look-ups, visits and facts, with permission and without."""

import msgspec
import pytest

from builders import NOW_MS, NOW_S, PIXEL, WORKSPACE, an_arrival, an_item
from sealing import ALLOWED, BARE, DROPPED, ENDED, UNDECIDED, seal
from twinbeam.core.consent import NOTHING_SAID, ConsentRecord, DatedAnswer, Region
from twinbeam.core.keys import conversion_key, lookup, visit
from twinbeam.core.outcomes import Reason
from twinbeam.core.values import MATCH, Channel, Content, Facts, Lead, Properties, User
from twinbeam.pipeline.identity.hashing import sha256_hex

URL = "https://shop.example/thanks?order=1001"
BROWSER = {"channel": Channel.BROWSER, "client_ip": "81.2.69.142", "user_agent": "Mozilla/5.0"}


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


SAID = ConsentRecord(ad_storage=DatedAnswer(NOW_MS, "denied"), region=Region("DE", 0), source="banner")
FULL = {"phone": "+447911123456", "visitor_id": "v-1", "checkout_token": "k-1", "url": URL, "native": "sent"}
WITHOUT_A_PERSON = {
    "body": b"",
    "order_id": "",
    "minor": None,
    "currency": "",
    "lookups": [],
    "facts": None,
    "aliases": [],
    "native": "",
    "match": 0,
    "marks": [],
    "order_event_id": "",
}


def test_what_is_undecided_is_sealed_in_full_because_it_may_be_held():
    allowed, undecided = (seal(permission=found, record=SAID, **FULL).signal for found in (ALLOWED, UNDECIDED))
    assert undecided == msgspec.structs.replace(allowed, permission=UNDECIDED)
    filled = ("body", "order_id", "minor", "currency", "lookups", "visits", "facts", "consent", "aliases", "match")
    assert all(getattr(undecided, name) for name in filled)


def test_a_refusal_keeps_its_visit_and_the_word_and_nothing_of_the_person():
    allowed, refused = (seal(permission=found, record=SAID, **FULL).signal for found in (ALLOWED, DROPPED))
    assert refused == msgspec.structs.replace(
        allowed,
        permission=DROPPED,
        **WITHOUT_A_PERSON | {name: getattr(allowed, name) for name in ("aliases", "order_id", "order_event_id")},
    )
    assert refused.visits
    assert refused.aliases
    assert refused.consent == SAID


def test_what_is_left_to_the_browser_teaches_its_visit_what_it_may():
    left = msgspec.structs.replace(ENDED, reason=Reason.LEFT_TO_BROWSER)
    allowed = seal(record=SAID, **FULL).signal
    for teaches, facts in ((True, allowed.facts), (False, None)):
        permission = msgspec.structs.replace(left, teaches=teaches)
        signal = seal(permission=permission, record=SAID, **FULL).signal
        assert (signal.visits, signal.consent, signal.facts) == (allowed.visits, SAID, facts)
        assert (signal.body, signal.lookups, signal.aliases) == (b"", [], [])


@pytest.mark.parametrize("reason", sorted(set(Reason) - {Reason.NO_CONSENT, Reason.LEFT_TO_BROWSER}))
def test_what_goes_no_further_for_another_reason_keeps_nothing_but_its_heading(reason):
    ended = msgspec.structs.replace(ENDED, reason=reason)
    allowed, dropped = (seal(permission=found, record=SAID, **FULL).signal for found in (ALLOWED, ended))
    assert dropped == msgspec.structs.replace(
        allowed, permission=ended, visits=[], strong=False, consent=None, **WITHOUT_A_PERSON
    )


@pytest.mark.parametrize(
    ("reason", "kept"),
    [
        (Reason.PAGE_SEEN, ["base_code_not_in_head"]),
        (Reason.LEFT_TO_BROWSER, ["base_code_not_in_head"]),
        (Reason.FOREIGN_HOST, []),
        (Reason.TEST_ORDER, []),
    ],
)
def test_what_a_tag_found_is_kept_of_a_page_of_the_shop_alone_and_once(reason, kept):
    said = ["page_seen", "base_code_not_in_head", "base_code_not_in_head", "made_up"]
    ended = msgspec.structs.replace(ENDED, reason=reason)
    assert seal(permission=ended, record=SAID, observed=said).signal.observed == kept


def test_where_nothing_was_said_no_record_is_kept():
    assert seal(record=NOTHING_SAID).signal.consent is None
    assert seal(record=SAID).signal.consent == SAID


def test_the_visit_of_a_refusal_is_told_its_empty_tokens():
    assert seal(permission=DROPPED, visitor_id="null").told == [("visitor_id", "value_empty")]


class TestMatch:
    def test_has_one_bit_for_each_match_key_of_the_body(self):
        user = dict.fromkeys(MATCH, "x-1") | {"email": "ada@shop.example", "phone": "+447911123456"}
        for name, bit in MATCH.items():
            alone = dict.fromkeys(("email", "external_id", "ttclid")) | {name: user[name]}
            assert seal(**alone | ({"ip": "81.2.69.142"} if name == "ip" else {})).signal.match == bit

    def test_adds_the_bits_up(self):
        signal = seal(phone="+447911123456", city="London", country="GB").signal
        assert signal.match == sum(MATCH[name] for name in ("email", "phone", "external_id", "ttclid"))

    def test_counts_no_key_that_was_left_out(self):
        assert seal(email="nobody", external_id="null", ttclid=None).signal.match == 0

    def test_counts_the_connection_of_a_browser(self):
        arrival = an_arrival(an_item(email=None, external_id=None, ttclid=None), **BROWSER)
        assert seal(arrival).signal.match == MATCH["ip"]


TRACEABLE = {
    "phone": "+447911123456",
    "first_name": "Ada",
    "city": "London",
    "state": "ENG",
    "zip_code": "E1",
    "country": "GB",
    "locale": "en_GB",
    "ttp": "ttp-1",
    "ip": "81.2.69.142",
    "user_agent": "Mozilla/5.0",
    "visitor_id": "v-1",
    "url": "https://shop.example/thanks;jsessionid=7?ttclid=E.C.P.x&uid=7#top",
    "lead": Lead(lead_id="7301"),
}


class TestWithoutIdentifiers:
    def test_a_user_has_only_country_and_locale(self):
        assert seal(permission=BARE, **TRACEABLE).user == {"country": "gb", "locale": "en-GB"}

    def test_an_address_has_no_query_because_click_ids_stand_there(self):
        assert seal(permission=BARE, **TRACEABLE).body["page"] == {"url": "https://shop.example/thanks"}

    def test_nothing_leads_to_the_person_and_nothing_can_be_borrowed(self):
        signal = seal(permission=BARE, **TRACEABLE).signal
        assert signal.lookups == [lookup("order", WORKSPACE, "1001")]
        assert (signal.facts, signal.match) == (None, 0)
        assert "lead" not in seal(permission=BARE, **TRACEABLE).body

    def test_the_visit_is_known_because_a_later_refusal_must_reach_it(self):
        assert seal(permission=BARE, **TRACEABLE).signal.visits == seal(**TRACEABLE).signal.visits

    def test_what_happened_stays(self):
        assert seal(permission=BARE, **TRACEABLE).body["properties"] == seal(**TRACEABLE).body["properties"]

    def test_the_id_is_the_same_as_with_them(self):
        visit = TRACEABLE | {"event_id": None, "order_id": None}
        assert seal(permission=BARE, **visit).signal.key == seal(**visit).signal.key


@pytest.mark.parametrize(
    ("channel", "said", "kept"),
    [
        (Channel.BROWSER, None, "placed"),
        (Channel.BROWSER, "paid", "paid"),
        (Channel.SERVER, None, ""),
        (Channel.WEBHOOK, None, ""),
        (Channel.WEBHOOK, "shipped", "shipped"),
        (Channel.FILE, None, ""),
    ],
)
def test_a_browser_reports_an_order_that_was_placed(channel, said, kept):
    assert seal(an_arrival(an_item(stage=said), channel=channel)).signal.stage == kept


def test_what_the_tag_and_the_door_found_goes_along():
    signal = seal(native="blocked", spelling="CompletePayment").signal
    assert (signal.native, signal.spelling) == ("blocked", "CompletePayment")
    assert (seal().signal.native, seal().signal.spelling) == ("", "")


def test_a_test_is_another_conversion_than_the_same_in_earnest():
    tested = seal(test_code="TEST123", checkout_token="k-1").signal
    assert tested.key == conversion_key(WORKSPACE, "web", f"{PIXEL}?TEST123", "Purchase", "order-1001")
    assert (tested.pixel, tested.test_code) == (PIXEL, "TEST123")
    assert set(tested.aliases).isdisjoint(seal(checkout_token="k-1").signal.aliases)
    assert tested.aliases[0] == conversion_key(WORKSPACE, "web", f"{PIXEL}?TEST123", "Purchase", "1001")


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
    signal = seal(
        email=["ada@shop.example", "eve@shop.example"], phone="+447911123456", external_id="customer-7"
    ).signal
    assert signal.lookups == [
        lookup("order", WORKSPACE, "1001"),
        lookup("email", WORKSPACE, sha256_hex("ada@shop.example")),
        lookup("email", WORKSPACE, sha256_hex("eve@shop.example")),
        lookup("phone", WORKSPACE, sha256_hex("+447911123456")),
        lookup("external_id", WORKSPACE, sha256_hex("customer-7")),
        lookup("ttclid", WORKSPACE, signal_ttclid()),
    ]


def signal_ttclid():
    """Give the click id of the usual arrival."""
    return seal().body["user"]["ttclid"]


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


def test_what_a_tag_observed_is_kept_where_it_is_a_word_of_ours():
    assert seal(observed=["gate_void", "click_lost"]).signal.observed == ["gate_void", "click_lost"]
    assert seal(observed=["ada@shop.example", "id_mismatch", "x"]).signal.observed == []
    assert seal().signal.observed == []


def test_a_finding_is_told_once_and_with_the_item_s_place():
    notices = seal(phone=["12", "13"], index=7).notices
    assert [(notice.index, notice.field, notice.code) for notice in notices] == [
        (7, "user.phone", "phone_unresolvable")
    ]


def test_a_signal_that_goes_on_carries_fields_and_codes_of_what_was_told():
    said = {"phone": "no number", "email": "ada@shop.example", "remarks": ("event", "event_name_mapped")}
    told = ["event", "event_name_mapped", "user.phone", "phone_unresolvable"]
    assert seal(**said).signal.told == told
    assert seal(permission=UNDECIDED, **said).signal.told == told
    assert seal(permission=DROPPED, **said).signal.told == []
    assert seal(email="ada@shop.example").signal.told == []
