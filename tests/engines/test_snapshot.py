"""The snapshot of keys and pixels: what intake does with one that nobody can read, and how it is written."""

import os
from pathlib import Path

import pytest

from engines.kit.embedded import SqliteEngine
from signals import NOW
from twinbeam.app.snapshot import FILE, SnapshotFile, directory_of, publish
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
    publish(directory_of(engine.store), tmp_path)
    assert snapshot.refresh()
    assert set(snapshot.in_force().pixels) == {"shop/A"}


def test_a_snapshot_that_is_damaged_later_leaves_the_one_before_in_force(engine: SqliteEngine, tmp_path: Path) -> None:
    engine.store.save_pixel(workspace="shop", code="A", event_source="web", name="", now_ms=NOW)
    publish(directory_of(engine.store), tmp_path)
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
    publish(directory_of(engine.store), tmp_path)
    assert synced == [(f"{FILE}.{os.getpid()}", False)]
    assert [path.name for path in tmp_path.glob(f"{FILE}*")] == [FILE]
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
