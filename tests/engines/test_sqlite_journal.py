"""The SQLite journal: its file, its one writer, its readers, and sudden death."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engines.kit.slot import Slot
from signals import DAY, NOW
from twinbeam.core.clock import day_of
from twinbeam.core.errors import StorageBusy, StorageDamaged, StorageError
from twinbeam.engines.journals.sqlite import SqliteJournal, slot_path, slots

_BODY = b"x" * 900


@pytest.fixture
def slot(tmp_path: Path) -> Iterator[Slot]:
    slot = Slot(tmp_path)
    yield slot
    slot.close()


def test_every_commit_is_synced_to_a_write_ahead_log(slot: Slot) -> None:
    db = slot.open()._db
    assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert db.execute("PRAGMA synchronous").fetchone() == (2,)


def test_only_the_owner_may_read_any_of_its_files(slot: Slot) -> None:
    slot.open().append(NOW, 1, _BODY)
    slot.confirm(1)
    folder = slot.path.parent
    modes = {file.name: file.stat().st_mode & 0o777 for file in folder.iterdir()}
    assert modes.keys() > {"journal-0.db", "journal-0.db-wal", "journal-0.lock", "journal-0.confirmed"}
    assert set(modes.values()) == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700


def test_nothing_of_a_group_can_be_read_in_the_file(slot: Slot) -> None:
    secret = b"a marker that is nowhere else"
    slot.open().append(NOW, 1, secret)
    for file in slot.path.parent.iterdir():
        assert secret not in file.read_bytes()


def test_a_group_is_unreadable_once_its_days_key_is_gone(slot: Slot) -> None:
    journal = slot.open()
    journal.append(NOW, 1, b"yesterday")
    journal.append(NOW + DAY, 1, b"today")
    slot.sql("DELETE FROM day_key WHERE day = ?", day_of(NOW))
    assert slot.read() == [None, b"today"]


def test_a_group_that_was_moved_to_another_place_is_not_read(slot: Slot) -> None:
    slot.open().append(NOW, 1, b"one")
    slot.sql("UPDATE commit_group SET seq = 2")
    assert slot.read() == [None]


def test_a_second_writer_is_refused_and_told_who_holds_the_slot(slot: Slot) -> None:
    slot.open()
    with pytest.raises(
        StorageBusy, match=rf"journal-0\.db is in use by another Twinbeam process \(pid {os.getpid()}\)"
    ):
        slot.open()


def test_a_writer_that_could_not_open_holds_no_slot(slot: Slot) -> None:
    slot.path.mkdir(parents=True)
    for _ in range(2):
        with pytest.raises(StorageError, match="unable to open"):
            slot.open()


def test_an_orphan_slot_is_adopted_with_what_it_holds(slot: Slot) -> None:
    slot.open().append(NOW, 1, b"one")
    assert slot.reopen().append(NOW, 1, b"two") == 2
    assert slot.read() == [b"one", b"two"]


def test_a_reader_sees_a_group_as_soon_as_it_is_acknowledged(slot: Slot) -> None:
    journal, reader = slot.open(), slot.reader()
    for n in range(1, 50):
        journal.append(NOW, 1, b"%d" % n)
        assert reader.newest() == (n, n)
        assert [group.body for group in reader.read(n - 1, limit=1)] == [b"%d" % n]
    reader.close()


def test_a_reader_can_read_what_a_closed_writer_left(slot: Slot) -> None:
    slot.open().append(NOW, 1, b"one")
    slot.close()
    assert slot.read() == [b"one"]


def test_a_reader_tells_how_long_the_oldest_group_waits(slot: Slot) -> None:
    journal, reader = slot.open(), slot.reader()
    journal.append(NOW, 1, b"one")
    journal.append(NOW + 5, 1, b"two")
    assert [reader.oldest_after(seq) for seq in (0, 1, 2)] == [NOW, NOW + 5, None]
    reader.close()


@pytest.mark.parametrize("made", ["", "CREATE TABLE journal (id TEXT NOT NULL)"], ids=["empty", "without its id"])
def test_a_journal_that_is_still_being_made_is_busy_for_its_reader(slot: Slot, made: str) -> None:
    slot.path.parent.mkdir()
    slot.path.touch()
    slot.sql(made)
    with pytest.raises(StorageBusy, match=r"journal-0\.db .*being made"):
        slot.reader()


def test_a_journal_that_cannot_be_read_is_named_and_not_kept_open(slot: Slot) -> None:
    slot.path.parent.mkdir()
    slot.path.write_bytes(b"no database" * 100)
    with pytest.raises(StorageDamaged, match=r"journal-0\.db cannot be read") as caught:
        slot.reader()
    assert caught.value.__cause__ is not None  # the traceback is alive, and with it what it refers to
    assert slot.path not in {entry.readlink() for entry in Path("/proc/self/fd").iterdir() if entry.exists()}


def test_slots_are_listed_by_their_files(slot: Slot) -> None:
    folder = slot.path.parent
    for number in (1, 0):
        SqliteJournal(slot_path(folder, number), slot.ring, reserve_bytes=0).close()
    assert slots(folder) == [slot_path(folder, 0), slot_path(folder, 1)]


_APPENDER = """
import sys
from pathlib import Path
from twinbeam.engines.journals.sqlite import SqliteJournal
from twinbeam.engines.keyring import KeyRing

journal = SqliteJournal(Path(sys.argv[1]), KeyRing.open(Path(sys.argv[2])), reserve_bytes=0)
while True:
    print(journal.append(1_790_000_000_000, 1, b"group %d" % (journal.backlog().appended + 1)), flush=True)
"""


@pytest.mark.parametrize("acknowledged_before", [1, 25, 200])
def test_a_killed_process_loses_no_acknowledged_group(slot: Slot, acknowledged_before: int) -> None:
    command = [sys.executable, "-c", _APPENDER, slot.path, slot.keys]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        for line in writer.stdout:
            if int(line) >= acknowledged_before:
                break
        writer.send_signal(signal.SIGKILL)
        rest = [int(line) for line in writer.stdout if line.endswith("\n")]
    acknowledged = max([acknowledged_before, *rest])

    journal = slot.open()
    appended = journal.backlog().appended
    assert appended in (acknowledged, acknowledged + 1)  # the last one may have become durable without being told
    assert slot.read() == [b"group %d" % n for n in range(1, appended + 1)]
    assert journal.append(NOW, 1, b"after") == appended + 1
