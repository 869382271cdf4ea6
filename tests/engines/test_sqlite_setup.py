"""What operators set up in the SQLite store, beside a running writer."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from engines.kit.embedded import found_in_files
from engines.kit.harness import Harness
from signals import NOW, a_signal
from twinbeam.app.snapshot import SnapshotFile, directory_of, publish
from twinbeam.core.errors import ConfigError
from twinbeam.core.rules import ConsentRules, PixelRules, Route, WorkspaceRules
from twinbeam.core.story import Change, KeyRow, Stopped
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


def test_rules_are_kept_and_every_change_of_one_is_a_line_of_the_audit(h: Harness) -> None:
    usual = {"workspace": "shop", "code": "PIXEL1", "event_source": "web", "name": "Shop", "who": "ada"}
    h.store.save_pixel(**usual, now_ms=NOW)
    h.store.save_pixel(**usual, rules=OPEN, now_ms=NOW + 1)
    h.store.save_pixel(**usual, rules=PixelRules(ways={"Search": "both"}, hosts=("a.example",)), now_ms=NOW + 2)
    (pixel,) = h.store.pixels()
    assert (pixel.rules.ways, pixel.rules.hosts, pixel.consent) == ({"Search": "both"}, ("a.example",), "by_region")
    assert h.store.changes(limit=9) == [
        Change(NOW + 2, "ada", "pixel shop/PIXEL1 ways.Search", "", "both"),
        Change(NOW + 2, "ada", "pixel shop/PIXEL1 hosts", "", '["a.example"]'),
        Change(NOW + 2, "ada", "pixel shop/PIXEL1 consent.policy", "not_required", ""),
        Change(NOW + 1, "ada", "pixel shop/PIXEL1 consent.policy", "", "not_required"),
        Change(NOW, "ada", "pixel shop/PIXEL1", "", "Shop"),
    ]
    assert len(h.store.changes(limit=2)) == 2


def test_saving_what_is_so_already_is_no_change(h: Harness) -> None:
    for _ in range(2):
        h.store.save_pixel(workspace="shop", code="A", event_source="web", name="A", rules=OPEN, now_ms=NOW)
    assert len(h.store.changes(limit=9)) == 2


def test_tokens_keys_and_workspaces_are_audited_without_their_secrets(h: Harness) -> None:
    a_pixel(h.store)
    h.store.save_token(workspace="shop", code="PIXEL1", token="token-marker", now_ms=NOW)
    h.store.save_token(workspace="shop", code="PIXEL1", token="token-marker", now_ms=NOW)
    h.store.add_key(KeyRow("key-1", "hash-marker", "server", "shop", "till", [Route("PIXEL1")], NOW, None))
    h.store.revoke_key("key-1", NOW)
    h.store.save_workspace("hats", WorkspaceRules(keep_days=14), now_ms=NOW)
    lines = [(change.what, change.before, change.after) for change in reversed(h.store.changes(limit=9))]
    assert lines == [
        ("pixel shop/PIXEL1", "", "Shop"),
        ("pixel shop/PIXEL1 token", "", "saved"),
        ("pixel shop/PIXEL1 token", "another one", "saved"),
        ("key key-1", "", 'server for till: [{"pixel":"PIXEL1"}]'),
        ("key key-1", "valid", "revoked"),
        ("workspace hats", "", "added"),
        ("workspace hats keep_days", "", "14"),
    ]
    assert h.store.workspaces() == {"hats": WorkspaceRules(keep_days=14)}


def test_the_audit_counts_addresses_and_does_not_keep_them(h: Harness) -> None:
    rules = PixelRules(test_emails=("f" * 64,))
    h.store.save_pixel(workspace="shop", code="A", event_source="web", name="A", rules=rules, now_ms=NOW)
    assert h.store.changes(limit=1)[0].after == "1 listed"


@pytest.mark.parametrize("sql", ["UPDATE audit SET after = ''", "DELETE FROM audit"])
def test_a_line_of_the_audit_is_never_changed_or_removed(h: Harness, data: Path, sql: str) -> None:
    a_pixel(h.store)
    with closing(sqlite3.connect(data / "store.db")) as db, pytest.raises(sqlite3.IntegrityError, match="stay"):
        db.execute(sql)


def test_a_key_is_revoked_in_its_own_workspace_only(h: Harness) -> None:
    h.store.add_key(KeyRow("key-1", "hash", "server", "shop", "till", [], NOW, None))
    assert not h.store.revoke_key("key-1", NOW, workspace="other")
    assert h.store.revoke_key("key-1", NOW, workspace="shop")


def test_the_snapshot_for_intake_says_whose_key_it_is(h: Harness, tmp_path: Path) -> None:
    h.store.add_key(KeyRow("key-1", "hash-1", "server", "shop", "till", [], NOW, None, "shop-fr"))
    h.store.add_key(KeyRow("key-2", "hash-2", "server", "shop", "till", [], NOW, None))
    publish(directory_of(h.store), tmp_path)
    assert {key.id: key.shop for key in SnapshotFile(tmp_path).current.keys.values()} == {
        "key-1": "shop-fr",
        "key-2": "",
    }


def test_an_event_id_is_found_in_every_shop_its_workspace_has_or_had(h: Harness) -> None:
    for name in ("shop-fr", "outlet"):
        h.store.add_shop("shop", name, now_ms=NOW)
    h.store.remove_shop("shop", "outlet", now_ms=NOW)
    h.take(*(a_signal("e-1", shop=shop) for shop in ("", "shop-fr", "outlet")))
    assert h.store.shops("shop") == ["main", "shop-fr"]
    assert [story.shop for story in h.store.by_event_id("shop", "e-1")] == ["main", "shop-fr", "outlet"]


def test_the_snapshot_for_intake_says_what_was_decided_and_forgets_revoked_keys(h: Harness, tmp_path: Path) -> None:
    for workspace in ("shop", "hats"):
        h.store.save_pixel(workspace=workspace, code="A", event_source="web", name=workspace, rules=OPEN, now_ms=NOW)
    routes = [Route("A", hosts=("shop.example",))]
    h.store.add_key(KeyRow("key-1", "hash-1", "browser", "shop", "tag", routes, NOW, None))
    h.store.add_key(KeyRow("key-2", "hash-2", "server", "shop", "till", routes, NOW, None))
    h.store.revoke_key("key-2", NOW)
    h.store.save_workspace("hats", WorkspaceRules(hosts=("hats.example",)), now_ms=NOW)
    publish(directory_of(h.store), tmp_path)
    read = SnapshotFile(tmp_path).current
    assert set(read.pixels) == {"shop/A", "hats/A"}
    assert {pixel.rules.consent.policy for pixel in read.pixels.values()} == {"not_required"}
    assert {hash_: key.routes for hash_, key in read.keys.items()} == {"hash-1": tuple(routes)}
    assert read.workspaces == {"hats": WorkspaceRules(hosts=("hats.example",))}


def a_key(setup: SqliteSetup | SqliteStore, key_id: str, kind: str, *routes: Route, workspace: str = "shop") -> None:
    setup.add_key(KeyRow(key_id, f"hash-{key_id}", kind, workspace, "shop", list(routes), NOW, None))


def test_a_pixel_is_removed_with_its_token_and_keys_that_led_to_it_alone_are_revoked(h: Harness) -> None:
    for code in ("PIXEL1", "PIXEL2"):
        a_pixel(h.store, code)
        h.store.save_token(workspace="shop", code=code, token="token", now_ms=NOW)
    one, other = Route("PIXEL1", countries=("DE",)), Route("PIXEL2")
    a_key(h.store, "alone", "server", one, Route("PIXEL1"))
    a_key(h.store, "both", "browser", one, other)
    a_key(h.store, "other", "server", other)
    a_key(h.store, "reads", "read", one)
    a_key(h.store, "elsewhere", "server", one, workspace="hats")
    done = h.store.remove_pixel(workspace="shop", code="PIXEL1", now_ms=NOW + 1, who="ada")
    assert (done.changed, done.revoked) == (["both", "reads"], ["alone"])
    keys = {key.id: (key.routes, key.revoked_ms) for key in h.store.access_keys()}
    assert keys == {
        "alone": ([one, Route("PIXEL1")], NOW + 1),
        "both": ([other], None),
        "other": ([other], None),
        "reads": ([], None),
        "elsewhere": ([one], None),
    }
    assert [pixel.code for pixel in h.store.pixels()] == ["PIXEL2"]
    assert h.store.tokens() == {("shop", "PIXEL2"): "token"}
    assert [change.what for change in h.store.changes(limit=4)] == [
        "key reads",
        "key both",
        "key alone",
        "pixel shop/PIXEL1",
    ]
    assert {change.who for change in h.store.changes(limit=4)} == {"ada"}


def test_a_pixel_that_was_removed_is_known_as_such_until_it_is_added_again(h: Harness) -> None:
    a_pixel(h.store)
    h.store.remove_pixel(workspace="shop", code="PIXEL1", now_ms=NOW)
    assert h.store.removed_pixels(since_ms=NOW) == [("shop", "PIXEL1")]
    assert h.store.removed_pixels(since_ms=NOW + 1) == []
    with pytest.raises(ConfigError, match="no pixel PIXEL1"):
        h.store.remove_pixel(workspace="shop", code="PIXEL1", now_ms=NOW)
    a_pixel(h.store)
    assert h.store.removed_pixels(since_ms=0) == []


def test_a_pixel_is_stopped_and_started_once_and_the_audit_tells_by_whom_and_why(h: Harness) -> None:
    a_pixel(h.store)
    place = {"workspace": "shop", "code": "PIXEL1"}
    assert h.store.stop_pixel(**place, why="wrong values", now_ms=NOW, who="ada")
    assert not h.store.stop_pixel(**place, why="another", now_ms=NOW + 1, who="bob")
    assert h.store.pixels()[0].stopped == Stopped(NOW, "ada", "wrong values")
    assert h.store.start_pixel(**place, now_ms=NOW + 2, who="bob")
    assert not h.store.start_pixel(**place, now_ms=NOW + 3, who="bob")
    assert h.store.pixels()[0].stopped is None
    assert h.store.changes(limit=2) == [
        Change(NOW + 2, "bob", "pixel shop/PIXEL1", "stopped", "started"),
        Change(NOW, "ada", "pixel shop/PIXEL1", "started", "stopped: wrong values"),
    ]


def test_a_stopped_pixel_stays_so_under_other_rules_and_is_started_by_its_removal(h: Harness) -> None:
    a_pixel(h.store)
    h.store.stop_pixel(workspace="shop", code="PIXEL1", why="", now_ms=NOW)
    a_pixel(h.store)
    assert h.store.pixels()[0].stopped == Stopped(NOW, "", "")
    h.store.remove_pixel(workspace="shop", code="PIXEL1", now_ms=NOW)
    a_pixel(h.store)
    assert h.store.pixels()[0].stopped is None
    with pytest.raises(ConfigError, match="no pixel PIXEL2"):
        h.store.stop_pixel(workspace="shop", code="PIXEL2", why="", now_ms=NOW)


@pytest.mark.parametrize(
    "change",
    [
        lambda store: store.save_pixel(workspace="shop", code="PIXEL2", event_source="web", name="", now_ms=NOW),
        lambda store: store.save_pixel(
            workspace="shop", code="PIXEL1", event_source="web", name="Shop", rules=PixelRules(bots="keep"), now_ms=NOW
        ),
        lambda store: store.save_workspace("shop", WorkspaceRules(keep_days=7), now_ms=NOW),
        lambda store: store.save_token(workspace="shop", code="PIXEL1", token="token", now_ms=NOW),
        lambda store: store.remove_pixel(workspace="shop", code="PIXEL1", now_ms=NOW),
        lambda store: store.stop_pixel(workspace="shop", code="PIXEL1", why="", now_ms=NOW),
        lambda store: store.revoke_key("k-1", NOW),
        lambda store: store.add_key(a_key_row("k-2")),
        lambda store: store._db.execute("INSERT INTO confirming VALUES ('shop', 'PIXEL1', 7)"),
    ],
)
def test_each_change_of_what_is_set_up_is_another_version(h: Harness, change) -> None:
    a_pixel(h.store)
    h.store.add_key(a_key_row("k-1"))
    before = h.store.settings_version()
    assert h.store.settings_version() == before
    known = directory_of(h.store), h.store.tokens()
    change(h.store)
    assert (directory_of(h.store), h.store.tokens()) != known
    assert h.store.settings_version() != before


def a_key_row(id_: str) -> KeyRow:
    return KeyRow(id_, f"hash of {id_}", "server", "shop", "shop", [Route("PIXEL1")], NOW, None)
