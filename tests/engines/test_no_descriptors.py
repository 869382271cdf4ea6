"""What happens to files while the process has no descriptor left: nothing is lost, and it goes on afterwards."""

import asyncio
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from twinbeam.app.process import attempt
from twinbeam.app.snapshot import FILE, SnapshotFile
from twinbeam.app.thread import Thread
from twinbeam.core.errors import StorageBusy, StorageError
from twinbeam.engines.journals.confirmed import Confirmed, read_confirmed, write_confirmed
from twinbeam.engines.journals.sqlite import SqliteJournal, slot_path
from twinbeam.engines.keyring import KeyRing
from twinbeam.pipeline.accept.directory import Directory

pytestmark = pytest.mark.outside("descriptors")


@contextmanager
def no_descriptors() -> Iterator[None]:
    """Let no file be opened; those that are open stay so."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, before[1]))
    try:
        with pytest.raises(OSError, match="Too many open files"):
            os.open("/dev/null", os.O_RDONLY)
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[SqliteJournal]:
    opened = SqliteJournal(slot_path(tmp_path, 0), KeyRing.open_or_create(tmp_path / "ring.json"), reserve_bytes=1)
    yield opened
    opened.close()


def test_a_journal_takes_events_and_hears_its_recorder_later(journal, tmp_path):
    first = journal.append(1, 1, b"one")
    write_confirmed(slot_path(tmp_path, 0), journal.journal_id, Confirmed(first, 1, first))
    with no_descriptors():
        assert journal.append(2, 100, b"two") == first + 1
        journal.forget()
        assert journal.backlog().pending == 101
        assert journal.has_room()
    assert journal.backlog().pending == 100


def test_what_the_recorder_said_is_not_taken_for_nothing_where_it_cannot_be_read(journal, tmp_path):
    """A restored journal is told by it: 0 would keep the id of one that begins anew."""
    said = Confirmed(7, 9, 5)
    write_confirmed(slot_path(tmp_path, 0), journal.journal_id, said)
    with no_descriptors(), pytest.raises(StorageError):
        read_confirmed(slot_path(tmp_path, 0), journal.journal_id)
    assert read_confirmed(slot_path(tmp_path, 0), journal.journal_id) == said


def test_a_confirmation_that_cannot_be_written_is_told_so(journal, tmp_path):
    with no_descriptors():
        assert not write_confirmed(slot_path(tmp_path, 0), journal.journal_id, Confirmed(7, 9, 5))


def test_a_changed_snapshot_that_could_not_be_opened_is_read_at_the_next_look(tmp_path):
    (tmp_path / FILE).write_bytes(Directory().encode())
    with no_descriptors():
        snapshot = SnapshotFile(tmp_path)
        with pytest.raises(StorageBusy):
            snapshot.in_force()
        with pytest.raises(OSError, match="Too many open files"):
            snapshot.refresh()
    assert snapshot.refresh()
    assert snapshot.in_force() == Directory()


def test_a_duty_that_finds_no_descriptor_is_reported_and_done_again():
    told = []

    async def duty() -> None:
        os.open("/dev/null", os.O_RDONLY)

    async def act() -> None:
        with no_descriptors():
            await attempt(lambda event, **fields: told.append((event, fields["what"])), "forget", duty)

    asyncio.run(act())
    assert told == [("upkeep.crashed", "forget")]


def test_trouble_with_a_file_on_the_stores_thread_is_trouble_with_the_store(tmp_path):
    async def act() -> None:
        with pytest.raises(StorageError):
            await Thread("store")(os.listdir, tmp_path / "gone")

    asyncio.run(act())
