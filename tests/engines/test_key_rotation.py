"""A new key for the key ring: everything is put under it, and wherever that is cut off everything opens."""

import os
import signal
import sqlite3
import subprocess
import sys
from base64 import b64encode
from contextlib import closing
from pathlib import Path

import pytest

from engines.kit.embedded import SqliteEngine
from engines.kit.harness import Harness
from running import wait_until
from signals import NOW, UNSAID, WORKSPACE, a_signal, an_email
from twinbeam.alerts.rules import AlertChannel, ChannelKind
from twinbeam.app.erasures import ask_again, log_path, remember, remembered
from twinbeam.app.key_rotation import Rotation
from twinbeam.app.reports import Reports
from twinbeam.core.accounts import DeveloperApp
from twinbeam.core.clock import HandClock
from twinbeam.core.erasure import Erasure, person
from twinbeam.core.errors import ConfigError
from twinbeam.core.rules import DEFAULT_SOURCE, Route
from twinbeam.core.story import SourceRow
from twinbeam.engines.journals.sqlite import SqliteJournalReader, slot_path
from twinbeam.engines.keyring import KeyRing
from twinbeam.engines.stores.sqlite.store import SqliteSetup
from twinbeam.settings import load

PIXEL = {"workspace": WORKSPACE, "code": "PIXEL1"}


class Quiet:
    """A logger that nobody reads."""

    def error(self, event: str, **fields: object) -> None:
        """Take no note."""


class Rotating:
    """A store with something of everything that the key ring seals, and its settings."""

    def __init__(self, engine: SqliteEngine, h: Harness, folder: Path) -> None:
        self.engine, self.h = engine, h
        self.keyring = folder / "keys" / "keyring.json"
        self.data = folder / "data"
        self.settings = load({"TWINBEAM_DATA": str(self.data), "TWINBEAM_KEYRING": str(self.keyring)})
        store = engine.store
        h.take(a_signal("sent"), a_signal("held", permission=UNSAID))
        store.save_pixel(**PIXEL, event_source="web", name="Shop", now_ms=NOW)
        store.save_token(**PIXEL, token="t-1", now_ms=NOW)
        source = SourceRow("hooks", WORKSPACE, "", [Route("PIXEL1")], [], NOW, None, "webhook", DEFAULT_SOURCE)
        store.add_source(source, b"secret")
        store.rotate_source("hooks", b"newer", now_ms=NOW)
        store.accounts.save_app(DeveloperApp("7000", "app-secret"), now_ms=NOW)
        store.products.save_address(WORKSPACE, "https://shop.example/feed?key=1", "shop.example", 24)
        channel = AlertChannel("ops", ChannelKind.WEBHOOK, "hooks.example", NOW)
        store.alerts.add_channel(channel, "https://hooks.example/1", "alert-secret")
        request = Erasure("request-1", person("email", WORKSPACE, an_email("ada")), NOW, {"elsewhere": 1})
        remember(log_path(self.settings), engine.ring, request)
        store.ask_erasure(request)
        h.append(a_signal("in the journal"))

    def rotate(self, *, drop_old: bool = False):
        with closing(SqliteSetup(self.data, KeyRing.open(self.keyring))) as store:
            return Rotation(self.settings, store.ring, store, HandClock(NOW), "ada").run(drop_old=drop_old)

    def opens_everything(self, ring: KeyRing) -> bool:
        with closing(SqliteSetup(self.data, ring)) as store:
            assert store.tokens() == {(WORKSPACE, "PIXEL1"): "t-1"}
            assert store.accounts.app() == DeveloperApp("7000", "app-secret")
            assert store.products.address(WORKSPACE).endswith("key=1")
            assert store.alerts.opened("ops") == ("https://hooks.example/1", "alert-secret")
            assert store.unopened_days() == []
        with closing(SqliteJournalReader(slot_path(self.data, 0), ring)) as journal:
            assert len(journal.read(0, limit=1_000)) == 2
        assert [it.id for it in remembered(log_path(self.settings), ring, Reports(Quiet()))] == ["request-1"]
        return True

    def under(self, key: str) -> set[str]:
        """Name the columns of store and journal in which something begins as what a key sealed does."""
        head = bytes([len(key)]) + key.encode()
        found = set()
        for path in (self.data / "store.db", slot_path(self.data, 0)):
            with closing(sqlite3.connect(path)) as db:
                tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
                for table in tables:
                    for _, column, *_ in db.execute(f'PRAGMA table_info("{table}")').fetchall():
                        sql = f'SELECT count(*) FROM "{table}" WHERE substr("{column}", 1, ?) = ?'
                        if db.execute(sql, (len(head), head)).fetchone()[0]:
                            found.add(f"{table}.{column}")
        return found


@pytest.fixture
def rotating(engine: SqliteEngine, h: Harness, tmp_path: Path) -> Rotating:
    return Rotating(engine, h, tmp_path)


def test_everything_is_put_under_the_new_key_and_nothing_needs_the_old_one(rotating):
    (old,) = rotating.engine.ring.ids
    sealed = rotating.under(old)
    assert {"day_key.wrapped", "held_key.wrapped", "pixel.token", "signed_source.older_secret", "feed.url"} <= sealed
    done = rotating.rotate()
    assert (done.added, done.older, done.unopened) == (True, (old,), 0)
    assert rotating.under(old) == set()
    assert rotating.under(done.newest) == sealed
    assert rotating.opens_everything(KeyRing.open(rotating.keyring))
    dropped = rotating.rotate(drop_old=True)
    assert (dropped.newest, dropped.dropped, dropped.sealed.get("keys of days", 0)) == (done.newest, (old,), 0)
    ring = KeyRing.open(rotating.keyring)
    assert ring.ids == [done.newest]
    assert rotating.opens_everything(ring)
    assert rotating.keyring.stat().st_mode & 0o777 == 0o600
    with closing(SqliteSetup(rotating.data, ring)) as store:
        assert [change.after for change in store.changes(limit=2)] == [
            f"keys dropped: {old}",
            f"key {done.newest} added",
        ]


def test_who_has_the_ring_open_takes_the_new_key_by_itself(rotating):
    open_before, h = rotating.engine.ring, rotating.h
    done = rotating.rotate()
    rotating.rotate(drop_old=True)
    assert rotating.opens_everything(open_before)
    assert open_before.ids == [done.newest]
    h.drain()
    h.take(a_signal("held"))
    assert h.state("held") == "ready"
    assert h.lease().count == 3
    assert rotating.engine.store.opens()


def test_a_request_that_comes_while_the_log_is_sealed_anew_is_not_lost(rotating):
    rotating.rotate()
    ring = KeyRing.open(rotating.keyring)
    remember(log_path(rotating.settings), ring, Erasure("request-2", person("email", WORKSPACE, an_email("b")), NOW))
    assert ask_again(rotating.engine.store, rotating.settings, ring, Reports(Quiet())) == 1


def test_no_key_is_dropped_that_something_may_need(rotating):
    lost = KeyRing([("lost", b"\x07" * 32)])
    sealed = lost.seal(b"t-2", f"token {WORKSPACE} PIXEL1".encode())
    rotating.engine.store._db.execute("UPDATE pixel SET token = ?", (sealed,))
    assert rotating.rotate().unopened == 1
    before = rotating.keyring.read_bytes()
    with pytest.raises(ConfigError, match="no key was dropped"):
        rotating.rotate(drop_old=True)
    assert rotating.keyring.read_bytes() == before


@pytest.mark.parametrize("rows", [50, 400, 2_000])
def test_a_rotation_that_is_killed_is_finished_by_the_next_one(rotating, rows):
    ring, db = rotating.engine.ring, rotating.engine.store._db
    db.execute("BEGIN")
    for id_ in range(10_000, 10_000 + 3_000):
        db.execute("INSERT INTO held_key VALUES (?,?)", (id_, ring.seal(b"k" * 32, b"held %d" % id_)))
    db.execute("COMMIT")
    (old,) = ring.ids

    def left() -> int:
        head = b"\x08" + old.encode()
        return db.execute("SELECT count(*) FROM held_key WHERE substr(wrapped, 1, 9) = ?", (head,)).fetchone()[0]

    environment = {**os.environ, "TWINBEAM_DATA": str(rotating.data), "TWINBEAM_KEYRING": str(rotating.keyring)}
    command = [sys.executable, "-m", "twinbeam", "keys", "rotate"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    wait_until(lambda: left() <= 3_001 - rows or process.poll() is not None, "it is in the middle")
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert rotating.opens_everything(KeyRing.open(rotating.keyring))
    cut_off = left() > 0
    keys = KeyRing.open(rotating.keyring).ids
    done = rotating.rotate()
    assert left() == 0
    assert done.added is (not cut_off)
    assert KeyRing.open(rotating.keyring).ids[-2:] == keys[-2:]
    assert rotating.under(old) == set()


def test_a_ring_that_cannot_be_written_is_told_with_the_mend(rotating, monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("twinbeam.engines.keyring._draft", full)
    with pytest.raises(
        ConfigError, match=r"keyring\.json cannot be written \(No space left on device\).*nothing is lost"
    ):
        rotating.rotate()
    assert rotating.opens_everything(KeyRing.open(rotating.keyring))


def test_a_damaged_file_changes_nothing_for_whoever_has_it_open(rotating):
    ring = rotating.engine.ring
    sealed = ring.seal(b"secret", b"here")
    rotating.keyring.write_text(f'{{"keys": [{{"id": "x", "key": "{b64encode(b"short").decode()}"}}]}}')
    assert ring.open_sealed(ring.seal(b"secret", b"here"), b"here") == ring.open_sealed(sealed, b"here")
