"""Shops: several on one pixel, whose ids never meet."""

import pytest

from twinbeam.admin import keys, shops, workspaces
from twinbeam.admin.errors import Conflict, Invalid, NotFound
from twinbeam.admin.shops import ShopRow
from twinbeam.core.rules import MAIN, Route
from twinbeam.core.values import KeyKind

CODE = "C4A5B6C7D8E9F0G1H2I3"


def a_key(admin, shop):
    """Make a server key of a shop, past the look at its pixel."""
    admin.store.save_pixel(workspace=MAIN, code=CODE, event_source="web", name="Shop", now_ms=1)
    return keys.create(admin, keys.NewKey(KeyKind.SERVER, "till", (Route(CODE),), shop)).row.id


def test_a_single_shop_never_needs_to_name_itself(admin):
    assert shops.known(admin, MAIN, None) == shops.known(admin, MAIN, "main") == ""
    assert shops.listed(admin, MAIN) == [ShopRow("main", "", [])]


def test_who_has_several_says_which_one_is_meant(admin):
    shops.add(admin, MAIN, "shop-fr")
    assert shops.known(admin, MAIN, "shop-fr") == "shop-fr"
    with pytest.raises(Invalid, match="say which one is meant: --shop main or --shop shop-fr"):
        shops.known(admin, MAIN, None)


def test_an_unknown_one_is_refused_with_the_names_of_the_known_ones(admin):
    workspaces.add(admin, "hats")
    shops.add(admin, MAIN, "shop-fr")
    with pytest.raises(NotFound, match=r"known are main, shop-fr. Add it first: twinbeam shops add nowhere$"):
        shops.known(admin, MAIN, "nowhere")
    with pytest.raises(NotFound, match=r"known are main. Add it first: twinbeam shops add shop-fr --workspace hats$"):
        shops.known(admin, "hats", "shop-fr")


@pytest.mark.parametrize("name", ["Shop", "", "a b", "-a", "ü", "a/b", "a" * 41])
def test_a_name_that_cannot_be_is_refused(admin, name):
    with pytest.raises(Invalid, match="is no name for a shop"):
        shops.add(admin, MAIN, name)


@pytest.mark.parametrize("name", ["main", "shop-fr"])
def test_a_name_is_given_once(admin, name):
    shops.add(admin, MAIN, "shop-fr")
    with pytest.raises(Conflict, match="already"):
        shops.add(admin, MAIN, name)


@pytest.mark.parametrize("pair", [("shop", "shop-fr"), ("shop-fr", "shop"), ("a-b", "a-b-c")])
def test_no_id_of_one_shop_can_be_that_of_another(admin, pair):
    first, second = pair
    shops.add(admin, MAIN, first)
    with pytest.raises(Conflict, match="choose another name"):
        shops.add(admin, MAIN, second)
    shops.remove(admin, MAIN, first)
    with pytest.raises(Conflict, match="choose another name"):
        shops.add(admin, MAIN, second)
    shops.add(admin, MAIN, f"{first}2")


def test_a_shop_is_removed_once_its_keys_are_revoked_and_may_come_back(admin):
    shops.add(admin, MAIN, "shop-fr")
    key = a_key(admin, "shop-fr")
    assert shops.listed(admin, MAIN) == [ShopRow("main", "", []), ShopRow("shop-fr", "shop-fr-", [key])]
    with pytest.raises(Conflict, match=f"revoke them first: twinbeam keys revoke {key}"):
        shops.remove(admin, MAIN, "shop-fr")
    keys.revoke(admin, MAIN, key)
    shops.remove(admin, MAIN, "shop-fr")
    assert [row.name for row in shops.listed(admin, MAIN)] == ["main"]
    assert admin.store.all_shops(MAIN) == ["", "shop-fr"]
    shops.add(admin, MAIN, "shop-fr")


def test_the_first_shop_cannot_be_removed(admin):
    with pytest.raises(Conflict, match="cannot be removed"):
        shops.remove(admin, MAIN, "main")
