"""The SQLite store: its files, its lock, its schema, and what stands in it unreadable."""

import os
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from engines.kit.embedded import SqliteEngine
from engines.kit.harness import Harness
from signals import BROWSER, DAY, NOW, a_refusal, a_signal, an_email, carried_ids
from twinbeam.core.clock import day_of
from twinbeam.core.errors import ConfigError, StorageBusy, StorageDamaged, StorageFull
from twinbeam.core.story import KeyRow
from twinbeam.core.values import Facts
from twinbeam.engines.sqlite_file import open_file
from twinbeam.engines.stores.sqlite.migrate import migrate, migrations, schema_version
from twinbeam.engines.stores.sqlite.store import SqliteReader, SqliteSetup, SqliteStore
from twinbeam.pipeline.record.contract import Numbered
from twinbeam.pipeline.record.window import JoinWindow
from twinbeam.pipeline.send.limits import Ages

JOURNAL = "ab" * 16
SECRETS = Facts(
    ttclid="click-marker", ttp="cookie-marker", ip="203.0.113.77", user_agent="agent-marker", url="url-marker"
)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[SqliteEngine]:
    engine = SqliteEngine(tmp_path)
    yield engine
    engine.close()


@pytest.fixture
def h(engine: SqliteEngine) -> Harness:
    return Harness(engine)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def a_pixel(setup: SqliteSetup | SqliteStore, code: str = "PIXEL1") -> None:
    setup.save_pixel(workspace="shop", code=code, event_source="web", name="Shop", consent="require", now_ms=NOW)


def schema(path: Path) -> list[tuple[str, str]]:
    with sqlite3.connect(path) as db:
        rows = db.execute("SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'trace_%' ORDER BY name").fetchall()
    db.close()
    return rows


# --- the files --------------------------------------------------------------------------------------------------


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
        SqliteStore.open_as_writer(data, engine.ring, window=JoinWindow(), ages=Ages())


def test_a_store_that_was_closed_can_be_opened_again(engine: SqliteEngine) -> None:
    for _ in range(3):
        engine.reopen()


# --- the schema -------------------------------------------------------------------------------------------------


def test_a_new_store_has_seen_every_migration(engine: SqliteEngine, data: Path) -> None:
    assert schema_version(engine.store._db) == len(migrations())
    assert {name for name, _ in schema(data / "store.db")} >= {"conversion", "dedup", "payload", "batch", "counter"}


def test_migrating_step_by_step_leads_to_the_same_schema(engine: SqliteEngine, tmp_path: Path, data: Path) -> None:
    path = tmp_path / "stepwise.db"
    with sqlite3.connect(path) as db:
        for sql in migrations():
            db.executescript(sql)
    db.close()
    assert schema(path) == schema(data / "store.db")


def test_migrating_again_changes_nothing(h: Harness) -> None:
    h.take(a_signal())
    migrate(h.store._db)
    assert h.state() == "ready"


def test_a_store_of_a_newer_release_is_refused_with_the_fix(engine: SqliteEngine, data: Path) -> None:
    engine.store._db.execute("PRAGMA user_version=99")
    engine.close()
    for _ in range(2):  # the refused opening holds no lock
        with pytest.raises(ConfigError, match="install the newer release"):
            SqliteStore.open_as_writer(data, engine.ring, window=JoinWindow(), ages=Ages())
    with sqlite3.connect(data / "store.db") as db:
        db.execute("PRAGMA user_version=1")
    db.close()
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


# --- beside the writer ------------------------------------------------------------------------------------------


def test_settings_can_be_changed_beside_a_running_writer(h: Harness, data: Path) -> None:
    h.take(a_signal())
    setup = SqliteSetup(data, h.engine.ring)
    a_pixel(setup)
    setup.save_token(workspace="shop", code="PIXEL1", token="token-1", now_ms=NOW)
    h.take(a_signal("e-2"))
    assert [pixel.has_token for pixel in h.store.pixels()] == [True]
    assert h.store.tokens() == {("shop", "PIXEL1"): "token-1"}
    assert setup.by_event_id("shop", "e-2")[0].state == "ready"
    setup.close()


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


def test_the_newest_stories_come_first_and_page_by_page(h: Harness) -> None:
    h.take(*(a_signal(f"e-{n}") for n in range(5)))
    first = h.store.recent(limit=2)
    second = h.store.recent(limit=9, before_id=first[-1].id)
    assert [story.event_id for story in first + second] == ["e-4", "e-3", "e-2", "e-1", "e-0"]


# --- set-up -----------------------------------------------------------------------------------------------------


def test_a_token_is_unreadable_in_the_files_and_never_listed(h: Harness, data: Path) -> None:
    a_pixel(h.store)
    h.store.save_token(workspace="shop", code="PIXEL1", token="token-marker", now_ms=NOW)
    assert h.store.tokens() == {("shop", "PIXEL1"): "token-marker"}
    assert "token-marker" not in repr(h.store.pixels())
    assert not found_in_files(data, b"token-marker")


def test_a_token_copied_to_another_pixel_does_not_open(h: Harness) -> None:
    for code in ("PIXEL1", "PIXEL2"):
        a_pixel(h.store, code)
    h.store.save_token(workspace="shop", code="PIXEL1", token="token-1", now_ms=NOW)
    h.store._db.execute("UPDATE pixel SET token = (SELECT token FROM pixel WHERE code = 'PIXEL1')")
    with pytest.raises(StorageDamaged):
        h.store.tokens()


def test_a_token_for_an_unknown_pixel_names_the_command_that_adds_it(h: Harness) -> None:
    with pytest.raises(ConfigError, match="twinbeam pixels add PIXEL9"):
        h.store.save_token(workspace="shop", code="PIXEL9", token="token-1", now_ms=NOW)
    assert h.store.tokens() == {}


def test_changing_a_pixel_keeps_its_token(h: Harness) -> None:
    a_pixel(h.store)
    h.store.save_token(workspace="shop", code="PIXEL1", token="token-1", now_ms=NOW)
    h.store.save_pixel(
        workspace="shop", code="PIXEL1", event_source="web", name="New", consent="not_required", now_ms=NOW + 1
    )
    (pixel,) = h.store.pixels()
    assert (pixel.name, pixel.consent, pixel.created_ms, pixel.has_token) == ("New", "not_required", NOW, True)


def test_a_key_is_revoked_once(h: Harness) -> None:
    key = KeyRow("key-1", "hash", "server", "shop", "checkout", ["PIXEL1", "PIXEL2"], NOW, None)
    h.store.add_key(key)
    assert h.store.access_keys() == [key]
    assert [h.store.revoke_key("key-1", NOW + 1), h.store.revoke_key("key-1", NOW + 2)] == [True, False]
    assert h.store.access_keys()[0].revoked_ms == NOW + 1
    assert not h.store.revoke_key("key-9", NOW)


# --- at rest ----------------------------------------------------------------------------------------------------


def found_in_files(data: Path, *markers: bytes) -> list[str]:
    return [file.name for file in data.iterdir() if any(marker in file.read_bytes() for marker in markers)]


def test_nothing_about_a_visitor_can_be_read_in_any_file(h: Harness, data: Path) -> None:
    email = an_email("ada")
    user = {"email": email, "ttclid": SECRETS.ttclid, "ip": SECRETS.ip}
    h.take(a_signal("e-1", user=user, page={"url": "url-marker"}, visitor="visit-marker", facts=SECRETS))
    h.take(a_signal("e-1", channel=BROWSER, user={"ttp": "cookie-marker"}, properties={"description": "text-marker"}))
    lease = h.lease()
    h.waiting(lease)
    h.quarantine(b"quarantine-marker", seq=9)
    markers = (email, *(value for value in vars_of(SECRETS)), "visit-marker", "text-marker", "quarantine-marker")
    assert email.encode() in lease.body
    assert not found_in_files(data, *(marker.encode() for marker in markers))


def vars_of(facts: Facts) -> list[str]:
    return [getattr(facts, name) for name in facts.__struct_fields__]


def test_a_payload_is_unreadable_once_its_days_key_is_gone(h: Harness) -> None:
    h.take(a_signal("e-1"), a_signal("e-2", pixel="PIXEL2", received_ms=NOW + DAY))
    h.store._db.execute("DELETE FROM day_key WHERE day = ?", (day_of(NOW),))
    h.engine.reopen()
    with pytest.raises(StorageDamaged):
        h.lease()
    h.clock.advance(ms=DAY)
    assert carried_ids(h.lease(pixel="PIXEL2")) == ["e-2"]


def test_a_payload_copied_to_another_conversion_does_not_open(h: Harness) -> None:
    h.take(a_signal("e-1"), a_signal("e-2", pixel="PIXEL2"))
    h.store._db.execute("UPDATE payload SET body = (SELECT body FROM payload WHERE id = 1)")
    assert carried_ids(h.lease()) == ["e-1"]
    with pytest.raises(StorageDamaged):
        h.lease(pixel="PIXEL2")


def test_a_lost_payload_is_damage_and_nothing_is_leased(h: Harness) -> None:
    h.take(a_signal("e-1"))
    h.store._db.execute("DELETE FROM payload")
    with pytest.raises(StorageDamaged):
        h.lease()
    h.check()
    assert h.state() == "ready"


def test_a_refusal_deletes_the_payload(h: Harness) -> None:
    h.take(a_signal("e-1"))
    h.take(a_signal("e-1", channel=BROWSER), a_refusal("e-1"))
    assert h.store._db.execute("SELECT count(*) FROM payload").fetchone() == (0,)


# --- damage -----------------------------------------------------------------------------------------------------


def test_a_batch_whose_bytes_changed_is_not_sent_again(h: Harness) -> None:
    h.take(a_signal("e-1"))
    h.lease()
    h.store._db.execute("UPDATE batch SET body_hash = zeroblob(16)")
    with pytest.raises(StorageDamaged, match="no longer gives the bytes"):
        h.restart()
    assert h.state() == "leased"


def test_a_damaged_batch_does_not_keep_the_others_from_being_taken_over(h: Harness) -> None:
    h.take(a_signal("e-1"), a_signal("e-2", pixel="PIXEL2"), a_signal("e-3", pixel="PIXEL3"))
    bodies = [h.lease(pixel=f"PIXEL{n}").body for n in (1, 2, 3)]
    h.store._db.execute("UPDATE batch SET body_hash = zeroblob(16) WHERE id = 2")
    with pytest.raises(StorageDamaged, match="batch 2 "):
        h.restart()
    assert [lease.body for lease in h.reclaim()] == [bodies[0], bodies[2]]


# --- a full disk, and other surprises ---------------------------------------------------------------------------


def fill(h: Harness) -> int:
    """Record until the store is full; gives the number of events that were recorded."""
    pages = h.store._db.execute("PRAGMA page_count").fetchone()[0]
    h.store._db.execute(f"PRAGMA max_page_count={pages + 20}")
    for n in range(1_000):
        try:
            h.store.record(JOURNAL, [Numbered(n + 1, [a_signal(f"e-{n}", pixel=f"P{n}")])], NOW + n * DAY)
        except StorageFull:
            return n
    raise AssertionError("the store never became full")


def make_room(h: Harness) -> None:
    h.store._db.execute("PRAGMA max_page_count=1000000")


def test_a_full_disk_keeps_nothing_of_the_group_and_everything_before_it(h: Harness) -> None:
    recorded = fill(h)
    assert h.store.cursor(JOURNAL) == recorded
    h.check()


def test_recording_goes_on_after_the_disk_has_room_again(h: Harness) -> None:
    recorded = fill(h)
    make_room(h)
    again = Numbered(recorded + 1, [a_signal(f"e-{recorded}", pixel=f"P{recorded}")])
    assert h.store.record(JOURNAL, [again], NOW).opened == 1
    h.check()
    h.clock.advance(ms=1)
    assert carried_ids(h.lease(pixel=f"P{recorded}")) == [f"e-{recorded}"]


def test_a_group_that_cannot_be_recorded_leaves_no_trace(h: Harness) -> None:
    h.take(a_signal("e-1"))
    before = h.store._db.execute("SELECT count(*) FROM lane").fetchone()
    culprit = a_signal("e-3", pixel="PIXEL3", lookups=["no bytes"])
    for received in (NOW, NOW + DAY):
        group = Numbered(9, [a_signal("e-2", pixel="PIXEL2", received_ms=received), culprit])
        with pytest.raises(Exception, match="trace"):
            h.store.record(JOURNAL, [group], received)
    assert h.store._db.execute("SELECT count(*) FROM lane").fetchone() == before
    h.check()
    h.take(a_signal("e-2", pixel="PIXEL2", received_ms=NOW + DAY))
    h.engine.reopen()
    h.clock.advance(ms=DAY)
    assert carried_ids(h.lease(pixel="PIXEL2")) == ["e-2"]


def test_a_rehearsal_changes_nothing_and_tells_what_would_go_wrong(h: Harness) -> None:
    h.take(a_signal("e-1"))
    before = list(h.store._db.iterdump())
    h.store.rehearse(JOURNAL, Numbered(2, [a_signal("e-2", pixel="PIXEL2", received_ms=NOW + DAY)]), NOW)
    assert list(h.store._db.iterdump()) == before
    with pytest.raises(Exception, match="trace"):
        h.store.rehearse(JOURNAL, Numbered(2, [a_signal("e-2", lookups=["no bytes"])]), NOW)
    assert list(h.store._db.iterdump()) == before
    h.take(a_signal("e-2", pixel="PIXEL2"))
    h.engine.reopen()
    assert carried_ids(h.lease(pixel="PIXEL2")) == ["e-2"]


def test_a_day_key_of_a_failed_quarantine_is_not_used(h: Harness) -> None:
    h.store._db.execute("PRAGMA max_page_count=1")
    with pytest.raises(StorageFull):
        h.store.quarantine(JOURNAL, 1, 0, b"x" * 100_000, "unreadable", NOW)
    make_room(h)
    h.take(a_signal("e-1"))
    h.engine.reopen()
    assert carried_ids(h.lease()) == ["e-1"]


def test_a_composer_that_fails_leaves_everything_as_it_was(h: Harness) -> None:
    h.take(a_signal("e-1"))
    before = list(h.store._db.iterdump())

    def fail(*_: object) -> bytes:
        raise ValueError("no body")

    with pytest.raises(ValueError, match="no body"):
        h.store.lease(h.lane(), limit=10, owner="writer-1", now_ms=NOW, compose=fail)
    assert list(h.store._db.iterdump()) == before


def test_more_keys_and_tokens_than_one_statement_takes_are_looked_up(h: Harness) -> None:
    signals = [a_signal(f"e-{n}", visitor=f"v-{n}", facts=Facts(ttclid=f"c-{n}")) for n in range(600)]
    assert h.take(*signals).opened == 600
    assert h.take(*(a_signal(f"e-{n}", channel=BROWSER, visitor=f"v-{n}") for n in range(600))).merged == 600
