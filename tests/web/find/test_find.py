"""The search box of every page."""

import logging
from urllib.parse import quote_plus

import pytest
from msgspec.structs import replace

from builders import WORKSPACE
from ledgers import ordered
from reading import words
from showroom import DENIED, UNSAID, bought, kept_out
from twinbeam.core.keys import lookup
from twinbeam.pipeline.identity.event_ids import safe_id
from twinbeam.pipeline.identity.person import hashed_external_id
from twinbeam.pipeline.identity.phone import Phones
from twinbeam.search import PERSONAL, By
from twinbeam.web.contract import LagView

EMAIL = "ada@shop.example"


@pytest.mark.parametrize("typed", ["1001", "#1001", " order-1001 ", "Ada@Shop.example"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_order_id_an_event_id_or_an_address_leads_to_the_conversion(room, typed, method):
    room.add_pixel()
    room.record(bought("1001"))
    query = f"q={quote_plus(typed)}"
    ask = {"method": "POST", "body": query.encode()} if method == "POST" else {}
    answer = room.get("/find" if ask else f"/find?{query}", **ask)
    assert (answer.status, answer.headers["location"]) == (303, "/events/1")


def test_an_address_with_several_conversions_lists_them_and_is_neither_shown_nor_logged(room, caplog):
    caplog.set_level(logging.DEBUG)
    room.add_pixel()
    room.record(bought("1"), bought("2"))
    answer = room.get("/find", method="POST", body=b"q=ada%40shop.example")
    assert "2 conversions" in words(answer)
    assert "order 2" in words(answer)
    assert EMAIL not in answer.text
    assert EMAIL not in caplog.text
    assert "shop.example" not in str(answer.headers)


@pytest.mark.parametrize("typed", ["ada@shop.example", "+49 170 1234567"])
def test_what_names_a_person_is_not_shown_again_even_where_an_id_held_it(room, typed):
    room.add_pixel()
    room.record(kept_out(safe_id(typed), event_id=safe_id(typed)), kept_out("2", event_id=safe_id(typed), event="Lead"))
    answer = room.get("/find", method="POST", body=b"q=" + quote_plus(typed).encode())
    assert "2 conversions" in words(answer)
    assert typed not in answer.text


@pytest.mark.parametrize("typed", ["ada@shop.example", "ada@shop", "+49 170 1234567"])
def test_what_names_a_person_is_not_shown_again_when_nothing_is_found(room, typed):
    answer = room.get("/find", method="POST", body=b"q=" + quote_plus(typed).encode())
    assert "Nothing is known." in words(answer)
    assert typed not in answer.text


def test_a_long_list_shows_the_newest_hundred(room):
    room.add_pixel()
    room.record(*(bought(str(n)) for n in range(120)))
    text = words(room.get("/find", method="POST", body=b"q=ada%40shop.example"))
    assert "120 conversions , of which these are the newest 100" in text.replace("conversions,", "conversions ,")
    assert "order 119 " in text
    assert "order 19 " not in text


def test_what_is_only_in_a_journal_is_found_as_accepted(room):
    room.add_pixel()
    room.in_journal.add((WORKSPACE, "order-5"))
    room.lag = LagView(lag_seconds=75.0, pending=1)
    assert "Accepted and stored in the journal; not recorded yet." in words(room.get("/find?q=order-5"))
    assert "75 s behind" in words(room.get("/find?q=order-5"))


def test_what_nobody_knows_is_said_with_hints(room):
    assert "Nothing is known under nope" in words(room.get("/find?q=nope"))


def test_a_search_of_unreasonable_size_is_refused(room):
    answer = room.get("/find", method="POST", body=b"q=" + b"x" * 10_000)
    assert answer.status == 413


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        ("phone", "+49 151 12345678"),
        ("external_id", "cust-77"),
        ("ttclid", "E.C.P.abcdefghijklmnopqrstuv"),
    ],
)
def test_a_phone_a_customer_id_and_a_click_id_lead_to_the_conversion(room, kind, typed):
    digest = {"phone": Phones(None).hashed(typed, None, []), "external_id": hashed_external_id(typed, [])}
    room.add_pixel()
    room.record(replace(bought("1"), lookups=[lookup(kind, WORKSPACE, digest.get(kind, typed))]))
    answer = room.get("/find", method="POST", body=b"q=" + quote_plus(typed).encode())
    assert (answer.status, answer.headers["location"]) == (303, "/events/1")


def test_what_leads_to_a_person_is_known_to_be_personal():
    assert set(By) - PERSONAL == {By.EVENT_ID, By.ORDER_ID}


def test_an_order_that_was_declined_or_is_held_is_found_by_its_number(room):
    room.add_pixel()
    room.record(kept_out("1001", event_id="1001"), *ordered("1002", permission=DENIED, event_id="page-7"))
    room.record(*ordered("1003", permission=UNSAID, lookups=[]), bought("1004", event_id="1001", event="ViewContent"))
    declined = words(room.get("/find?q=1001"))
    assert "2 conversions" in declined
    assert "The visitor declined advertising consent" in declined
    assert room.get("/find?q=1002").headers["location"] == "/events/2"
    assert room.get("/find?q=1003").headers["location"] == "/events/3"
    assert room.get("/find?q=1002", who="viewer", workspace="hats").status == 200
    assert "Nothing is known" in words(room.get("/find?q=1002", who="viewer", workspace="hats"))
