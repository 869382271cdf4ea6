"""What operators set up in the SQLite store, beside a running writer."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from engines.kit.embedded import found_in_files
from engines.kit.harness import Harness
from signals import NOW, a_signal
from twinbeam.app.snapshot import SnapshotFile, publish
from twinbeam.core.rules import ConsentRules, PixelRules, Route, WorkspaceRules
from twinbeam.core.story import Change, KeyRow, Stopped
from twinbeam.engines.stores.sqlite.store import SqliteReader, SqliteSetup, SqliteStore

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
    for later in (1, 2):
        h.store.revoke_key("key-1", NOW + later)
    assert [key.revoked_ms for key in h.store.access_keys()] == [NOW + 1]


@pytest.mark.parametrize("sql", ["UPDATE audit SET after = ''", "DELETE FROM audit"])
def test_a_line_of_the_audit_is_never_changed_or_removed(h: Harness, data: Path, sql: str) -> None:
    h.store.add_changes([Change(NOW, "ada", "pixel", "", "added")])
    with closing(sqlite3.connect(data / "store.db")) as db, pytest.raises(sqlite3.IntegrityError, match="stay"):
        db.execute(sql)


def test_the_snapshot_for_intake_says_whose_key_it_is(h: Harness, tmp_path: Path) -> None:
    h.store.add_key(KeyRow("key-1", "hash-1", "server", "shop", "till", [], NOW, None, "shop-fr"))
    h.store.add_key(KeyRow("key-2", "hash-2", "server", "shop", "till", [], NOW, None))
    publish(h.store, tmp_path)
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
    h.store.save_workspace("hats", WorkspaceRules(hosts=("hats.example",)))
    publish(h.store, tmp_path)
    read = SnapshotFile(tmp_path).current
    assert set(read.pixels) == {"shop/A", "hats/A"}
    assert {pixel.rules.consent.policy for pixel in read.pixels.values()} == {"not_required"}
    assert {hash_: key.routes for hash_, key in read.keys.items()} == {"hash-1": tuple(routes)}
    assert read.workspaces == {"hats": WorkspaceRules(hosts=("hats.example",))}


def test_a_pixel_is_removed_with_its_token_and_known_as_removed_until_it_is_added_again(h: Harness) -> None:
    for code in ("PIXEL1", "PIXEL2"):
        a_pixel(h.store, code)
        h.store.save_token(workspace="shop", code=code, token="token", now_ms=NOW)
    h.store.remove_pixel(workspace="shop", code="PIXEL1", now_ms=NOW)
    assert [pixel.code for pixel in h.store.pixels()] == ["PIXEL2"]
    assert h.store.tokens() == {("shop", "PIXEL2"): "token"}
    assert h.store.removed_pixels(since_ms=NOW) == [("shop", "PIXEL1")]
    assert h.store.removed_pixels(since_ms=NOW + 1) == []
    a_pixel(h.store)
    assert h.store.removed_pixels(since_ms=0) == []
    assert h.store.tokens() == {("shop", "PIXEL2"): "token"}


def test_the_routes_of_a_key_can_be_changed(h: Harness) -> None:
    for key_id in ("key-1", "key-2"):
        h.store.add_key(KeyRow(key_id, f"hash of {key_id}", "server", "shop", "till", [Route("PIXEL1")], NOW, None))
    h.store.save_routes("key-1", [Route("PIXEL2", countries=("DE",))])
    assert {key.id: key.routes for key in h.store.access_keys()} == {
        "key-1": [Route("PIXEL2", countries=("DE",))],
        "key-2": [Route("PIXEL1")],
    }


def test_rules_are_kept_as_they_were_decided(h: Harness) -> None:
    rules = PixelRules(ways={"Search": "both"}, hosts=("a.example",))
    for wanted in (OPEN, rules):
        h.store.save_pixel(workspace="shop", code="A", event_source="web", name="A", rules=wanted, now_ms=NOW)
    assert [pixel.rules for pixel in h.store.pixels()] == [rules]
    h.store.save_workspace("hats", WorkspaceRules(keep_days=14))
    assert h.store.workspaces() == {"hats": WorkspaceRules(keep_days=14)}


def test_changes_within_a_transaction_are_made_together_or_not_at_all(h: Harness, data: Path) -> None:
    with pytest.raises(RuntimeError, match="halfway"):
        stop_halfway(h.store)
    assert (h.store.pixels(), h.store.workspaces(), h.store.changes(limit=9)) == ([], {}, [])
    with h.store.transaction():
        change_all(h.store)
        with closing(SqliteReader(data)) as reader:
            assert reader.pixels() == []
    with closing(SqliteReader(data)) as reader:
        assert [pixel.code for pixel in reader.pixels()] == ["PIXEL1"]
        assert reader.changes(limit=9) == [Change(NOW, "ada", "pixel", "", "added")]


def stop_halfway(setup: SqliteStore) -> None:
    with setup.transaction():
        change_all(setup)
        assert len(setup.changes(limit=9)) == 1
        raise RuntimeError("halfway")


def change_all(setup: SqliteStore) -> None:
    a_pixel(setup)
    setup.save_workspace("hats", WorkspaceRules())
    setup.add_changes([Change(NOW, "ada", "pixel", "", "added")])


def test_a_stop_stays_as_it_was_until_the_start(h: Harness) -> None:
    a_pixel(h.store)
    for who, why in (("ada", "wrong values"), ("bob", "another")):
        h.store.stop_pixel(workspace="shop", code="PIXEL1", why=why, who=who, now_ms=NOW)
    assert h.store.pixels()[0].stopped == Stopped(NOW, "ada", "wrong values")
    h.store.start_pixel(workspace="shop", code="PIXEL1")
    assert h.store.pixels()[0].stopped is None


def test_a_stopped_pixel_stays_so_under_other_rules_and_is_started_by_its_removal(h: Harness) -> None:
    a_pixel(h.store)
    h.store.stop_pixel(workspace="shop", code="PIXEL1", why="", who="", now_ms=NOW)
    a_pixel(h.store)
    assert h.store.pixels()[0].stopped == Stopped(NOW, "", "")
    h.store.remove_pixel(workspace="shop", code="PIXEL1", now_ms=NOW)
    a_pixel(h.store)
    assert h.store.pixels()[0].stopped is None


@pytest.mark.parametrize(
    "change",
    [
        lambda store: store.add_changes([Change(NOW, "ada", "pixel", "", "added")]),
        lambda store: store._db.execute("INSERT INTO confirming VALUES ('shop', 'PIXEL1', 7)"),
    ],
)
def test_a_line_of_the_audit_and_an_awaited_server_are_another_version(h: Harness, change) -> None:
    before = h.store.settings_version()
    assert h.store.settings_version() == before
    change(h.store)
    assert h.store.settings_version() != before
