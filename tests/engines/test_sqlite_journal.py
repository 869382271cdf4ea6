"""The SQLite journal: what only a file can do, lose or fill up."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from signals import DAY, NOW
from twinbeam.core.clock import day_of
from twinbeam.core.errors import StorageBehind, StorageBusy, StorageDamaged, StorageError, StorageFull
from twinbeam.engines.journals.sqlite import SqliteJournal, SqliteJournalReader, confirmed_path, slot_path, slots
from twinbeam.engines.keyring import KeyRing

_ALL = 2**62
_BODY = b"x" * 900

Open = Callable[..., SqliteJournal]


@pytest.fixture
def ring(tmp_path: Path) -> KeyRing:
    return KeyRing.open_or_create(tmp_path / "keys" / "keyring.json")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return slot_path(tmp_path / "data", 0)


@pytest.fixture
def open_journal(path: Path, ring: KeyRing) -> Iterator[Open]:
    opened: list[SqliteJournal] = []

    def open_it(**options: int) -> SqliteJournal:
        opened.append(SqliteJournal(path, ring, **{"reserve_bytes": 0, **options}))
        return opened[-1]

    yield open_it
    for journal in opened:
        journal._db.close()


def reopened(journal: SqliteJournal, open_journal: Open) -> SqliteJournal:
    journal.close()
    return open_journal()


def read_all(path: Path, ring: KeyRing, *, after: int = 0) -> list[bytes]:
    reader = SqliteJournalReader(path, ring)
    try:
        return [group.body for group in reader.read(after, limit=_ALL)]
    finally:
        reader.close()


def confirm(path: Path, ring: KeyRing, seq: int) -> None:
    reader = SqliteJournalReader(path, ring)
    reader.confirm(seq)
    reader.close()


def test_every_commit_is_synced_to_a_write_ahead_log(open_journal: Open) -> None:
    db = open_journal()._db
    assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert db.execute("PRAGMA synchronous").fetchone() == (2,)


def test_only_the_owner_may_read_any_of_its_files(open_journal: Open, path: Path, ring: KeyRing) -> None:
    open_journal().append(NOW, 1, _BODY)
    confirm(path, ring, 1)
    modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
    assert modes.keys() > {"journal-0.db", "journal-0.db-wal", "journal-0.lock", "journal-0.confirmed"}
    assert set(modes.values()) == {0o600}
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_nothing_of_a_group_can_be_read_in_the_file(open_journal: Open, path: Path) -> None:
    secret = b"a marker that is nowhere else"
    open_journal().append(NOW, 1, secret)
    for file in path.parent.iterdir():
        assert secret not in file.read_bytes()


def test_a_group_is_unreadable_once_its_days_key_is_gone(open_journal: Open, path: Path, ring: KeyRing) -> None:
    journal = open_journal()
    journal.append(NOW, 1, b"yesterday")
    journal.append(NOW + DAY, 1, b"today")
    journal.close()
    with sqlite3.connect(path) as db:
        db.execute("DELETE FROM day_key WHERE day = ?", (day_of(NOW),))
    db.close()
    with pytest.raises(StorageDamaged):
        read_all(path, ring)
    assert read_all(path, ring, after=1) == [b"today"]


def test_a_group_that_was_moved_to_another_place_is_not_read(open_journal: Open, path: Path, ring: KeyRing) -> None:
    journal = open_journal()
    journal.append(NOW, 1, b"one")
    journal.close()
    with sqlite3.connect(path) as db:
        db.execute("UPDATE grp SET seq = 2")
    db.close()
    with pytest.raises(StorageDamaged):
        read_all(path, ring)


def test_a_second_writer_is_refused_and_told_who_holds_the_slot(open_journal: Open) -> None:
    open_journal()
    with pytest.raises(
        StorageBusy, match=rf"journal-0\.db is in use by another Twinbeam process \(pid {os.getpid()}\)"
    ):
        open_journal()


def test_a_writer_that_could_not_open_holds_no_slot(open_journal: Open, path: Path) -> None:
    path.mkdir(parents=True)
    for _ in range(2):
        with pytest.raises(StorageError, match="unable to open"):
            open_journal()


def test_an_orphan_slot_is_adopted_with_what_it_holds(open_journal: Open, path: Path, ring: KeyRing) -> None:
    first = open_journal()
    first.append(NOW, 1, b"one")
    heir = reopened(first, open_journal)
    assert heir.append(NOW, 1, b"two") == 2
    assert read_all(path, ring) == [b"one", b"two"]


def test_a_reader_sees_a_group_as_soon_as_it_is_acknowledged(open_journal: Open, path: Path, ring: KeyRing) -> None:
    journal = open_journal()
    reader = SqliteJournalReader(path, ring)
    for n in range(1, 50):
        journal.append(NOW, 1, b"%d" % n)
        assert reader.newest() == (n, n)
        assert [group.body for group in reader.read(n - 1, limit=1)] == [b"%d" % n]
    reader.close()


def test_a_reader_can_read_what_a_closed_writer_left(open_journal: Open, path: Path, ring: KeyRing) -> None:
    journal = open_journal()
    journal.append(NOW, 1, b"one")
    journal.close()
    assert read_all(path, ring) == [b"one"]


def test_a_reader_tells_how_long_the_oldest_group_waits(open_journal: Open, path: Path, ring: KeyRing) -> None:
    journal = open_journal()
    journal.append(NOW, 1, b"one")
    journal.append(NOW + 5, 1, b"two")
    reader = SqliteJournalReader(path, ring)
    assert [reader.oldest_after(seq) for seq in (0, 1, 2)] == [NOW, NOW + 5, None]
    reader.close()


def test_slots_are_listed_by_their_files(tmp_path: Path, ring: KeyRing) -> None:
    folder = tmp_path / "data"
    for slot in (1, 0):
        SqliteJournal(slot_path(folder, slot), ring, reserve_bytes=0).close()
    assert slots(folder) == [slot_path(folder, 0), slot_path(folder, 1)]


# --- forgetting -------------------------------------------------------------------------------------------------


def kept(path: Path) -> list[int]:
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return [seq for (seq,) in db.execute("SELECT seq FROM grp ORDER BY seq")]
    finally:
        db.close()


def test_forgetting_leaves_only_the_newest_group(open_journal: Open, path: Path, ring: KeyRing) -> None:
    journal = open_journal()
    for _ in range(5):
        journal.append(NOW, 1, _BODY)
    confirm(path, ring, 5)
    journal.forget()
    assert kept(path) == [5]


def test_asking_for_the_backlog_does_not_keep_groups_from_being_forgotten(
    open_journal: Open, path: Path, ring: KeyRing
) -> None:
    journal = open_journal()
    for _ in range(5):
        journal.append(NOW, 1, _BODY)
    confirm(path, ring, 5)
    for _ in range(2):
        journal.backlog()
    journal.forget()
    assert kept(path) == [5]


def test_appending_forgets_what_was_confirmed(open_journal: Open, path: Path, ring: KeyRing) -> None:
    journal = open_journal()
    for _ in range(20):
        journal.append(NOW, 1, _BODY)
    confirm(path, ring, 20)
    for _ in range(16):  # it listens to the recorder once in so many appends
        journal.append(NOW, 1, _BODY)
    assert kept(path)[0] > 20


def test_a_reopened_journal_forgets_what_was_confirmed_before(open_journal: Open, path: Path, ring: KeyRing) -> None:
    journal = open_journal()
    for _ in range(5):
        journal.append(NOW, 1, _BODY)
    confirm(path, ring, 4)
    journal = reopened(journal, open_journal)
    assert journal.backlog().pending == 1
    journal.forget()
    assert kept(path) == [5]


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"7", b"not hex 7", "{id} ²".encode(), b"{id} -3", b"{id}"])
def test_a_damaged_confirmation_only_delays_the_forgetting(
    open_journal: Open, path: Path, ring: KeyRing, content: bytes
) -> None:
    journal = open_journal()
    for _ in range(3):
        journal.append(NOW, 1, _BODY)
    confirmed_path(path).write_bytes(content.replace(b"{id}", journal.journal_id.encode()))
    before = journal.journal_id
    journal = reopened(journal, open_journal)
    assert (journal.journal_id, journal.backlog().pending) == (before, 3)
    confirm(path, ring, 3)
    assert journal.backlog().pending == 0


def test_a_lost_confirmation_loses_no_group(open_journal: Open, path: Path, ring: KeyRing) -> None:
    journal = open_journal()
    for n in range(3):
        journal.append(NOW, 1, b"%d" % n)
    confirm(path, ring, 2)
    confirmed_path(path).unlink()
    journal = reopened(journal, open_journal)
    assert journal.backlog().pending == 3
    assert read_all(path, ring, after=2) == [b"2"]


def test_what_was_confirmed_about_another_journal_means_nothing(open_journal: Open, path: Path) -> None:
    journal = open_journal()
    journal.append(NOW, 1, _BODY)
    confirmed_path(path).write_text(f"{'00' * 16} 1")
    assert journal.backlog().pending == 1


# --- a restored file --------------------------------------------------------------------------------------------


def restored(journal: SqliteJournal, path: Path, ring: KeyRing, open_journal: Open) -> SqliteJournal:
    """Put back a copy of the file from two groups ago, which are recorded and confirmed by now."""
    journal.append(NOW, 1, b"in the backup")
    journal.close()
    backup = path.read_bytes()
    journal = open_journal()
    for _ in range(2):
        journal.append(NOW, 1, b"after the backup")
    confirm(path, ring, 3)
    journal.close()
    path.write_bytes(backup)
    return open_journal()


def test_a_restored_file_gets_a_new_id(open_journal: Open, path: Path, ring: KeyRing) -> None:
    """Under its old id its next groups would be taken for replays of those it does not know about."""
    journal = open_journal()
    before = journal.journal_id
    journal = restored(journal, path, ring, open_journal)
    assert journal.journal_id != before
    after = journal.journal_id
    assert reopened(journal, open_journal).journal_id == after


def test_a_restored_file_works_like_a_new_one(open_journal: Open, path: Path, ring: KeyRing) -> None:
    journal = restored(open_journal(), path, ring, open_journal)
    assert journal.backlog().appended == 0
    assert journal.append(NOW, 1, b"after the restore") == 1
    assert read_all(path, ring) == [b"after the restore"]
    assert (journal.backlog().appended, journal.backlog().pending) == (1, 1)


# --- no room ----------------------------------------------------------------------------------------------------


def fill(journal: SqliteJournal) -> int:
    """Append until the file is full; gives the number of groups that were acknowledged."""
    for n in range(10_000):
        try:
            journal.append(NOW, 1, b"%d" % n * 300)
        except StorageFull:
            return n
    raise AssertionError("the file never became full")


def test_a_full_file_refuses_and_keeps_every_acknowledged_group(open_journal: Open, path: Path, ring: KeyRing) -> None:
    journal = open_journal(max_pages=60)
    acknowledged = fill(journal)
    assert acknowledged > 10
    assert read_all(path, ring) == [b"%d" % n * 300 for n in range(acknowledged)]
    assert journal.backlog().appended == acknowledged


def test_a_full_file_works_again_once_the_recorder_confirmed(open_journal: Open, path: Path, ring: KeyRing) -> None:
    journal = open_journal(max_pages=60)
    acknowledged = fill(journal)
    with pytest.raises(StorageFull):
        journal.append(NOW, 1, _BODY)
    confirm(path, ring, acknowledged)
    seq = next(append_until_taken(journal))
    assert seq == acknowledged + 1
    assert read_all(path, ring, after=acknowledged) == [_BODY]


def append_until_taken(journal: SqliteJournal) -> Iterator[int]:
    """Try as often as it may take to listen to the recorder."""
    for _ in range(2):
        try:
            yield journal.append(NOW, 1, _BODY)
        except StorageFull:
            continue


def test_a_full_file_is_still_full_after_a_restart(open_journal: Open, path: Path, ring: KeyRing) -> None:
    journal = open_journal(max_pages=60)
    acknowledged = fill(journal)
    journal.close()
    journal = open_journal(max_pages=60)
    with pytest.raises(StorageFull):
        journal.append(NOW, 1, b"x" * 9_000)
    assert len(read_all(path, ring)) == acknowledged


def test_a_group_larger_than_the_file_is_refused_and_smaller_ones_pass(open_journal: Open) -> None:
    journal = open_journal(max_pages=60)
    with pytest.raises(StorageFull):
        journal.append(NOW, 1, b"x" * 400_000)
    assert journal.append(NOW, 1, _BODY) == 1


def test_a_day_key_of_a_group_that_found_no_room_is_not_used(open_journal: Open, path: Path, ring: KeyRing) -> None:
    journal = open_journal(max_pages=60)
    with pytest.raises(StorageFull):
        journal.append(NOW, 1, b"x" * 400_000)
    journal.append(NOW, 1, b"one")
    assert read_all(path, ring) == [b"one"]


def test_what_may_wait_is_bounded_until_the_recorder_catches_up(open_journal: Open, path: Path, ring: KeyRing) -> None:
    journal = open_journal(cap_bytes=5_000)
    for _ in range(5):
        journal.append(NOW, 1, _BODY)
    with pytest.raises(StorageBehind):
        journal.append(NOW, 1, _BODY)
    assert journal.backlog().appended == 5
    confirm(path, ring, 1)
    assert journal.append(NOW, 1, _BODY) == 6
    with pytest.raises(StorageBehind):
        journal.append(NOW, 1, _BODY)


def test_a_disk_that_is_full_up_to_the_reserve_takes_nothing(open_journal: Open) -> None:
    journal = open_journal(reserve_bytes=2**60)
    with pytest.raises(StorageFull, match="reserve"):
        journal.append(NOW, 1, _BODY)
    assert journal.backlog().appended == 0


# --- sudden death -----------------------------------------------------------------------------------------------

_APPENDER = """
import sys
from pathlib import Path
from twinbeam.engines.journals.sqlite import SqliteJournal
from twinbeam.engines.keyring import KeyRing

journal = SqliteJournal(Path(sys.argv[1]), KeyRing.open(Path(sys.argv[2])), reserve_bytes=0)
while True:
    seq = journal.append(1_790_000_000_000, 1, b"group %d" % (journal.backlog().appended + 1))
    print(seq, flush=True)
"""


@pytest.mark.parametrize("acknowledged_before", [1, 25, 200])
def test_a_killed_process_loses_no_acknowledged_group(
    open_journal: Open, path: Path, ring: KeyRing, acknowledged_before: int
) -> None:
    keys = path.parent.parent / "keys" / "keyring.json"
    with subprocess.Popen([sys.executable, "-c", _APPENDER, path, keys], stdout=subprocess.PIPE, text=True) as writer:
        for line in writer.stdout:
            if int(line) >= acknowledged_before:
                break
        writer.send_signal(signal.SIGKILL)
        rest = [int(line) for line in writer.stdout if line.endswith("\n")]
    acknowledged = max([acknowledged_before, *rest])

    journal = open_journal()
    appended = journal.backlog().appended
    assert appended in (acknowledged, acknowledged + 1)  # the last one may have become durable without being told
    assert read_all(path, ring) == [b"group %d" % n for n in range(1, appended + 1)]
    assert journal.append(NOW, 1, b"after") == appended + 1
