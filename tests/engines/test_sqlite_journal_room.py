"""The SQLite journal's room: what it forgets when, what it refuses when it is full, and how it recovers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from engines.kit.slot import Slot
from signals import NOW
from twinbeam.core.errors import StorageBehind, StorageFull
from twinbeam.engines.journals.sqlite import SqliteJournal, confirmed_path

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
