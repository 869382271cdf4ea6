"""Who is meant: a person is looked up as events name them, and never by what was typed."""

from typing import get_args

import pytest

from builders import WORKSPACE
from sealing import seal
from twinbeam.admin import shops, workspaces
from twinbeam.admin.errors import Invalid, NotFound
from twinbeam.admin.person import Subject, SubjectKind, person_of
from twinbeam.core.keys import lookup, scope_of, visit
from twinbeam.core.rules import MAIN
from twinbeam.pipeline.identity.email import email_digest

DIGEST = email_digest("ada@shop.example")


@pytest.mark.parametrize("typed", ["\ufeffAda@Shop.example\u200b", "mailto:ada@shop.example", "Ada <ada@shop.example>"])
def test_a_person_is_found_by_the_clean_address_whatever_was_typed_at_first(admin, typed):
    workspaces.add(admin, WORKSPACE)
    looked_for = person_of(admin, Subject("email", "ada@shop.example", workspace=WORKSPACE))
    assert looked_for.lookup in seal(email=typed).signal.lookups


@pytest.mark.parametrize("given", ["ada@shop.example", DIGEST, DIGEST.upper()])
def test_a_hash_is_as_good_as_what_it_is_of(admin, given):
    assert person_of(admin, Subject("email", given)).lookup == lookup("email", MAIN, DIGEST)


@pytest.mark.parametrize(
    ("kind", "value", "told"),
    [
        ("email", "nobody", "This is not an e-mail address."),
        ("phone", "030123", "write it with its country code, such as +49"),
        ("external_id", "null", "This is no customer number."),
    ],
)
def test_what_nobody_can_go_by_is_refused_without_being_told_again(admin, kind, value, told):
    with pytest.raises(Invalid) as refused:
        person_of(admin, Subject(kind, value))
    assert told in str(refused.value)
    assert value not in str(refused.value)


@pytest.mark.parametrize("spelling", ["1001", "#1001", "gid://shopify/Order/1001"])
def test_an_order_is_found_in_every_spelling(admin, spelling):
    workspaces.add(admin, WORKSPACE)
    reported = seal(order_id="1001").signal
    assert person_of(admin, Subject("order", spelling, workspace=WORKSPACE)).lookup in reported.lookups


@pytest.mark.parametrize("kind", get_args(SubjectKind))
@pytest.mark.parametrize("value", ["", "  "])
def test_nobody_goes_by_an_empty_text(admin, kind, value):
    with pytest.raises(Invalid, match="say who is meant"):
        person_of(admin, Subject(kind, value))


def test_who_names_a_person_by_an_order_says_whose_order(admin):
    assert person_of(admin, Subject("order", "1001")).tokens == (visit("order", MAIN, "1001"),)
    shops.add(admin, MAIN, "shop-fr")
    with pytest.raises(Invalid, match="say which one is meant"):
        person_of(admin, Subject("order", "1001"))
    meant = person_of(admin, Subject("order", "1001", "shop-fr"))
    assert (meant.shop, meant.tokens) == ("shop-fr", (visit("order", scope_of(MAIN, "shop-fr"), "1001"),))


def test_a_visit_may_be_one_of_any_shop_that_is_or_was(admin):
    shops.add(admin, MAIN, "shop-fr")
    shops.remove(admin, MAIN, "shop-fr")
    tokens = {visit("visitor", scope_of(MAIN, shop), "v7") for shop in ("", "shop-fr")}
    assert set(person_of(admin, Subject("visitor", "v7")).tokens) == tokens


def test_a_workspace_that_nobody_added_is_named(admin):
    with pytest.raises(NotFound, match="There is no workspace hatz"):
        person_of(admin, Subject("email", "ada@shop.example", workspace="hatz"))
