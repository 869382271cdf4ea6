"""What `twinbeam doctor` says of an installation; it only looks."""

import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from click.testing import CliRunner

from twinbeam.cli.main import twinbeam

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
    said("pixels", "list")
    told = said("doctor")
    assert f"FAIL The place of the key ring, {folder / 'data' / 'keyring.json'}, is in the data folder" in told
    assert "ok   The key ring" in told


def test_a_check_that_cannot_be_made_is_named(folder):
    said("pixels", "list")
    (folder / "keyring.json").chmod(0o644)
    told = said("doctor")
    for what in ("key ring", "store", "pixels"):
        assert f"FAIL The check of the {what} could not be made.\n     -> The key file" in told


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


@pytest.mark.parametrize(("status", "line"), [(200, "ok   The intake answers at"), (404, "note What answers at")])
def test_it_tells_whether_the_gateway_answers(monkeypatch, status, line):
    with HTTPServer(("127.0.0.1", 0), answering(status)) as server:
        monkeypatch.setenv("TWINBEAM_LISTEN", f"127.0.0.1:{server.server_port}")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        told = said("doctor")
        server.shutdown()
    assert f"{line} http://127.0.0.1:{server.server_port}" in told


def answering(status):
    class Health(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status if self.path == "/healthz" else 500)
            self.end_headers()

        def log_message(self, *_):
            """Say nothing."""

    return Health
