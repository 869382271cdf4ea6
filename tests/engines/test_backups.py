"""Backups: what is in one, what is said of one that is not whole, and what a restore does and refuses to do."""

import json
import os
import shutil
import sqlite3
import threading
from contextlib import closing
from functools import partial
from pathlib import Path

import msgspec
import pytest

from engines.kit.embedded import SqliteEngine
from engines.kit.harness import Harness
from engines.kit.owners import POLICY
from signals import HOUR, NOW, UNSAID, a_signal
from twinbeam.admin.contract import Actor
from twinbeam.app.backup import manifest as manifests
from twinbeam.app.backup.copying import check_database, copy_database
from twinbeam.app.backup.keeping import backups_in, remove_older
from twinbeam.app.backup.restoring import restore
from twinbeam.app.backup.taking import Wish, take
from twinbeam.core.clock import MS_PER_DAY, HandClock
from twinbeam.core.errors import ConfigError
from twinbeam.core.rules import PixelRules
from twinbeam.engines.journals.sqlite import SqliteJournal, SqliteJournalReader, slot_path
from twinbeam.engines.keyring import KeyRing
from twinbeam.engines.stores.sqlite.store import SqliteReader, SqliteStore
from twinbeam.pipeline.send.limits import Ages
from twinbeam.pipeline.send.turn_keeper import lately_made
from twinbeam.settings import Settings, load


def nobody(*_: object) -> None:
    """Show no progress."""


class Place:
    """A store, where its backups go, and an empty folder to restore into."""

    def __init__(self, engine: SqliteEngine, h: Harness, folder: Path) -> None:
        self.engine, self.h, self.folder = engine, h, folder
        self.clock = HandClock(NOW)
        self.backups = folder / "backups"
        self.settings = self.at("data")
        self.elsewhere = self.at("elsewhere")

    def at(self, name: str) -> Settings:
        keyring = self.folder / "keys" / "keyring.json"
        return load({"TWINBEAM_DATA": str(self.folder / name), "TWINBEAM_KEYRING": str(keyring)})

    def take(self, *, with_keys: bool = False) -> Path:
        taken = take(self.settings, self.engine.ring, Wish(self.backups, with_keys), self.clock, nobody)
        self.engine.store.note_backup(taken.manifest.taken_ms, str(taken.place), taken.bytes)
        self.clock.advance(seconds=1)
        return taken.place

    def restore(self, backup: Path, **how: bool):
        return restore(self.elsewhere, backup, Actor("ada"), self.clock, nobody, **how)

    def refuses(self, backup: Path, message: str) -> None:
        """Hold a restore to refusing with a sentence, and to leaving no store."""
        with pytest.raises(ConfigError, match=message):
            self.restore(backup)
        assert not (self.elsewhere.data / "store.db").exists()

    def opened(self) -> SqliteStore:
        ring = KeyRing.open(self.elsewhere.keyring)
        return SqliteStore.open_as_writer(self.elsewhere.data, ring, policy=POLICY, ages=Ages())


@pytest.fixture
def place(engine: SqliteEngine, h: Harness, tmp_path: Path) -> Place:
    h.take(a_signal("sent"))
    h.delivered(h.lease())
    h.take(a_signal("ready"), a_signal("held", permission=UNSAID))
    h.append(a_signal("in the journal"))
    return Place(engine, h, tmp_path)


def rewritten(backup: Path, **changes: object) -> None:
    """Change a manifest as somebody who wrote it would."""
    manifests.write(backup, msgspec.structs.replace(manifests.read(backup), **changes))


def test_a_backup_says_what_is_in_it_and_holds_no_key(place):
    backup = place.take()
    manifest = manifests.read(backup)
    assert manifest.conversions == {"delivered": 1, "ready": 1, "held": 1}
    assert (manifest.taken_ms, manifest.recorded, manifest.has_key_ring) == (NOW, 3, False)
    (journal,) = manifest.journals
    assert (journal.newest, manifest.cursors[journal.id], journal.events) == (3, 2, 4)
    assert {file.name for file in manifest.files} == {"store.db", "journals/journal-0.db"}
    secret = json.loads(place.settings.keyring.read_text())["keys"][0]["key"].encode()
    assert all(secret not in path.read_bytes() for path in backup.rglob("*") if path.is_file())
    assert all(path.stat().st_mode & 0o077 == 0 for path in [backup, *backup.rglob("*")])
    with closing(SqliteReader(place.settings.data)) as reader:
        assert place.engine.store.newest_backup_ms() == reader.newest_backup_ms() == NOW


def test_the_key_ring_is_in_it_only_where_that_is_asked_for_and_comes_back_where_none_is(place, tmp_path):
    backup = place.take(with_keys=True)
    kept = place.settings.keyring.read_bytes()
    assert (backup / "keyring.json").read_bytes() == kept
    place.settings.keyring.unlink()
    place.restore(backup)
    assert place.settings.keyring.read_bytes() == kept
    assert place.settings.keyring.stat().st_mode & 0o777 == 0o600


def test_a_copy_is_of_one_moment_while_others_write(tmp_path):
    source = tmp_path / "busy.db"
    stop = threading.Event()

    def write() -> None:
        with closing(sqlite3.connect(source, isolation_level=None)) as db:
            n = 0
            while not stop.is_set():
                n += 1
                db.execute("BEGIN IMMEDIATE")
                db.execute("INSERT INTO one VALUES (?, zeroblob(3000))", (n,))
                db.execute("INSERT INTO two VALUES (?)", (n,))
                db.execute("COMMIT")

    with closing(sqlite3.connect(source, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode=WAL")
        db.executescript("CREATE TABLE one (n INTEGER, body BLOB); CREATE TABLE two (n INTEGER)")
        db.execute("WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c WHERE x < 4000) "
                   "INSERT INTO one SELECT -x, zeroblob(3000) FROM c")  # fmt: skip
        writer = threading.Thread(target=write)
        writer.start()
        seen: list[int] = []
        try:
            copy_database(source, tmp_path / "copy.db", lambda done, _whole: seen.append(done))
        finally:
            stop.set()
            writer.join()
    check_database(tmp_path / "copy.db")
    with closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        (ones,) = copy.execute("SELECT count(*) FROM one WHERE n > 0").fetchone()
        assert copy.execute("SELECT count(*) FROM two").fetchone() == (ones,)
    assert seen == sorted(seen)
    assert len(seen) > 2
    assert sorted(path.name for path in tmp_path.glob("copy.db*")) == ["copy.db"]


def test_only_the_newest_few_stay_and_nothing_that_is_not_a_backup_goes(place):
    made = [place.take() for _ in range(4)]
    (place.backups / "twinbeam-20200101-000000").mkdir()  # not whole
    (place.backups / "notes").mkdir()
    assert backups_in(place.backups) == made[::-1]
    assert remove_older(place.backups, 2) == [made[1], made[0]]
    assert {path.name for path in place.backups.iterdir() if path.is_dir()} == {
        *(path.name for path in made[2:]),
        "notes",
        "twinbeam-20200101-000000",
    }


def test_a_restored_store_knows_what_came_before_and_records_what_waited_in_the_journal(place):
    backup = place.take()
    told = place.restore(backup)
    with closing(SqliteReader(place.elsewhere.data)) as reader:
        assert reader.newest_backup_ms() == NOW, "the backup it comes from, which was noted after it was taken"
    assert (told.journal_events, told.held, told.waiting, told.erased) == (1, 0, 1, 0)
    folders = json.loads((place.elsewhere.data / "journal-folders.json").read_text())
    assert folders == [str(place.elsewhere.data), str(place.elsewhere.data / "restored-journals")]
    assert [path.name for path in (place.elsewhere.data / "restored-journals").iterdir()] == ["journal-0.db"]
    with closing(place.opened()) as store:
        assert store.states() == {"delivered": 1, "ready": 1, "held": 1}
        assert store.changes(limit=1)[0].after.startswith("restored from a backup")
        (maybe,) = store._db.execute("SELECT maybe_at FROM conversion WHERE event_id = 'ready'").fetchone()
        assert maybe == NOW
        lane = store.due_lanes(NOW + HOUR)[0]
        in_time = {"limit": 10, "owner": "w", "compose": lambda _lane, events: b"%d" % len(events)}
        assert store.lease(lane, now_ms=NOW + 47 * HOUR, **in_time) is None  # TikTok may have it since the backup
        assert store.states()["expired"] == 1


def test_from_an_old_backup_what_waited_is_held_once_and_its_owner_decides(place):
    backup = place.take()
    place.clock.advance(seconds=48 * 3_600)
    assert place.restore(backup).held == 1
    with closing(place.opened()) as store:
        now = place.clock.now_ms()
        assert [(it.event, it.count) for it in store.awaiting_decision()] == [("Purchase", 1)]
        assert store.hold_restored(now) == 0
        assert store.carry_out_decision(now) is False
        store.decide_restored("send", now)
        store.carry_out_decision(now)
        assert (store.awaiting_decision(), store.states()["ready"]) == ([], 1)
        lane = store.due_lanes(now)[0]
        assert store.lease(lane, limit=9, owner="w", now_ms=now, compose=lambda _lane, _events: b"x") is not None


@pytest.mark.parametrize(
    ("hours", "late"), [pytest.param(1, False, id="of the same day"), pytest.param(60, True, id="days later")]
)
def test_what_is_reported_anew_and_may_have_been_sent_before_the_restore_is_held_when_it_is_late(place, hours, late):
    backup = place.take()
    place.clock.advance(seconds=hours * 3_600)
    place.restore(backup)
    now = place.clock.now_ms()
    place.engine.close()
    place.engine.store = store = place.opened()
    place.engine.journal, place.engine.reader = _a_journal(place)
    h = Harness(place.engine)
    h.clock.advance(ms=now - NOW)
    h.take(a_signal("lost", event_time=NOW // 1_000 + 60, received_ms=now))
    h.take(a_signal("new", event_time=now // 1_000 + 1, received_ms=now + 1_000))
    assert (h.state("lost"), h.state("new")) == ("held" if late else "ready", "ready")
    marks = dict(store._db.execute("SELECT event_id, maybe_at FROM conversion"))
    assert (marks["lost"], marks["new"]) == (NOW + 60_000, None)


def _a_journal(place: Place):
    path = slot_path(place.elsewhere.data, 0)
    return SqliteJournal(path, place.engine.ring, reserve_bytes=0), SqliteJournalReader(path, place.engine.ring)


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (lambda it: os.truncate(it / "store.db", 4_096), r"store\.db has 4096 bytes and had \d+\. Take another"),
        (lambda it: _flip(it / "store.db"), r"store\.db is not as it was written: its SHA-256 differs"),
        (lambda it: _flip(it / "journals" / "journal-0.db"), r"journal-0\.db is not as it was written"),
        (lambda it: _flip(it / "manifest.json"), r"manifest\.json is not as it was written"),
        (lambda it: (it / "journals" / "journal-0.db").unlink(), r"journal-0\.db cannot be read \(No such file"),
        (lambda it: (it / "manifest.json").unlink(), r"is no whole backup: .*manifest\.json cannot be read"),
        (lambda it: rewritten(it, format=2), r"manifest\.json was written by a newer release of Twinbeam"),
        (lambda it: rewritten(it, schema=99, twinbeam="9.9"), r"taken by Twinbeam 9\.9, whose store is newer"),
        (lambda it: rewritten(it, tables="9999", twinbeam="9.9"), r"Install that release"),
        (lambda it: rewritten(it, taken_ms=NOW + 9 * HOUR), r"is of the future\. Set the clock"),
    ],
)
def test_a_backup_that_is_not_whole_or_too_new_is_told_with_its_file_and_the_mend(place, harm, message):
    backup = place.take()
    harm(backup)
    place.refuses(backup, message)


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_another_key_ring_is_refused_with_the_ids_of_the_right_one(place):
    backup = place.take()
    (right,) = place.engine.ring.ids
    place.settings.keyring.unlink()
    place.refuses(backup, rf"keyring\.json is missing.*its keys: {right}")
    KeyRing.open_or_create(place.settings.keyring)
    place.refuses(backup, rf"keyring\.json does not open this backup\. Put back the one whose keys are {right}")
    entries = {"keys": [{"id": right, "key": json.loads(place.settings.keyring.read_text())["keys"][0]["key"]}]}
    place.settings.keyring.write_text(json.dumps(entries))
    place.refuses(backup, "does not open this backup")


def test_nothing_is_overwritten_and_a_restore_that_was_cut_off_is_begun_anew(place):
    backup = place.take()
    with pytest.raises(ConfigError, match=r"is not empty \(journal-0.*mv .*/data .*/data\.lost"):
        restore(place.settings, backup, Actor("ada"), place.clock, nobody)
    half = place.elsewhere.data / "restore.part"
    half.mkdir(parents=True)
    (half / "store.db").write_bytes(b"half")
    (place.elsewhere.data / "restored-journals").mkdir()
    assert sum(place.restore(backup).conversions.values()) == 3
    assert not half.exists()


def test_a_full_disk_and_a_folder_that_is_closed_are_told_and_leave_nothing(place, monkeypatch, tmp_path):
    earlier = place.take()
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _path: shutil._ntuple_diskusage(10**9, 10**9, 10**6))
        with pytest.raises(ConfigError, match=r"The disk of .*backups has 0 MiB free, .*--keep.*--to"):
            place.take()
        place.refuses(earlier, r"The disk of .*elsewhere has 0 MiB free.*TWINBEAM_DATA")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(manifests, "sync", full)
        with pytest.raises(ConfigError, match=r"The disk of .*backups became full, so there is no backup"):
            place.take()
        place.refuses(earlier, r"The disk of .*elsewhere became full\. Make room, and restore again")
    assert backups_in(place.backups) == [earlier]
    assert list(place.backups.glob(".*.part")) == []
    (tmp_path / "a file").write_text("")
    with pytest.raises(ConfigError, match=r"Backups cannot be written to .*a file.*--to"):
        take(place.settings, place.engine.ring, Wish(tmp_path / "a file"), place.clock, nobody)


def test_a_damaged_store_makes_no_backup_and_keeps_the_earlier_ones(place):
    earlier = place.take()
    place.h.take(*(a_signal(f"many-{n}") for n in range(2_000)))
    place.engine.store._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    broken = place.at("broken")
    shutil.copytree(place.settings.data, broken.data, ignore=shutil.ignore_patterns("*.lock"))
    path = broken.data / "store.db"
    content = bytearray(path.read_bytes())
    at = len(content) // 2
    content[at : at + 8_192] = b"\xff" * 8_192
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"damaged \(.*\), so this backup is not good\. Keep the earlier ones"):
        take(broken, place.engine.ring, Wish(place.backups), place.clock, nobody)
    assert backups_in(place.backups) == [earlier]


def test_requests_since_the_backup_count_as_the_most_that_the_limits_allow(place):
    rules = PixelRules(requests_per_day=500)
    place.h.store.save_pixel(workspace="main", code="LIMITED", event_source="web", name="", now_ms=NOW, rules=rules)
    backup = place.take()
    place.clock.advance(seconds=599)
    done = place.restore(backup)
    assert done.used_up == ["main/LIMITED"]
    now = place.clock.now_ms()
    with closing(place.opened()) as store:
        count = partial(store.request_counts.note, count=0, owner="test", now_ms=now)
        assert count("main/LIMITED", most=500).total == 500
        noted = count("", most=0)
    assert noted.total == 1_000 * 601, "of 600 seconds, and of the second in which the first of them begins"
    assert lately_made(noted, "writer", now) == noted.total
    assert lately_made(noted, "writer", now + HOUR) == 1_000, "a later start waits for no minute"


def test_only_what_may_have_been_requested_on_this_day_counts_after_a_restore(place):
    backup = place.take()
    midnight = -(-place.clock.now_ms() // MS_PER_DAY) * MS_PER_DAY
    place.clock.advance(ms=midnight + 9_000 - place.clock.now_ms())
    place.restore(backup)
    with closing(place.opened()) as store:
        assert store.request_counts.note("", 0, most=0, owner="test", now_ms=place.clock.now_ms()).total == 10_000
