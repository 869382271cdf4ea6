"""What `twinbeam doctor` says of the disk, the schema, the backlog, the backup, TikTok, proxies and hosts."""

import json
import threading
from contextlib import closing
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner

from engines.kit.embedded import SqliteEngine
from engines.kit.harness import Harness
from signals import BROWSER, WORKSPACE, a_signal
from twinbeam.cli.doctor import network, storage
from twinbeam.cli.main import twinbeam
from twinbeam.core.clock import SystemClock
from twinbeam.core.outcomes import Reason
from twinbeam.core.restored import Restore
from twinbeam.engines.sqlite_file import open_file
from twinbeam.engines.stores.sqlite.migrate import _apply, _text_id, migrations
from twinbeam.engines.stores.sqlite.store import SqliteSetup
from twinbeam.settings import load

HOUR_MS = 3_600_000


class Installed(SqliteEngine):
    """A store and a journal that no gateway has open, at the time as it is."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.data = folder / "data"
        self.now = SystemClock().now_ms()


@pytest.fixture
def there(tmp_path, monkeypatch):
    monkeypatch.setenv("TWINBEAM_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("TWINBEAM_KEYRING", str(tmp_path / "keys" / "keyring.json"))
    installed = Installed(tmp_path)
    yield installed
    installed.close()


def only(found):
    (result,) = found
    return result


def test_a_disk_that_syncs_slowly_or_not_at_all_is_named(there, monkeypatch):
    settings = load()
    assert [it.word for it in storage.syncs(settings)] == ["ok  "]
    monkeypatch.setattr(storage, "_sync_ms", lambda _folder: 80.0)
    slow = only(storage.syncs(settings))
    assert (slow.what, slow.fine) == (f"A sync in {there.data} takes 80.0 ms.", False)
    for kind, said in (("tmpfs", "lies in memory (tmpfs)"), ("nfs4", "lies on a network drive (nfs4)")):
        monkeypatch.setattr(storage, "_kind_of", lambda _folder, kind=kind: kind)
        assert said in list(storage.syncs(settings))[-1].what


def test_what_the_next_start_makes_of_the_schema_is_told_before_it_does(tmp_path, monkeypatch):
    monkeypatch.setenv("TWINBEAM_DATA", str(tmp_path))
    with closing(open_file(tmp_path / "store.db")) as db:
        _apply(db, 1, migrations()[0], _text_id(migrations()[:1]))
        pending = only(storage.pending_migrations(load()))
        assert pending.what.startswith(
            f"The store {tmp_path / 'store.db'} had schema 1/none. This release brings it to "
        )
        assert (pending.word, "twinbeam backup" in pending.what) == ("note", True)
        db.execute("PRAGMA user_version=99")
        newer = only(storage.pending_migrations(load()))
    assert (newer.word, newer.fix) == ("FAIL", "Install the newer release again: this one cannot open it.")


@pytest.mark.parametrize(("seconds", "word"), [(5, "ok  "), (400, "FAIL")])
def test_what_waits_to_be_recorded_is_counted_with_its_age(there, seconds, word):
    there.journal.append(there.now - seconds * 1_000, 3, b"group")
    lag = only(storage.record_lag(load()))
    assert lag.what.startswith("Accepted and not yet recorded: 3 events, the oldest for ")
    assert (lag.word, "Start the gateway" in lag.fix) == (word, word == "FAIL")


@pytest.mark.parametrize(("hours", "word"), [(None, "note"), (25, "ok  "), (48, "FAIL")])
def test_the_age_of_the_newest_backup_is_told(there, hours, word):
    if hours is not None:
        there.store.note_backup(there.now - hours * HOUR_MS, "/var/backups", 1)
    age = only(storage.backup_age(load()))
    assert (age.word, "twinbeam backup" in age.what + age.fix) == (word, hours != 25)


def test_what_is_held_since_a_restore_is_counted_with_what_to_do(there):
    h = Harness(there)
    assert list(storage.restored(load())) == []
    h.take(a_signal("e-1"), a_signal("e-2"))
    there.store.begin_restored(Restore(1, 2**45))
    assert there.store.hold_restored(there.now, always=True) == 2
    held = only(storage.restored(load()))
    assert held.what == "Events held since a restore, because TikTok may have them: 2."
    assert "twinbeam restored" in held.fix


def answering(apart_s):
    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self):
            self.send_response_only(404)
            moment = datetime.fromtimestamp(SystemClock().now_ms() / 1_000 + apart_s, UTC)
            self.send_header("Date", format_datetime(moment, usegmt=True))
            self.end_headers()

        def log_message(self, *_):
            """Say nothing."""

    return Handler


@pytest.mark.parametrize(("apart_s", "words"), [(0, ["ok  "]), (-600, ["ok  ", "FAIL"])])
def test_tiktok_is_asked_for_an_answer_and_the_time(there, monkeypatch, apart_s, words):
    there.store.save_pixel(workspace="main", code="P", event_source="web", name="Shop", now_ms=1)
    there.store.save_token(workspace="main", code="P", token="t", now_ms=1)
    with HTTPServer(("127.0.0.1", 0), answering(apart_s)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("TWINBEAM_TIKTOK_URL", f"http://127.0.0.1:{server.server_port}")
        found = list(network.reachability(load()))
        server.shutdown()
    assert [it.word for it in found] == words
    assert "ahead of that of" in found[-1].what or not apart_s
    assert only(network.reachability(load())).word == "note"  # no gateway runs
    monkeypatch.setattr(network, "running", lambda _data: 1)
    gone = only(network.reachability(load()))
    assert (gone.word, "TWINBEAM_PROXY" in gone.fix) == ("FAIL", True)


@pytest.mark.parametrize(
    ("address", "word"),
    [(lambda n: f"203.0.113.{n}", "ok  "), (lambda _n: "203.0.113.1", "FAIL"), (lambda _n: None, "FAIL")],
)
def test_a_proxy_that_hides_the_visitors_is_noticed_and_not_named(there, address, word):
    h = Harness(there)
    for n in range(30):
        user = {"email": "x" * 64} | ({"ip": address(n)} if address(n) else {})
        h.take(a_signal(f"e-{n}", channel=BROWSER, user=user))
    found = only(network.proxies(load()))
    assert (found.word, "TWINBEAM_TRUSTED_PROXIES" in found.fix) == (word, word == "FAIL")
    assert "203.0.113" not in found.what + found.fix


def test_pages_of_other_hosts_are_counted_by_pixel(there, monkeypatch):
    assert list(network.hosts(load())) == []
    monkeypatch.setattr(network, "day_of", lambda _now: 0)
    counts = [(20_000, WORKSPACE, "PIXEL1", "Purchase", outcome, reason, n) for outcome, reason, n in (
        ("recorded", "", 9), ("dropped", Reason.FOREIGN_HOST, 4))]  # fmt: skip
    there.store._db.executemany("INSERT INTO counter VALUES (?,?,?,?,?,?,?)", counts)
    foreign = only(network.hosts(load()))
    assert foreign.what == (
        f"Pixel PIXEL1 of {WORKSPACE}: 4 of 9 events of 7 days came from pages of other hosts than its site's."
    )
    assert "twinbeam pixels set PIXEL1 hosts=" in foreign.fix


def test_programs_read_it_as_json(there):
    done = CliRunner().invoke(twinbeam, ["doctor", "--json"])
    found = json.loads(done.stdout)
    assert {it["result"] for it in found} == {"ok", "note", "fail"}
    assert all(it["fix"] for it in found if it["result"] == "fail")
    assert done.exit_code == 1
    with closing(SqliteSetup(there.data, there.ring)) as store:
        assert store.newest_backup_ms() is None
