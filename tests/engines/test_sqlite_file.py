"""Opening files, and whose fault an error of SQLite is."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from engines.kit.embedded import SqliteEngine
from signals import NOW, a_signal
from twinbeam.core.errors import StorageDamaged, StorageError
from twinbeam.engines.sqlite_file import open_file, transaction, translated
from twinbeam.engines.stores.sqlite.store import SqliteReader
from twinbeam.pipeline.journal.codec import encode


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    db = open_file(tmp_path / "file.db")
    db.execute("CREATE TABLE t (a INTEGER PRIMARY KEY) STRICT")
    db.execute("INSERT INTO t VALUES (1)")
    yield db
    db.close()


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (1, sqlite3.IntegrityError),
        ("no number", sqlite3.IntegrityError),
        (2**63, OverflowError),
        (object(), (sqlite3.ProgrammingError, sqlite3.InterfaceError)),
    ],
    ids=["taken", "of another type", "too large", "no value"],
)
def test_a_value_that_cannot_be_stored_is_no_trouble_of_the_file(
    db: sqlite3.Connection, value: object, error: type[Exception]
) -> None:
    with pytest.raises(error), transaction(db):
        db.executemany("INSERT INTO t VALUES (?)", [(2,), (value,)])
    assert db.execute("SELECT a FROM t").fetchall() == [(1,)]


def test_trouble_with_the_file_is_an_error_of_ours(db: sqlite3.Connection) -> None:
    with pytest.raises(StorageError), translated():
        db.execute("SELECT a FROM nowhere")


def test_a_file_that_refuses_its_settings_is_not_kept_open(tmp_path: Path) -> None:
    path = tmp_path / "file.db"
    path.write_bytes(b"no database" * 100)
    with pytest.raises(StorageDamaged) as caught:
        open_file(path)
    assert caught.value.__cause__ is not None  # the traceback is alive, and with it what it refers to
    assert path not in open_paths()


def open_paths() -> set[Path]:
    return {entry.readlink() for entry in Path("/proc/self/fd").iterdir() if entry.exists()}


@pytest.mark.parametrize("name", ["a#b", "a?mode=rwc", "%41", "a b", "größe"])
def test_a_folder_of_any_name_is_read_as_it_is_written(tmp_path: Path, name: str) -> None:
    engine = SqliteEngine(tmp_path / name)
    engine.journal.append(NOW, 1, encode([a_signal()]))
    assert engine.reader.newest() == (1, 1)
    engine.store.save_pixel(workspace="shop", code="A", event_source="web", name="", now_ms=NOW)
    with closing(SqliteReader(tmp_path / name / "data")) as reader:
        assert [row.code for row in reader.pixels()] == ["A"]
    engine.close()
    assert [path.name for path in tmp_path.iterdir()] == [name]
