"""The SQLite store: its files, its lock, its schema and its readers."""

import os
import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import NoReturn

import pytest

from engines.kit.embedded import SqliteEngine
from engines.kit.harness import Harness
from signals import a_signal
from twinbeam.core.errors import ConfigError, StorageBusy, StorageError
from twinbeam.engines.sqlite_file import open_file
from twinbeam.engines.stores.sqlite import store
from twinbeam.engines.stores.sqlite.migrate import migrate, migrations, schema_version
from twinbeam.engines.stores.sqlite.store import SqliteReader, SqliteStore
from twinbeam.engines.stores.tables.upgrade import bring_forward
from twinbeam.pipeline.record.policy import RecordPolicy
from twinbeam.pipeline.send.limits import Ages


def schema(path: Path) -> list[tuple[str, str]]:
    with sqlite3.connect(path) as db:
        rows = db.execute("SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'lookup_%' ORDER BY name").fetchall()
    db.close()
    return rows


def test_every_commit_is_synced_to_a_write_ahead_log(engine: SqliteEngine) -> None:
    db = engine.store._db
    assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert db.execute("PRAGMA synchronous").fetchone() == (2,)


def test_only_the_owner_may_read_any_of_its_files(h: Harness, data: Path) -> None:
    h.take(a_signal())
    modes = {file.name: file.stat().st_mode & 0o777 for file in data.iterdir()}
    assert modes.keys() > {"store.db", "store.db-wal", "store.db-shm", "store.lock"}
    assert set(modes.values()) == {0o600}
    assert data.stat().st_mode & 0o777 == 0o700


def test_a_second_writer_is_refused_and_told_who_holds_the_store(engine: SqliteEngine, data: Path) -> None:
    with pytest.raises(StorageBusy, match=rf"The store is in use by another Twinbeam process \(pid {os.getpid()}\)"):
        SqliteStore.open_as_writer(data, engine.ring, policy=RecordPolicy(), ages=Ages())


def test_a_store_that_was_closed_can_be_opened_again(engine: SqliteEngine) -> None:
    for _ in range(3):
        engine.reopen()


def test_a_store_that_cannot_be_opened_whole_leaves_nothing_open(
    engine: SqliteEngine, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> NoReturn:
        raise StorageError("no second connection")

    engine.close()
    with monkeypatch.context() as patched:
        patched.setattr(store, "Checkpoints", refused)
        with pytest.raises(StorageError, match="no second connection"):
            SqliteStore.open_as_writer(data, engine.ring, policy=RecordPolicy(), ages=Ages())
    assert not (data / "store.db-wal").exists()  # the last connection that closes removes it
    engine._open()


def test_a_new_store_has_seen_every_migration(engine: SqliteEngine, data: Path) -> None:
    assert schema_version(engine.store._db) == len(migrations())
    assert {name for name, _ in schema(data / "store.db")} >= {"conversion", "dedup", "payload", "batch", "counter"}


def test_migrating_step_by_step_leads_to_the_same_schema(engine: SqliteEngine, tmp_path: Path, data: Path) -> None:
    path = tmp_path / "stepwise.db"
    with sqlite3.connect(path) as db:
        for sql in migrations():
            db.executescript(sql)
    db.close()
    with closing(open_file(path)) as db:
        bring_forward(db)
    assert schema(path) == schema(data / "store.db")


def test_migrating_again_changes_nothing(h: Harness) -> None:
    h.take(a_signal())
    migrate(h.store._db)
    assert h.state() == "ready"


def test_a_store_of_a_newer_release_is_refused_with_the_fix(engine: SqliteEngine, data: Path) -> None:
    (known,) = engine.store._db.execute("PRAGMA user_version").fetchone()
    engine.store._db.execute("PRAGMA user_version=99")
    engine.close()
    for _ in range(2):  # the refused opening holds no lock
        with pytest.raises(ConfigError, match="install the newer release"):
            SqliteStore.open_as_writer(data, engine.ring, policy=RecordPolicy(), ages=Ages())
    with sqlite3.connect(data / "store.db") as db:
        db.execute(f"PRAGMA user_version={known}")
    db.close()
    engine._open()


def test_a_store_of_other_tables_under_the_same_number_is_refused_with_the_fix(
    engine: SqliteEngine, data: Path
) -> None:
    (ours,) = engine.store._db.execute("PRAGMA application_id").fetchone()
    engine.store._db.execute("PRAGMA application_id=0")
    engine.close()
    with pytest.raises(ConfigError, match="doctor --new-store"):
        SqliteStore.open_as_writer(data, engine.ring, policy=RecordPolicy(), ages=Ages())
    with closing(sqlite3.connect(data / "store.db")) as db:
        db.execute(f"PRAGMA application_id={ours}")
    engine._open()


def test_two_processes_may_open_a_new_store_at_once(tmp_path: Path) -> None:
    first, second = open_file(tmp_path / "store.db"), open_file(tmp_path / "store.db")
    first.execute("BEGIN IMMEDIATE")
    other = threading.Thread(target=migrate, args=(second,))
    other.start()  # it has read that nothing is there, and waits for the lock
    for statement in migrations()[0].split(";\n"):
        first.execute(statement)
    first.execute("PRAGMA user_version=1")
    first.execute("COMMIT")
    other.join()
    assert schema_version(second) == len(migrations())
    first.close()
    second.close()


def test_a_reader_sees_what_the_writer_committed_and_changes_nothing(h: Harness, data: Path) -> None:
    reader = SqliteReader(data)
    for n in range(5):
        h.take(a_signal(f"e-{n}"))
        assert reader.states() == {"ready": n + 1}
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader._db.execute("DELETE FROM conversion")
    reader.close()


def test_a_reader_is_not_disturbed_by_a_transaction_under_way(h: Harness, data: Path) -> None:
    h.take(a_signal())
    reader = SqliteReader(data)
    h.store._db.execute("BEGIN IMMEDIATE")
    h.store._db.execute("DELETE FROM conversion")
    assert reader.states() == {"ready": 1}
    h.store._db.execute("ROLLBACK")
    reader.close()


def test_the_newest_stories_come_first(h: Harness) -> None:
    h.take(*(a_signal(f"e-{n}") for n in range(5)))
    assert [story.event_id for story in h.store.recent(limit=2)] == ["e-4", "e-3"]
    assert [story.event_id for story in h.store.recent(limit=9)] == ["e-4", "e-3", "e-2", "e-1", "e-0"]
