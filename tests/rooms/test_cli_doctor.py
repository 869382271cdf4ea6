"""What `twinbeam doctor` says of an installation; it only looks."""

import json
import os
import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from twinbeam.admin import alert_steps
from twinbeam.alerts.facts import AlertFacts
from twinbeam.alerts.measures import measure
from twinbeam.alerts.rules import AlertChannel, ChannelKind
from twinbeam.cli.main import twinbeam
from twinbeam.cli.setup import opened_store
from twinbeam.jobs.contract import Run

pytestmark = pytest.mark.outside("doctor")

CODE = "C4A5B6C7D8E9F0G1H2I3"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """An installation whose ports nobody listens on."""
    monkeypatch.setenv("TWINBEAM_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("TWINBEAM_KEYRING", str(tmp_path / "keyring.json"))
    for name in ("TWINBEAM_LISTEN", "TWINBEAM_DASHBOARD"):
        monkeypatch.setenv(name, f"127.0.0.1:{a_free_port()}")
    return tmp_path


def a_free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def said(*words):
    return CliRunner().invoke(twinbeam, words).output


def test_it_makes_nothing(folder):
    told = said("doctor")
    assert "note No key ring" in told
    assert "note No store" in told
    assert "FAIL No pixel is set up." in told
    assert list(folder.iterdir()) == []


def test_it_makes_no_key_ring_in_an_empty_data_folder(folder):
    (folder / "data").mkdir()
    said("doctor")
    assert [file.name for file in folder.rglob("*")] == ["data"]


def test_a_key_ring_in_the_data_folder_is_named_as_what_is_wrong(folder, monkeypatch):
    monkeypatch.setenv("TWINBEAM_KEYRING", str(folder / "data" / "keyring.json"))
    said("keys", "create", "read", "--source", "me")
    told = said("doctor")
    assert f"FAIL The key ring {folder / 'data' / 'keyring.json'} is in the data folder" in told
    assert "ok   The key ring" in told


def test_a_check_that_cannot_be_made_is_named(folder):
    said("keys", "create", "read", "--source", "me")
    (folder / "keyring.json").chmod(0o644)
    told = said("doctor")
    for what in ("key ring", "store", "pixels"):
        assert f"FAIL The check of the {what} could not be made.\n     -> The key file" in told


def test_what_is_wrong_is_told_first_and_settings_last_in_short(folder):
    said("keys", "create", "read", "--source", "me")
    words = [line[:4] for line in said("doctor").splitlines() if not line.startswith(" ")]
    assert words[0] == "FAIL"
    assert [word for word in words[:-2] if word in ("FAIL", "note", "ok  ")] == sorted(
        words[:-2], key=["FAIL", "note", "ok  "].index
    )
    named = "TWINBEAM_DATA, TWINBEAM_KEYRING, TWINBEAM_LISTEN, TWINBEAM_DASHBOARD"
    assert said("doctor").endswith(f"\nSettings that are not the defaults: {named}. All: twinbeam doctor --settings\n")
    assert f"\nTWINBEAM_DATA={folder / 'data'}\n" in said("doctor", "--settings")


def test_programs_read_the_settings_first_and_every_finding():
    found = json.loads(said("doctor", "--json"))
    assert found[0]["what"].startswith("TWINBEAM_DATA=")
    assert {"result": "ok", "what": "TWINBEAM_INGEST_PROCESSES=1", "fix": ""} in found
    assert {it["result"] for it in found} == {"ok", "note", "fail"}


def test_a_setting_that_is_not_valid_is_told_before_anything_else(monkeypatch):
    monkeypatch.setenv("TWINBEAM_IN_FLIGHT", "many")
    assert said("doctor").startswith("FAIL The check of the settings could not be made.\n     -> TWINBEAM_IN_FLIGHT")


def test_a_pixel_is_named_with_its_workspace():
    said("workspaces", "add", "hats")
    said("pixels", "add", CODE, "--workspace", "hats", "--name", "Hats")
    said("pixels", "add", CODE, "--name", "Shop")
    told = said("doctor")
    assert f"FAIL Pixel {CODE} (Hats) of workspace hats has no token." in told
    assert f"FAIL Pixel {CODE} of workspace hats has no write key." in told
    assert f"FAIL Pixel {CODE} (Shop) has no token." in told


def test_a_gateway_that_does_not_run_is_a_note():
    told = said("doctor")
    assert told.count("note Nothing answers at http://127.0.0.1:") == 2


@pytest.mark.parametrize("status", [200, 404])
def test_another_program_on_the_port_is_named_with_its_process(monkeypatch, status):
    with HTTPServer(("127.0.0.1", 0), answering(status)) as server:
        monkeypatch.setenv("TWINBEAM_LISTEN", f"127.0.0.1:{server.server_port}")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        told = said("doctor")
        server.shutdown()
    assert f"FAIL What answers at http://127.0.0.1:{server.server_port} is not the intake of this data folder" in told
    assert f"but pid {os.getpid()} (" in told
    assert "its gateway does not run.\n     -> Stop that program, or give this gateway another port with" in told


@pytest.mark.slow
def test_a_port_where_nobody_speaks_http_is_somebody_elses(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("TWINBEAM_DASHBOARD", f"127.0.0.1:{server.getsockname()[1]}")
        threading.Thread(target=greet, args=(server,), daemon=True).start()
        assert "is not the dashboard of this data folder" in said("doctor")


def greet(server):
    conn, _ = server.accept()
    with conn:
        conn.sendall(b"220 mail ready\r\n")


def test_the_name_of_a_dead_gateway_in_its_lock_is_no_gateway(folder):
    (folder / "data").mkdir()
    for left in ("", "1", str(2**22 - 1), "no number"):
        (folder / "data" / "serve.lock").write_text(left)
        assert said("doctor").count("note Nothing answers at") == 2


@pytest.mark.parametrize("host", ["0.0.0.0", "[::]", "10.0.0.5", "pages.example"])
def test_pages_that_other_machines_reach_are_named_with_the_mend(monkeypatch, host):
    monkeypatch.setenv("TWINBEAM_DASHBOARD", f"{host}:{a_free_port()}")
    monkeypatch.setattr("twinbeam.cli.doctor.gateway._health", lambda _address: None)
    assert f"FAIL The pages listen at {host.strip('[]')}:" in said("doctor")
    assert "-> Set TWINBEAM_DASHBOARD=127.0.0.1:8701, and put a proxy with TLS in front" in said("doctor")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.0.1", "[::1]", "localhost"])
def test_pages_on_this_machine_alone_are_fine(monkeypatch, host):
    monkeypatch.setenv("TWINBEAM_DASHBOARD", f"{host}:{a_free_port()}")
    assert "The pages listen" not in said("doctor")


def test_a_data_folder_that_everybody_may_look_into_is_named_with_the_mend(folder):
    said("keys", "create", "read", "--source", "me")
    (folder / "data").chmod(0o755)
    told = said("doctor")
    assert f"FAIL Every account on this machine may look into {folder / 'data'}.\n     -> chmod 700" in told
    (folder / "data").chmod(0o750)
    assert "may look into" not in said("doctor")


def test_a_code_that_no_pixel_has_is_named_with_the_command_that_removes_it():
    with opened_store(begins=True) as store:
        store.save_pixel(workspace="main", code=CODE[:19], event_source="web", name="Shop", now_ms=1)
    told = said("doctor")
    assert f"FAIL Pixel {CODE[:19]}: it has 19 characters" in told
    assert f"     -> Add the right one, then: twinbeam pixels remove {CODE[:19]}\n" in told


def test_it_teaches():
    told = said("doctor", "--help")
    for word in ("settings", "files", "store", "gateway", "pixels", "note", "FAIL", "exit status is 1"):
        assert word in told


def answering(status):
    class Health(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status if self.path == "/healthz" else 500)
            self.end_headers()

        def log_message(self, *_):
            """Say nothing."""

    return Health


def test_a_job_that_failed_is_named_with_what_kept_it_and_where_to_look():
    said("keys", "create", "read", "--source", "me")
    assert "jobs" not in said("doctor")
    assert "No gateway has run here yet." in said("jobs")
    now = 1_795_900_000_000
    runs = [
        Run(name="overdue", every_ms=1_000, last_ms=now, took_ms=3, next_ms=now + 1_000),
        Run(name="removed", every_ms=5_000),
    ]
    with opened_store(begins=True) as store:
        store.jobs.lead("writer", now_ms=now, until_ms=now, runs=runs)
    assert "ok   Of the 2 jobs none failed; the last one ran at 2026-11-28 21:06:40 UTC." in said("doctor")
    told = said("jobs").splitlines()
    assert told[1] == "overdue             1 s  2026-11-28 21:06:40      3 ms  21:06:41"
    assert told[2] == "removed             5 s  not yet                  0 ms  with the next start"
    with opened_store(begins=True) as store:
        store.jobs.lead("writer", now_ms=now, until_ms=now, runs=[replace(runs[0], trouble="StorageFull: no room")])
    assert "FAIL The job overdue failed when it ran last: StorageFull: no room" in said("doctor")
    assert said("jobs").splitlines()[2] == "  StorageFull: no room"
    assert json.loads(said("jobs", "--json"))[0]["trouble"] == "StorageFull: no room"


def test_alerts_that_go_on_are_a_note_and_a_channel_that_takes_none_is_named_with_the_mend():
    with opened_store(begins=True) as store:
        assert "Alerts that go on" not in said("doctor")
        store.alerts.add_channel(AlertChannel("ops", ChannelKind.SLACK, "hooks.example"), "https://hooks.example", "")
        alert_steps.take_in(store.alerts, measure(AlertFacts(now_ms=10**12, key_ring_is_wrong=True)), "")
        for notice in alert_steps.sendable(store.alerts, 10**12):
            alert_steps.note(store.alerts, notice, "It answers 410.", 10**12)
    told = said("doctor")
    assert "note Alerts that go on: 1." in told
    assert "FAIL The channel ops takes no alerts since 2001-09-09 01:46:40 UTC: It answers 410." in told
    assert "-> Correct what it says, then try it: twinbeam alerts channels test ops" in told
