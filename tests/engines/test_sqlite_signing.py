"""Sources that sign, in the SQLite store and in the snapshot for the intake."""

from base64 import b64decode
from pathlib import Path

import pytest

from engines.kit.embedded import found_in_files
from engines.kit.harness import Harness
from signals import NOW
from twinbeam.app.snapshot import FILE, SnapshotFile, directory_of, publish
from twinbeam.core.errors import ConfigError, StorageDamaged
from twinbeam.core.rules import Route
from twinbeam.core.story import SourceRow
from twinbeam.core.values import Channel
from twinbeam.engines.signing import open_secret
from twinbeam.engines.stores.sqlite.store import SqliteSetup

SECRET, NEWER, NEWEST = b"a secret that is a marker, 32 b.", b"another one that is a marker", b"and a third"


def a_source(store, name="till", *, routes=("A",), workspace="shop", shop=""):
    store.add_source(SourceRow(name, workspace, shop, [Route(code) for code in routes], (), NOW), SECRET)


def secrets(h: Harness, name: str = "till") -> list[bytes]:
    (row,) = [row for row in h.store.signed_sources() if row.name == name]
    return [open_secret(h.engine.ring, name, b64decode(sealed)) for sealed in row.secrets]


def test_secrets_change_over_one_at_a_time(h: Harness) -> None:
    a_source(h.store)
    assert secrets(h) == [SECRET]
    with pytest.raises(ConfigError, match="one secret only"):
        h.store.retire_secret("till", now_ms=NOW)
    h.store.rotate_source("till", NEWER, now_ms=NOW + 1)
    assert secrets(h) == [NEWER, SECRET]
    with pytest.raises(ConfigError, match="two secrets already"):
        h.store.rotate_source("till", NEWEST, now_ms=NOW)
    h.store.retire_secret("till", now_ms=NOW + 2)
    assert secrets(h) == [NEWER]
    assert [row.rotated_ms for row in h.store.signed_sources()] == [NOW + 1]


def test_a_name_belongs_to_one_source_until_it_is_removed(h: Harness) -> None:
    a_source(h.store)
    with pytest.raises(ConfigError, match="choose another name"):
        a_source(h.store, workspace="hats")
    h.store.remove_source("till", now_ms=NOW)
    assert h.store.signed_sources() == []
    for act in (h.store.remove_source, h.store.retire_secret):
        with pytest.raises(ConfigError, match="There is no source till"):
            act("till", now_ms=NOW)
    a_source(h.store, workspace="hats")


def test_a_secret_is_unreadable_in_the_files_and_in_the_snapshot(h: Harness, data: Path) -> None:
    a_source(h.store)
    h.store.rotate_source("till", NEWER, now_ms=NOW)
    publish(directory_of(h.store), data)
    for secret in (SECRET, NEWER):
        assert not found_in_files(data, secret)
        assert secret not in (data / FILE).read_bytes()
    (source,) = SnapshotFile(data).in_force().sources.values()
    opened = [open_secret(h.engine.ring, "till", b64decode(sealed)) for sealed in source.secrets]
    assert opened == [NEWER, SECRET]
    assert (source.source, source.workspace, source.channel) == ("till", "shop", Channel.WEBHOOK)


def test_a_secret_copied_to_another_source_does_not_open(h: Harness) -> None:
    a_source(h.store)
    a_source(h.store, "shop")
    h.store._db.execute("UPDATE signed_source SET secret = (SELECT secret FROM signed_source WHERE name = 'till')")
    assert secrets(h) == [SECRET]
    with pytest.raises(StorageDamaged):
        secrets(h, "shop")


def test_a_source_is_made_beside_a_running_writer(h: Harness, data: Path) -> None:
    setup = SqliteSetup(data, h.engine.ring)
    a_source(setup, shop="shop-fr")
    setup.close()
    assert [(row.name, row.shop) for row in h.store.signed_sources()] == [("till", "shop-fr")]


def test_a_removed_pixel_takes_its_routes_along_and_a_source_that_led_to_it_alone(h: Harness) -> None:
    h.store.save_pixel(workspace="shop", code="A", event_source="web", name="", now_ms=NOW)
    a_source(h.store, "alone")
    a_source(h.store, "both", routes=("A", "B"))
    a_source(h.store, "elsewhere", workspace="hats")
    done = h.store.remove_pixel(workspace="shop", code="A", now_ms=NOW)
    assert (done.changed, done.revoked) == (["source both"], ["source alone"])
    left = {row.name: [route.pixel for route in row.routes] for row in h.store.signed_sources()}
    assert left == {"both": ["B"], "elsewhere": ["A"]}


def test_every_change_is_in_the_audit_and_no_secret_is(h: Harness) -> None:
    a_source(h.store)
    h.store.rotate_source("till", NEWER, now_ms=NOW, who="ada")
    h.store.retire_secret("till", now_ms=NOW, who="ada")
    h.store.remove_source("till", now_ms=NOW, who="ada")
    told = [(change.what, change.after) for change in reversed(h.store.changes(limit=9))]
    assert {what for what, _ in told} == {"source till"}
    assert [after.partition(":")[0] for _, after in told] == [
        "made for shop",
        "a new secret beside it",
        "the older one ended",
        "removed",
    ]
    assert "marker" not in repr(told)
