"""An ingest process's slot: it serves whatever its journal does, and says what is wrong once a minute."""

from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from signals import NOW
from twinbeam.app.slot import Slot
from twinbeam.core.errors import StorageBusy, StorageDamaged, StorageError, StorageFull
from twinbeam.engines.journals import sqlite
from twinbeam.engines.journals.confirmed import Confirmed, write_confirmed
from twinbeam.engines.journals.losses import Loss, losses, note_loss
from twinbeam.engines.journals.newest import Gap
from twinbeam.engines.journals.sqlite import SqliteJournal, SqliteJournalReader, set_aside, set_aside_in, slot_path
from twinbeam.engines.keyring import KeyRing


class House:
    """A folder, a key ring, and what was reported."""

    def __init__(self, folder: Path) -> None:
        self.ring = KeyRing.open_or_create(folder / "keys" / "keyring.json")
        self.path = slot_path(folder / "data", 0)
        self.told: list[tuple[str, dict[str, Any]]] = []
        self.trouble: list[Exception] = []

    def opened(self) -> SqliteJournal:
        if self.trouble:
            raise self.trouble.pop()
        return SqliteJournal(self.path, self.ring, reserve_bytes=0)

    def report(self, event: str, /, **fields: Any) -> None:
        self.told.append((event, fields))

    def slot(self) -> Slot:
        return Slot(self.path, self.opened, lambda mark: set_aside(self.path, mark), self.report)


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


@pytest.mark.outside("journal")
@pytest.mark.parametrize(
    ("trouble", "raised"),
    [
        (StorageFull("no room"), StorageFull),
        (OSError(28, "No space left on device", "journal-0.lock"), StorageFull),
        (StorageError("unable to open"), StorageError),
        (OSError(13, "Permission denied", "journal-0.lock"), StorageError),
    ],
)
def test_a_journal_that_cannot_be_opened_refuses_events_until_it_can_and_is_told_once(house, trouble, raised):
    house.trouble = [trouble] * 3
    slot = house.slot()
    with pytest.raises(raised):
        slot.append(NOW, 1, b"refused")
    assert (slot.has_room(), slot.backlog().pending, slot.journal_id) == (False, 0, "")
    for _ in range(3):
        slot.forget()
    assert slot.append(NOW, 1, b"taken") == 1
    assert slot.has_room()
    assert slot.journal_id
    (told,) = house.told
    assert told[0] == "journal.closed"
    assert told[1]["file"] == str(house.path)
    slot.close()


def test_a_slot_that_another_process_holds_is_no_trouble_to_wait_for(house):
    house.trouble = [StorageBusy("in use")]
    with pytest.raises(StorageBusy):
        house.slot()


@pytest.mark.outside("journal")
@pytest.mark.parametrize("content", [b"no database" * 4_000, b"SQLite format 3\0" + b"\xff" * 40_000, b"\0" * 40_000])
def test_a_file_that_is_damaged_is_set_aside_and_a_fresh_one_begun(house, content):
    house.path.parent.mkdir()
    house.path.write_bytes(content)
    slot = house.slot()
    assert slot.append(NOW, 1, b"taken") == 1
    ((event, fields),) = house.told
    assert event == "journal.damaged"
    (aside,) = set_aside_in(house.path.parent)
    assert (aside.name, aside.read_bytes()) == (fields["aside"], content)
    slot.close()


@pytest.mark.outside("journal")
def test_damage_that_an_append_meets_is_set_aside_and_the_next_one_is_taken(house, monkeypatch):
    slot = house.slot()
    first = slot.journal_id

    def damaged(*_: object) -> int:
        raise StorageDamaged("database disk image is malformed")

    monkeypatch.setattr(slot._journal, "append", damaged)
    with pytest.raises(StorageDamaged):
        slot.append(NOW, 1, b"refused")
    assert slot.append(NOW, 1, b"taken") == 1
    assert slot.journal_id != first
    slot.close()


@pytest.mark.outside("wal")
def test_the_wrong_key_ring_sets_nothing_aside(house, tmp_path):
    slot = house.slot()
    slot.append(NOW, 1, b"sealed")
    slot.close()
    house.ring = KeyRing.open_or_create(tmp_path / "other.json")
    slot = house.slot()
    with pytest.raises(StorageDamaged):
        slot.append(NOW, 1, b"refused")
    assert set_aside_in(house.path.parent) == []
    slot.close()


@pytest.mark.outside("wal")
@pytest.mark.parametrize(
    ("confirmed", "after", "events"),
    [(None, 10, 80), (Confirmed(20, 40, 20), 20, 60), (Confirmed(50, 100, 9), None, 0)],
)
def test_what_was_acknowledged_and_is_gone_is_counted(house, confirmed, after, events):
    journal = house.opened()
    for number in range(1, 51):
        journal.append(NOW, 2, b"group")
        if number == 10:
            journal._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            early = house.path.read_bytes()
    journal_id = journal.journal_id
    journal.close()
    house.path.write_bytes(early)
    if confirmed is not None:
        assert write_confirmed(house.path, journal_id, confirmed)
    again = house.opened()
    assert again.lost == (None if after is None else Gap(journal_id, after, 50, events))
    again.close()


@pytest.mark.outside("wal")
def test_groups_stay_in_the_journal_until_the_stores_file_has_them(house):
    with closing(house.opened()) as journal:
        for _ in range(5):
            journal.append(NOW, 1, b"group")
        reader = SqliteJournalReader(house.path, house.ring)
        reader.confirm(5, 2)
        journal.forget()
        assert journal.backlog().pending == 0
        assert [group.seq for group in reader.read(0, limit=99)] == [3, 4, 5]
        reader.confirm(5, 5)
        journal.forget()
        assert [group.seq for group in reader.read(0, limit=99)] == [5]
        reader.close()


@pytest.mark.outside("wal")
def test_where_room_is_short_what_is_recorded_goes_all_the_same(house):
    journal = SqliteJournal(house.path, house.ring, reserve_bytes=0, max_pages=40)
    reader = SqliteJournalReader(house.path, house.ring)
    full = 0
    while (seq := appended(journal)) is not None:
        full = seq
    reader.confirm(full, 0)
    assert full + 1 in [appended(journal) for _ in range(3)]
    reader.close()
    journal.close()


def appended(journal: SqliteJournal) -> int | None:
    with suppress(StorageFull):
        return journal.append(NOW, 1, b"x" * 20_000)
    return None


@pytest.mark.outside("journal")
def test_what_lies_around_a_damaged_page_is_read_and_what_lay_in_it_is_counted(house):
    with closing(house.opened()) as journal:
        for number in range(1, 301):
            journal.append(NOW, 2, b"%d" % number * 400)
        page = journal._db.execute("PRAGMA page_size").fetchone()[0]
        journal._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = bytearray(house.path.read_bytes())
    middle = len(content) // page // 2 * page
    content[middle : middle + page] = b"\xff" * page
    house.path.write_bytes(content)
    reader, read, lost, after = SqliteJournalReader(house.path, house.ring), [], 0, 0
    while groups := reader.read(after, limit=10):
        lost += reader.lost()
        read += [group.seq for group in groups]
        after = groups[-1].seq
    assert read[0] == 1
    assert read[-1] == 300
    assert 0 < len(read) < 300
    assert lost == 2 * (300 - len(read))
    reader.close()


def test_a_loss_is_noted_once_and_half_a_line_is_no_loss(tmp_path):
    loss = Loss("id", "journal-0.db", 5, 9, 12, NOW)
    assert [note_loss(tmp_path, loss), note_loss(tmp_path, loss)] == [True, False]
    with (tmp_path / "losses.jsonl").open("ab") as file:
        file.write(b'{"journal": "i')
    assert losses(tmp_path) == [loss]
    assert not note_loss(tmp_path / "nowhere", loss)


@pytest.mark.outside("journal")
@pytest.mark.parametrize("names", [("",), ("-wal",), ("", "-wal", "-shm")])
def test_what_was_accepted_outlives_the_file_it_lies_in(house, names):
    slot = house.slot()
    for number in range(5):
        slot.append(NOW, 20, b"group %d" % number)
    assert write_confirmed(house.path, slot.journal_id, Confirmed(2, 40, 0))
    for name in names:
        house.path.with_name(house.path.name + name).unlink()
    slot.forget()
    slot.append(NOW, 1, b"after")
    with closing(SqliteJournalReader(house.path, house.ring)) as reader:
        read = [(group.count, group.body) for group in reader.read(0, limit=1_000)]
    assert read == [(20, b"group 2"), (20, b"group 3"), (20, b"group 4"), (1, b"after")]
    assert (slot._journal.lost, [event for event, _ in house.told]) == (None, ["journal.damaged"])
    slot.forget()
    assert slot.backlog().appended == 61
    slot.close()


@pytest.mark.outside("journal")
def test_what_is_carried_over_waits_until_there_is_room(house):
    slot = house.slot()
    slot.append(NOW, 1, b"before")
    house.path.unlink()
    house.trouble = [StorageFull("no room")]
    slot.forget()
    with pytest.raises(StorageFull):
        slot.append(NOW, 1, b"refused")
    slot.forget()
    slot.append(NOW, 1, b"after")
    with closing(SqliteJournalReader(house.path, house.ring)) as reader:
        assert [group.body for group in reader.read(0, limit=1_000)] == [b"before", b"after"]
    slot.close()


@pytest.mark.outside("journal")
def test_what_is_more_than_can_be_carried_over_is_told_as_lost(house, monkeypatch):
    monkeypatch.setattr(sqlite, "_MOST_CARRIED", 3)
    slot = house.slot()
    for _ in range(5):
        slot.append(NOW, 20, b"group")
    first = slot.journal_id
    house.path.unlink()
    slot.forget()
    assert slot.backlog().appended == 60
    assert slot._journal.lost == Gap(first, 0, 2, 40)
    slot.close()
