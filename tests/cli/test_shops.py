"""`twinbeam shops`, and the other commands where a workspace has several."""

import json

import pytest
from click.testing import CliRunner

from showroom import Showroom, bought
from signals import a_signal, order_lookup
from twinbeam.cli.main import twinbeam
from twinbeam.cli.setup import opened_store
from twinbeam.core.rules import MAIN

CODE = "C4A5B6C7D8E9F0G1H2I3"


@pytest.fixture(autouse=True)
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("TWINBEAM_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("TWINBEAM_KEYRING", str(tmp_path / "keyring.json"))
    said("pixels", "add", CODE)
    return tmp_path / "data"


def said(*words):
    """Give what a command prints, or the sentence with which it refuses."""
    done = CliRunner().invoke(twinbeam, words)
    return done.output or str(done.exception)


def a_key(*words, kind="server"):
    return said("keys", "create", kind, "--source", "till", "--pixel", CODE, *words)


def keys():
    with opened_store() as store:
        return [(key.kind, key.shop) for key in store.access_keys()]


def test_a_single_shop_never_needs_to_name_itself():
    a_key()
    a_key("--shop", "main", kind="browser")
    assert keys() == [("server", ""), ("browser", "")]
    assert "main" in said("shops", "list")
    assert "as the shop gives them" in said("shops", "list")


def test_a_key_belongs_to_the_shop_it_was_made_for():
    assert "--shop shop-fr --pixel CODE" in said("shops", "add", "shop-fr")
    told = json.loads(a_key("--shop", "shop-fr", "--json"))
    assert told["shop"] == "shop-fr"
    assert keys() == [("server", "shop-fr")]
    assert [line.split()[3] for line in said("keys", "list").splitlines()] == ["shop", "shop-fr"]
    assert told["id"] in said("shops", "list")


@pytest.mark.parametrize("command", ["keys create server --source x --shop nowhere --pixel", "shops remove nowhere"])
def test_an_unknown_shop_is_refused_with_the_names_of_the_known_ones(command):
    said("shops", "add", "shop-fr")
    words = [*command.split(), CODE] if command.endswith("--pixel") else command.split()
    told = said(*words)
    assert "There is no shop nowhere; known are main, shop-fr." in told
    assert "twinbeam shops add nowhere" in told
    assert keys() == []


@pytest.fixture
def room(data):
    """A store with order 1001 of two shops, the second of which was removed since."""
    said("shops", "add", "shop-fr")
    said("shops", "remove", "shop-fr")
    room = Showroom(data)
    room.record(bought("1001", workspace=MAIN))
    further = {"shop": "shop-fr", "order_id": "1001", "lookups": [order_lookup("1001", MAIN)]}
    room.record(a_signal("shop-fr-1001", workspace=MAIN, pixel="PIXEL", **further))
    yield room
    room.close()


def test_find_tells_of_the_orders_of_all_shops_and_whose_they_are(room):
    told = said("find", "--order-id", "1001")
    assert "shop      main" in told
    assert "shop      shop-fr" in told
    assert "shop      shop-fr" in said("find", "--event-id", "shop-fr-1001")


def test_an_export_may_be_of_one_shop(room):
    said("shops", "add", "shop-fr")
    lines = [json.loads(line) for line in said("export", "--shop", "shop-fr").splitlines() if line.startswith("{")]
    assert [line["event_id"] for line in lines] == ["shop-fr-1001"]
    assert "known are main, shop-fr" in said("export", "--shop", "nowhere")


def test_who_names_a_person_by_an_order_says_whose_order(room):
    said("shops", "add", "shop-fr")
    assert "say which one is meant" in said("export", "--order-id", "1001")
    told = CliRunner().invoke(twinbeam, ["export", "--order-id", "1001", "--shop", "shop-fr"]).stdout
    assert [one["story"]["event_id"] for one in json.loads(told)["stored"]] == ["shop-fr-1001"]
