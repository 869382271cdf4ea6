"""Several shops of one workspace, each with numbers of its own, on one pixel."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import NOW_MS, an_arrival, an_item
from sealing import UNDECIDED, seal
from twinbeam.core.consent import ConsentRecord, DatedAnswer
from twinbeam.core.keys import lookup
from twinbeam.core.values import Channel
from twinbeam.pipeline.consent.receipts import NO_RECEIPT, ReceiptContent, Receipts
from twinbeam.pipeline.identity.order_ids import LINE_EVENTS, NAMING
from twinbeam.pipeline.identity.statements import seal_statement

SHOPS = ("", "shop-fr", "outlet")
TOKENS = ("event_id", "order_id", "checkout_token", "cart_token", "order_token", "visitor_id", "cart_line")
NOTHING = {"event_id": None, "order_id": None}


def told(shop, **changes):
    return seal(**NOTHING | {"shop": shop} | changes).signal


def everything(signal):
    """Give all under which an arrival meets others of its kind, the order that a browser claims included."""
    return {signal.key, *signal.aliases, *signal.visits, signal.claim} - {b""}


@pytest.mark.parametrize(
    ("said", "derived"),
    [
        ({"order_id": "1001"}, "1001"),
        ({"checkout_token": "k-1"}, "checkout-74275c3149a33b38b16339c643cd8e58"),
        ({"order_id": "1001", "order_token": "t-1"}, "token-"),
        ({"idempotency": "once"}, "idem-"),
        ({}, "hash-"),
    ],
)
def test_an_id_that_is_derived_begins_with_the_name_of_a_further_shop(said, derived):
    first = told("", **said).event_id
    assert first.startswith(derived)
    assert told("shop-fr", **said).event_id == f"shop-fr-{first}"


def test_an_id_that_was_given_stays_as_it_is():
    assert told("shop-fr", event_id="tag-7", order_id="1001").event_id == "tag-7"
    assert told("shop-fr", event_id="1001", order_id="1001").event_id == "1001"


def test_what_goes_to_tiktok_names_the_order_as_its_shop_does():
    sealed = seal(**NOTHING | {"shop": "shop-fr", "order_id": "1001"})
    assert sealed.body["event_id"] == "shop-fr-1001"
    assert sealed.body["properties"]["order_id"] == "1001"
    assert (sealed.signal.order_id, sealed.signal.shop) == ("1001", "shop-fr")


def test_people_look_an_order_up_in_all_shops_at_once():
    assert [told(shop, order_id="1001").lookups[0] for shop in SHOPS] == [lookup("order", "default", "1001")] * 3


@pytest.mark.parametrize("given_id", ["tag-7", "1001", "shop-fr-1001"])
def test_copies_of_one_order_meet_within_their_shop_whatever_id_the_page_gave(given_id):
    for shop in SHOPS:
        page = told(shop, event_id=given_id, order_id="1001", channel=Channel.BROWSER)
        server = told(shop, order_id="1001")
        assert page.order_event_id in ("", server.event_id)
        assert {page.key, *page.aliases} & {server.key, *server.aliases}


@given(
    event=st.sampled_from(sorted(NAMING) + sorted(LINE_EVENTS) + ["ViewContent"]),
    said=st.fixed_dictionaries(
        {},
        optional={name: st.sampled_from(["1001", "a-1", "shop-fr-1001", "#7"]) for name in TOKENS},
    ),
    channel=st.sampled_from([Channel.BROWSER, Channel.SERVER]),
    shops=st.sampled_from([(one, other) for one in SHOPS for other in SHOPS if one != other]),
)
def test_what_two_shops_report_never_meets(event, said, channel, shops):
    one, other = (told(shop, event=event, channel=channel, **said) for shop in shops)
    assert everything(one).isdisjoint(everything(other))
    assert one.event_id != other.event_id or "event_id" in said


def test_a_word_on_consent_stays_in_its_shop():
    item = an_item(visitor_id="v-1", order_id="1001", cart_token="c-1")
    said = [seal_statement(an_arrival(item, shop=shop), ConsentRecord()).signal for shop in SHOPS]
    assert len({token for signal in said for token in signal.visits}) == 3 * len(said[0].visits)
    bought = told("shop-fr", visitor_id="v-1")
    assert set(bought.visits) <= set(said[1].visits)


def test_a_tombstone_keeps_its_shop():
    assert seal(**NOTHING | {"shop": "outlet", "order_id": "1001"}, permission=UNDECIDED).signal.shop == "outlet"


def test_a_receipt_speaks_in_the_shop_whose_page_it_came_from():
    receipts = Receipts([b"r" * 32])
    visitor = told("shop-fr", visitor_id="v-1").visits[0]
    record = ConsentRecord(ad_storage=DatedAnswer(NOW_MS, "granted"))
    receipt = receipts.sign(record, visitor, an_arrival(shop="shop-fr").origin.scope, NOW_MS)
    heard = [receipts.heard(an_arrival(shop=shop, consent_receipt=receipt)) for shop in SHOPS]
    assert heard[1] == ReceiptContent(record, visitor)
    assert [heard[0].code, heard[2].code] == ["receipt_foreign"] * 2
    assert heard[1] != NO_RECEIPT
