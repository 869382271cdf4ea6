"""The snapshot of keys and pixels: what intake does with one that nobody can read, and how it is written."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from engines.kit.embedded import SqliteEngine
from signals import NOW
from twinbeam.app.snapshot import DRAFT, FILE, SnapshotFile, publish
from twinbeam.core.errors import StorageBusy, StorageDamaged


def test_a_damaged_snapshot_keeps_no_intake_from_starting_and_is_told_at_the_next_look(
    engine: SqliteEngine, tmp_path: Path
) -> None:
    (tmp_path / FILE).write_bytes(b"{")
    snapshot = SnapshotFile(tmp_path)
    with pytest.raises(StorageDamaged):
        snapshot.refresh()
    assert not snapshot.refresh()  # told once
    with pytest.raises(StorageBusy):  # which senders hear as 503: a 401 would let them throw their events away
        snapshot.in_force()
    engine.store.save_pixel(workspace="shop", code="A", event_source="web", name="", now_ms=NOW)
    publish(engine.store, tmp_path)
    assert snapshot.refresh()
    assert set(snapshot.in_force().pixels) == {"shop/A"}


def test_a_snapshot_that_is_damaged_later_leaves_the_one_before_in_force(engine: SqliteEngine, tmp_path: Path) -> None:
    engine.store.save_pixel(workspace="shop", code="A", event_source="web", name="", now_ms=NOW)
    publish(engine.store, tmp_path)
    snapshot = SnapshotFile(tmp_path)
    (tmp_path / FILE).write_bytes(b"{")
    with pytest.raises(StorageDamaged):
        snapshot.refresh()
    assert set(snapshot.current.pixels) == {"shop/A"}


def test_a_snapshot_is_synced_before_it_takes_its_place(
    engine: SqliteEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[tuple[str, bool]] = []
    fsync = os.fsync

    def note(handle: int) -> None:
        synced.append((Path(f"/proc/self/fd/{handle}").readlink().name, (tmp_path / FILE).exists()))
        fsync(handle)

    monkeypatch.setattr(os, "fsync", note)
    publish(engine.store, tmp_path)
    assert synced == [(DRAFT, False)]
    assert [path.name for path in tmp_path.glob(f"{FILE}*")] == [FILE]
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600


def test_what_a_killed_command_left_of_a_snapshot_goes_with_the_next(engine: SqliteEngine, tmp_path: Path) -> None:
    (tmp_path / DRAFT).touch(mode=0o600)
    (tmp_path / DRAFT).write_bytes(b"x" * 100_000)
    publish(engine.store, tmp_path)
    assert [path.name for path in tmp_path.glob(f"{FILE}*")] == [FILE]
    assert SnapshotFile(tmp_path).in_force().pixels == {}


class Slow:
    """The store of a command that is overtaken by another one after its first look."""

    def __init__(self, engine: SqliteEngine, folder: Path) -> None:
        self._store, self._folder = engine.store, folder

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self._store.save_pixel(workspace="shop", code="B", event_source="web", name="", now_ms=NOW)
        publish(self._store, self._folder)
        with self._store.transaction():
            yield


def test_a_command_that_is_overtaken_puts_no_older_snapshot_over_the_newer(
    engine: SqliteEngine, tmp_path: Path
) -> None:
    engine.store.save_pixel(workspace="shop", code="A", event_source="web", name="", now_ms=NOW)
    publish(Slow(engine, tmp_path), tmp_path)
    assert set(SnapshotFile(tmp_path).current.pixels) == {"shop/A", "shop/B"}


def test_nothing_changes_in_the_store_while_its_snapshot_is_written(
    engine: SqliteEngine, tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    fsync = os.fsync

    def change(handle: int) -> None:
        with closing(sqlite3.connect(data / "store.db", timeout=0)) as other:
            with pytest.raises(sqlite3.OperationalError) as error:
                other.execute("BEGIN IMMEDIATE")
            seen.append(str(error.value))
        fsync(handle)

    monkeypatch.setattr(os, "fsync", change)
    publish(engine.store, tmp_path)
    assert seen == ["database is locked"]
