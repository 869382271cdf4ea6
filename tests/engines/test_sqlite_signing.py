"""Sources that sign, in the SQLite store and in the snapshot for the intake."""

from base64 import b64decode
from pathlib import Path

import pytest

from engines.kit.embedded import found_in_files
from engines.kit.harness import Harness
from signals import NOW
from twinbeam.app.snapshot import FILE, SnapshotFile, publish
from twinbeam.core.errors import StorageDamaged
from twinbeam.core.rules import Route
from twinbeam.core.story import SourceRow
from twinbeam.core.values import Channel
from twinbeam.engines.signing import open_secret
from twinbeam.engines.stores.sqlite.store import SqliteSetup

SECRET, NEWER = b"a secret that is a marker, 32 b.", b"another one that is a marker"


def a_source(store, name="till", *, routes=("A",), workspace="shop", shop=""):
    store.add_source(SourceRow(name, workspace, shop, [Route(code) for code in routes], (), NOW), SECRET)


def secrets(h: Harness, name: str = "till") -> list[bytes]:
    (row,) = [row for row in h.store.signed_sources() if row.name == name]
    return [open_secret(h.engine.ring, name, b64decode(sealed)) for sealed in row.secrets]


def test_secrets_change_over_one_at_a_time(h: Harness) -> None:
    a_source(h.store)
    assert secrets(h) == [SECRET]
    h.store.rotate_source("till", NEWER, now_ms=NOW + 1)
    assert secrets(h) == [NEWER, SECRET]
    h.store.retire_secret("till")
    assert secrets(h) == [NEWER]
    assert [row.rotated_ms for row in h.store.signed_sources()] == [NOW + 1]


def test_a_source_changes_its_routes_and_goes(h: Harness) -> None:
    for name in ("till", "crm"):
        a_source(h.store, name)
    h.store.save_source_routes("till", [Route("B", countries=("DE",))])
    assert {row.name: row.routes for row in h.store.signed_sources()} == {
        "till": [Route("B", countries=("DE",))],
        "crm": [Route("A")],
    }
    h.store.remove_source("till")
    assert [row.name for row in h.store.signed_sources()] == ["crm"]


def test_a_secret_is_unreadable_in_the_files_and_in_the_snapshot(h: Harness, data: Path) -> None:
    a_source(h.store)
    h.store.rotate_source("till", NEWER, now_ms=NOW)
    publish(h.store, data)
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
