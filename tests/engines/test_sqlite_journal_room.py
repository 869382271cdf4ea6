"""The SQLite journal's room: what it forgets when, what it refuses when it is full, and how it recovers."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from engines.kit.slot import Slot
from signals import DAY, NOW
from twinbeam.core.clock import day_of
from twinbeam.core.errors import StorageBehind, StorageFull
from twinbeam.engines.journals.confirmed import confirmed_path
from twinbeam.engines.journals.sqlite import SqliteJournal

_BODY = b"x" * 900


@pytest.fixture
def slot(tmp_path: Path) -> Iterator[Slot]:
    slot = Slot(tmp_path)
    yield slot
    slot.close()


def append(journal: SqliteJournal, times: int) -> None:
    for _ in range(times):
        journal.append(NOW, 1, _BODY)


def test_forgetting_leaves_only_the_newest_group(slot: Slot) -> None:
    journal = slot.open()
    append(journal, 5)
    slot.confirm(5)
    journal.forget()
    assert slot.kept() == [5]


def test_asking_for_the_backlog_does_not_keep_groups_from_being_forgotten(slot: Slot) -> None:
    journal = slot.open()
    append(journal, 5)
    slot.confirm(5)
    for _ in range(2):
        journal.backlog()
    journal.forget()
    assert slot.kept() == [5]


def test_appending_forgets_what_was_confirmed(slot: Slot) -> None:
    journal = slot.open()
    append(journal, 20)
    slot.confirm(20)
    append(journal, 64)  # it listens to the recorder once in so many events
    assert slot.kept()[0] > 20


def test_a_reopened_journal_forgets_what_was_confirmed_before(slot: Slot) -> None:
    append(slot.open(), 5)
    slot.confirm(4)
    journal = slot.reopen()
    assert journal.backlog().pending == 1
    journal.forget()
    assert slot.kept() == [5]


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"7", b"not hex 7", "{id} ²".encode(), b"{id} -3", b"{id}"])
def test_a_damaged_confirmation_only_delays_the_forgetting(slot: Slot, content: bytes) -> None:
    journal = slot.open()
    append(journal, 3)
    before = journal.journal_id
    confirmed_path(slot.path).write_bytes(content.replace(b"{id}", before.encode()))
    journal = slot.reopen()
    assert (journal.journal_id, journal.backlog().pending) == (before, 3)
    slot.confirm(3)
    assert journal.backlog().pending == 0


def test_a_lost_confirmation_loses_no_group(slot: Slot) -> None:
    journal = slot.open()
    for n in range(3):
        journal.append(NOW, 1, b"%d" % n)
    slot.confirm(2)
    confirmed_path(slot.path).unlink()
    assert slot.reopen().backlog().pending == 3
    assert slot.read(after=2) == [b"2"]


def test_what_was_confirmed_about_another_journal_means_nothing(slot: Slot) -> None:
    journal = slot.open()
    append(journal, 1)
    confirmed_path(slot.path).write_text(f"{'00' * 16} 1")
    assert journal.backlog().pending == 1


def test_a_confirmation_that_could_not_be_written_is_said_again(slot: Slot) -> None:
    journal, reader = slot.open(), slot.reader()
    append(journal, 1)
    confirmed_path(slot.path).mkdir()
    reader.confirm(1)
    confirmed_path(slot.path).rmdir()
    assert journal.backlog().pending == 1
    assert reader.read(1, limit=1) == []
    assert journal.backlog().pending == 0
    reader.close()


def restored(slot: Slot) -> SqliteJournal:
    """Put back a copy of the file from two groups ago, which are recorded and confirmed by now."""
    slot.open().append(NOW, 1, b"in the backup")
    slot.close()
    backup = slot.path.read_bytes()
    append(slot.open(), 2)
    slot.confirm(3)
    slot.close()
    slot.path.write_bytes(backup)
    return slot.open()


def test_a_restored_file_gets_a_new_id(slot: Slot) -> None:
    """Under its old id its next groups would be taken for replays of those it does not know about."""
    before = slot.open().journal_id
    slot.close()
    after = restored(slot).journal_id
    assert after != before
    assert slot.reopen().journal_id == after


def test_a_restored_file_works_like_a_new_one(slot: Slot) -> None:
    journal = restored(slot)
    assert journal.backlog().appended == 0
    assert journal.append(NOW, 1, b"after the restore") == 1
    assert slot.read() == [b"after the restore"]
    assert (journal.backlog().appended, journal.backlog().pending) == (1, 1)


def fill(journal: SqliteJournal) -> int:
    """Append until the file is full; gives the number of groups that were acknowledged."""
    for n in range(10_000):
        try:
            journal.append(NOW, 1, b"%d" % n * 300)
        except StorageFull:
            return n
    raise AssertionError("the file never became full")


def test_a_full_file_refuses_and_keeps_every_acknowledged_group(slot: Slot) -> None:
    journal = slot.open(max_pages=15)
    acknowledged = fill(journal)
    assert acknowledged > 10
    assert slot.read() == [b"%d" % n * 300 for n in range(acknowledged)]
    assert journal.backlog().appended == acknowledged


def test_a_full_file_works_again_once_the_recorder_confirmed(slot: Slot) -> None:
    journal = slot.open(max_pages=15)
    acknowledged = fill(journal)
    slot.confirm(acknowledged)
    try:
        seq = journal.append(NOW, 1, _BODY)
    except StorageFull:  # then it has heard the recorder, and the next one passes
        seq = journal.append(NOW, 1, _BODY)
    assert seq == acknowledged + 1
    assert slot.read(after=acknowledged) == [_BODY]


def test_a_full_file_is_still_full_after_a_restart(slot: Slot) -> None:
    acknowledged = fill(slot.open(max_pages=15))
    with pytest.raises(StorageFull):
        slot.reopen(max_pages=15).append(NOW, 1, b"x" * 9_000)
    assert len(slot.read()) == acknowledged


def test_a_group_larger_than_the_file_is_refused_and_smaller_ones_pass(slot: Slot) -> None:
    journal = slot.open(max_pages=15)
    with pytest.raises(StorageFull):
        journal.append(NOW, 1, b"x" * 400_000)
    assert journal.append(NOW, 1, _BODY) == 1


def test_a_day_key_of_a_group_that_found_no_room_is_not_used(slot: Slot) -> None:
    journal = slot.open(max_pages=15)
    with pytest.raises(StorageFull):
        journal.append(NOW, 1, b"x" * 400_000)
    journal.append(NOW, 1, b"one")
    assert slot.read() == [b"one"]


def test_what_may_wait_is_bounded_until_the_recorder_catches_up(slot: Slot) -> None:
    journal = slot.open(cap_bytes=5_000)
    append(journal, 5)
    with pytest.raises(StorageBehind):
        journal.append(NOW, 1, _BODY)
    assert journal.backlog().appended == 5
    slot.confirm(1)
    assert journal.append(NOW, 1, _BODY) == 6
    with pytest.raises(StorageBehind):
        journal.append(NOW, 1, _BODY)


def test_a_disk_that_is_full_up_to_the_reserve_takes_nothing(slot: Slot) -> None:
    journal = slot.open(reserve_bytes=2**60)
    with pytest.raises(StorageFull, match="reserve"):
        journal.append(NOW, 1, _BODY)
    assert journal.backlog().appended == 0


def wrapped_keys(slot: Slot) -> list[tuple[int, bytes]]:
    rows = slot.sql("SELECT day, wrapped FROM day_key ORDER BY day")
    return [(day - day_of(NOW), wrapped) for day, wrapped in rows]


def days_with_a_key(slot: Slot) -> list[int]:
    return [day for day, _ in wrapped_keys(slot)]


def in_files(slot: Slot, wrapped: bytes) -> bool:
    return any(wrapped in path.read_bytes() for path in slot.path.parent.glob(f"{slot.path.name}*"))


def test_the_key_of_a_day_goes_with_the_last_group_of_that_day(slot: Slot) -> None:
    journal = slot.open()
    for day in range(3):
        journal.append(NOW + day * DAY, 1, _BODY)
    kept = wrapped_keys(slot)
    slot.confirm(1)
    journal.forget()
    assert days_with_a_key(slot) == [1, 2]
    assert [in_files(slot, wrapped) for _, wrapped in kept] == [False, True, True]
    assert slot.read() == [_BODY, _BODY]


def test_the_key_of_the_newest_group_stays_though_it_is_recorded(slot: Slot) -> None:
    journal = slot.open()
    journal.append(NOW, 1, b"one")
    slot.confirm(1)
    journal.forget()
    assert (days_with_a_key(slot), slot.read()) == ([0], [b"one"])


def test_a_clock_that_was_set_back_needs_no_key_that_is_gone(slot: Slot) -> None:
    journal = slot.open()
    journal.append(NOW, 1, b"one")
    journal.append(NOW + 2 * DAY, 1, b"two")
    slot.confirm(2)
    journal.forget()
    journal.append(NOW, 1, b"three")
    assert days_with_a_key(slot) == [2]
    journal = slot.reopen()
    journal.append(NOW + DAY, 1, b"four")
    slot.confirm(3)
    journal.forget()
    assert (days_with_a_key(slot), slot.read()) == ([2], [b"four"])


def test_a_key_that_a_reader_keeps_in_the_files_is_gone_once_it_is_out_of_the_way(slot: Slot) -> None:
    journal = slot.open()
    journal.append(NOW, 1, _BODY)
    journal.append(NOW + DAY, 1, _BODY)
    ((_, wrapped), _) = wrapped_keys(slot)
    slot.confirm(1)
    with closing(sqlite3.connect(slot.path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM commit_group").fetchone()
        journal.forget()
        assert in_files(slot, wrapped)
        reader.execute("COMMIT")
    journal.forget()
    assert not in_files(slot, wrapped)
