"""Every vector of spec/identifiers.json, through the room's front door."""

from hashlib import sha256

import pytest

from builders import PIXEL, WORKSPACE
from sealing import VECTORS, seal
from twinbeam.core.keys import conversion_key, scope_of
from twinbeam.core.rules import PixelRules
from twinbeam.core.values import User

USER_FIELDS = tuple(field for field in VECTORS if field in User.__struct_fields__)
CASES = [(field, vector) for field in USER_FIELDS for vector in VECTORS[field]]


def of(field):
    return [pytest.param(vector, id=str(vector.get("typed", vector))[:40]) for vector in VECTORS[field]]


def context(vector):
    return {"country": vector["country"]} if "country" in vector else {}


def named(cases):
    return [pytest.param(field, vector, id=f"{field}-{vector['typed']}"[:48]) for field, vector in cases]


@pytest.mark.parametrize(("field", "vector"), named(CASES))
def test_an_identifier_is_sent_as_the_vectors_say(field, vector):
    sealed = seal(**{field: vector["typed"]} | context(vector), url=None)
    assert sealed.user.get(field) == vector["sent"]


@pytest.mark.parametrize(("field", "vector"), named(CASES))
def test_what_is_left_out_is_told_and_nothing_else(field, vector):
    sealed = seal(**{field: vector["typed"]} | context(vector), url=None)
    expected = [(f"user.{field}", vector["notice"])] if "notice" in vector else []
    also = [("user.country", vector["also"])] if "also" in vector else []
    assert sorted(sealed.told) == sorted(expected + also)


@pytest.mark.parametrize("vector", [v for _, v in CASES if "normal" in v], ids=lambda v: v["typed"][:40])
def test_a_hash_in_the_vectors_is_the_sha256_of_the_normal_form(vector):
    assert vector["sent"] == sha256(vector["normal"].encode()).hexdigest()


@pytest.mark.parametrize("vector", of("url"))
def test_an_address_is_scrubbed_as_the_vectors_say(vector):
    sealed = seal(url=vector["typed"], referrer=vector["typed"], ttclid="E.C.P.x")
    assert sealed.body["page"] == {"url": vector["sent"], "referrer": vector["sent"]}
    changed = vector["sent"] != vector["typed"]
    expected = [("page.url", "url_scrubbed"), ("page.referrer", "url_scrubbed")] if changed else []
    assert [told for told in sealed.told if told[1] == "url_scrubbed"] == expected


@pytest.mark.parametrize("vector", of("text"))
def test_free_text_is_scrubbed_as_the_vectors_say(vector):
    sealed = seal(description=vector["typed"])
    assert sealed.body["properties"]["description"] == vector["sent"]
    assert sealed.told == ([("properties.description", "text_scrubbed")] if vector["sent"] != vector["typed"] else [])


@pytest.mark.parametrize("field", ["event_id", "order_id"])
@pytest.mark.parametrize("vector", of("id"))
def test_an_id_that_names_a_person_is_replaced_by_its_hash(field, vector):
    sealed = seal(**{field: vector["typed"]})
    assert getattr(sealed.signal, field) == vector["sent"]
    assert sealed.told == ([(field, vector["notice"])] if "notice" in vector else [])


@pytest.mark.parametrize("vector", of("money"))
def test_an_amount_is_kept_in_the_minor_unit_of_its_currency(vector):
    sealed = seal(value=vector["value"], currency=vector["currency"])
    assert sealed.signal.minor == vector["minor"]
    assert sealed.signal.currency == vector["currency"].upper() == sealed.body["properties"]["currency"]
    assert sealed.body["properties"]["value"] == vector["value"]


@pytest.mark.parametrize("vector", of("host_only"))
def test_a_restricted_pixel_gets_of_an_address_what_the_vectors_say(vector):
    sealed = seal(url=vector["typed"], referrer=vector["typed"], rules=PixelRules(restricted=True))
    assert sealed.body.get("page") == (vector["sent"] and {"url": vector["sent"], "referrer": vector["sent"]})


@pytest.mark.parametrize("vector", of("derived_id"))
def test_order_checkout_and_cart_give_the_ids_that_the_vectors_say(vector):
    fields = {name: value for name, value in vector.items() if name not in {"id", "also", "why"}}
    signal = seal(**{"event_id": None, "order_id": None} | fields).signal
    if vector["id"] is None:
        assert signal.event_id.startswith("hash-")
    else:
        assert signal.event_id == vector["id"]
    others = vector.get("also", [])
    scope = scope_of(WORKSPACE, vector.get("shop", ""))
    assert signal.aliases == [conversion_key(scope, "web", PIXEL, signal.event, other) for other in others]


def test_every_user_field_has_vectors():
    assert set(User.__struct_fields__) - set(USER_FIELDS) == {"last_name", "user_agent"}
