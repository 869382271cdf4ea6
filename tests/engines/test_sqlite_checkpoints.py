"""Checkpoints beside the work: the WAL reaches the file, begins anew, and nothing is lost on the way."""

import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from engines.kit.harness import Harness
from signals import a_signal
from twinbeam.engines.sqlite_file import open_file, open_reader, transaction
from twinbeam.engines.stores.sqlite.checkpoints import Checkpoints

_LIMIT = 1024**2
_ROW = 64 * 1024
_PATIENCE_SECONDS = 20.0


class Written:
    """A file whose every commit is made known to its checkpoints; SQLite makes none by itself."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.db = open_file(path)
        self.db.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b BLOB NOT NULL)")
        self.checkpoints = Checkpoints(path, self.db, wal_bytes=_LIMIT)
        self.db.execute("PRAGMA wal_autocheckpoint=0")
        self.rows = 0

    def write(self, rows: int) -> None:
        """Commit some rows, one by one."""
        for _ in range(rows):
            with transaction(self.db):
                self.db.execute("INSERT INTO t (b) VALUES (randomblob(?))", (_ROW,))
            self.checkpoints.note_commit(_ROW)
            self.rows += 1

    def settle(self) -> None:
        """Wait for the checkpoint that is being made."""
        self.checkpoints._thread.submit(lambda: None).result(_PATIENCE_SECONDS)

    def close(self) -> None:
        """Close everything; once more does nothing."""
        self.checkpoints.close()
        self.db.close()


@pytest.fixture
def written(tmp_path: Path) -> Iterator[Written]:
    written = Written(tmp_path / "file.db")
    yield written
    written.close()


def test_what_is_committed_reaches_the_file_while_the_work_goes_on(written: Written) -> None:
    before = written.path.stat().st_size
    written.write(_LIMIT // _ROW)
    written.settle()
    assert written.path.stat().st_size - before >= _LIMIT


def test_little_is_left_where_it_is(written: Written) -> None:
    before = written.path.stat().st_size
    written.write(_LIMIT // _ROW - 1)
    written.settle()
    assert written.path.stat().st_size == before


def test_the_wal_begins_anew_however_much_is_written(written: Written) -> None:
    for _ in range(8):
        written.write(_LIMIT // _ROW)
        written.settle()
    wal = written.path.with_name("file.db-wal")
    assert wal.stat().st_size < 3 * _LIMIT
    assert written.path.stat().st_size > 7 * _LIMIT


def test_sqlite_makes_its_own_where_nobody_tells_how_much_was_written(tmp_path: Path) -> None:
    with closing(open_file(tmp_path / "file.db")) as db:
        db.execute("CREATE TABLE t (b BLOB NOT NULL)")
        with closing(Checkpoints(tmp_path / "file.db", db, wal_bytes=_LIMIT)) as checkpoints:
            for _ in range(4 * _LIMIT // _ROW):
                db.execute("INSERT INTO t VALUES (randomblob(?))", (_ROW,))
                checkpoints.note_commit(0)
        assert (tmp_path / "file.db").stat().st_size > 2 * _LIMIT


def test_a_reader_keeps_what_it_sees_and_the_rest_comes_over_once_it_is_gone(written: Written) -> None:
    written.write(1)
    with closing(open_reader(written.path)) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM t").fetchone() == (1,)
        for _ in range(3):
            written.write(_LIMIT // _ROW)
            written.settle()
        assert reader.execute("SELECT count(*) FROM t").fetchone() == (1,)
        assert written.path.stat().st_size < _LIMIT
    for _ in range(2):
        written.write(_LIMIT // _ROW)
        written.settle()
    assert written.path.stat().st_size > 4 * _LIMIT


def test_a_checkpoint_that_fails_is_no_trouble_of_the_commit(written: Written) -> None:
    written.checkpoints._checkpointer.close()
    written.write(3 * _LIMIT // _ROW)
    written.settle()
    written.write(1)
    assert written.db.execute("SELECT count(*) FROM t").fetchone() == (written.rows,)


def test_closing_waits_for_the_checkpoint_and_leaves_the_file_whole(written: Written) -> None:
    written.write(2 * _LIMIT // _ROW)
    written.close()
    with closing(sqlite3.connect(written.path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert db.execute("SELECT count(*) FROM t").fetchone() == (written.rows,)


def test_the_store_makes_them(h: Harness, data: Path) -> None:
    h.store._connection.db.execute("PRAGMA wal_autocheckpoint=0")
    before = (data / "store.db").stat().st_size
    for first in range(0, 8_000, 1_000):
        h.append(*(a_signal(event_id=f"order-{n}") for n in range(first, first + 1_000)))
        h.drain()
    h.store._connection._checkpoints._thread.submit(lambda: None).result(_PATIENCE_SECONDS)
    assert (data / "store.db").stat().st_size > before


_WRITER = """
import sys
from pathlib import Path
from twinbeam.engines.stores.sqlite.checkpoints import Checkpoints
from twinbeam.engines.sqlite_file import open_file, transaction

db = open_file(Path(sys.argv[1]))
db.execute("CREATE TABLE IF NOT EXISTS t (a INTEGER PRIMARY KEY, b BLOB NOT NULL)")
beside = Checkpoints(Path(sys.argv[1]), db, wal_bytes=100_000)
while True:
    with transaction(db):
        row = db.execute("INSERT INTO t (b) VALUES (randomblob(20000))").lastrowid
    beside.note_commit(20_000)
    print(row, flush=True)
"""


def test_a_process_killed_amid_checkpoints_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "file.db"
    told = 0
    for seconds in (0.05, 0.1, 0.15, 0.2, 0.25):
        with subprocess.Popen([sys.executable, "-c", _WRITER, path], stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            first = int(writer.stdout.readline())
            time.sleep(seconds)
            writer.send_signal(signal.SIGKILL)
            rest = [int(line) for line in writer.stdout if line.endswith("\n")]
        assert first > told
        told = max([first, *rest])
        with closing(sqlite3.connect(path)) as db:
            assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            assert db.execute("SELECT count(*) FROM t").fetchone()[0] in (told, told + 1)
