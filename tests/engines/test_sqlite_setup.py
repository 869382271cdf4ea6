"""What operators set up in the SQLite store, beside a running writer."""

from pathlib import Path

import pytest

from engines.kit.embedded import found_in_files
from engines.kit.harness import Harness
from signals import NOW, a_signal
from twinbeam.core.errors import ConfigError
from twinbeam.core.rules import ConsentRules, PixelRules, Route
from twinbeam.core.story import KeyRow
from twinbeam.engines.stores.sqlite.store import SqliteSetup, SqliteStore

OPEN = PixelRules(consent=ConsentRules(policy="not_required"))


def a_pixel(setup: SqliteSetup | SqliteStore, code: str = "PIXEL1") -> None:
    setup.save_pixel(workspace="shop", code=code, event_source="web", name="Shop", now_ms=NOW)


def test_settings_can_be_changed_beside_a_running_writer(h: Harness, data: Path) -> None:
    h.take(a_signal())
    setup = SqliteSetup(data, h.engine.ring)
    a_pixel(setup)
    setup.save_token(workspace="shop", code="PIXEL1", token="token-1", now_ms=NOW)
    h.take(a_signal("e-2"))
    assert [pixel.has_token for pixel in h.store.pixels()] == [True]
    assert h.store.tokens() == {("shop", "PIXEL1"): "token-1"}
    assert setup.by_event_id("shop", "e-2")[0].state == "ready"
    setup.close()


def test_a_token_is_unreadable_in_the_files_and_never_listed(h: Harness, data: Path) -> None:
    a_pixel(h.store)
    h.store.save_token(workspace="shop", code="PIXEL1", token="token-marker", now_ms=NOW)
    assert h.store.tokens() == {("shop", "PIXEL1"): "token-marker"}
    assert "token-marker" not in repr(h.store.pixels())
    assert not found_in_files(data, b"token-marker")


def test_a_token_copied_to_another_pixel_does_not_open(h: Harness) -> None:
    for code in ("PIXEL1", "PIXEL2"):
        a_pixel(h.store, code)
    h.store.save_token(workspace="shop", code="PIXEL1", token="token-1", now_ms=NOW)
    h.store._db.execute("UPDATE pixel SET token = (SELECT token FROM pixel WHERE code = 'PIXEL1')")
    assert h.store.tokens() == {("shop", "PIXEL1"): "token-1"}


def test_an_unreadable_token_keeps_no_other_pixel_from_its_own(h: Harness) -> None:
    for code in ("PIXEL1", "PIXEL2"):
        a_pixel(h.store, code)
        h.store.save_token(workspace="shop", code=code, token=f"token of {code}", now_ms=NOW)
    h.store._db.execute("UPDATE pixel SET token = zeroblob(40) WHERE code = 'PIXEL1'")
    assert h.store.tokens() == {("shop", "PIXEL2"): "token of PIXEL2"}
    assert [pixel.has_token for pixel in h.store.pixels()] == [True, True]


def test_a_token_for_an_unknown_pixel_names_the_command_that_adds_it(h: Harness) -> None:
    with pytest.raises(ConfigError, match="twinbeam pixels add PIXEL9"):
        h.store.save_token(workspace="shop", code="PIXEL9", token="token-1", now_ms=NOW)
    assert h.store.tokens() == {}


def test_changing_a_pixel_keeps_its_token(h: Harness) -> None:
    a_pixel(h.store)
    h.store.save_token(workspace="shop", code="PIXEL1", token="token-1", now_ms=NOW)
    h.store.save_pixel(workspace="shop", code="PIXEL1", event_source="web", name="New", rules=OPEN, now_ms=NOW + 1)
    (pixel,) = h.store.pixels()
    assert (pixel.name, pixel.consent, pixel.created_ms, pixel.has_token) == ("New", "not_required", NOW, True)


def test_a_key_is_revoked_once(h: Harness) -> None:
    key = KeyRow(
        "key-1",
        "hash",
        "server",
        "shop",
        "checkout",
        [Route("PIXEL1"), Route("PIXEL2", hosts=("shop.example",))],
        NOW,
        None,
    )
    h.store.add_key(key)
    assert h.store.access_keys() == [key]
    assert [h.store.revoke_key("key-1", NOW + 1), h.store.revoke_key("key-1", NOW + 2)] == [True, False]
    assert h.store.access_keys()[0].revoked_ms == NOW + 1
    assert not h.store.revoke_key("key-9", NOW)
