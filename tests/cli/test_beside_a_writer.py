"""Commands that read, while the writer changes the store without a pause: none of them waits for its turn to write."""

import sqlite3
from contextlib import closing

import pytest
from click.testing import CliRunner

from twinbeam.app.snapshot import FILE as SNAPSHOT
from twinbeam.cli.main import twinbeam
from twinbeam.cli.setup import opened_admin, opened_store
from twinbeam.engines import sqlite_file

CODE = "C4A5B6C7D8E9F0G1H2I3"
READING = (
    "accounts list",
    "audit",
    "jobs",
    "keys list",
    "pixels list",
    f"pixels rules {CODE}",
    "shops list",
    "sources list",
    "users list",
    "workspaces list",
)


@pytest.fixture(autouse=True)
def installation(tmp_path, monkeypatch):
    monkeypatch.setenv("TWINBEAM_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("TWINBEAM_KEYRING", str(tmp_path / "keyring.json"))
    monkeypatch.setattr(sqlite_file, "_BUSY_MS", 50)


@pytest.fixture
def imported(tmp_path):
    """Give a store to which a pixel was just added that no snapshot has yet, and in which the writer goes on."""
    with opened_store(begins=True):
        pass
    with closing(sqlite3.connect(tmp_path / "data" / "store.db", isolation_level=None)) as writer:
        pixel = "INSERT INTO pixel (workspace, code, event_source, name, rules, created) VALUES (?,?,?,?,?,?)"
        writer.execute(pixel, ("main", CODE, "web", "Lamp Street", "{}", 1))
        writer.execute("BEGIN IMMEDIATE")
        yield tmp_path / "data"


@pytest.mark.parametrize("words", READING)
def test_a_command_that_reads_needs_no_turn_to_write(imported, words):
    done = CliRunner().invoke(twinbeam, words.split())
    assert done.exit_code == 0, (done.output, done.exception)


def test_a_command_that_changes_something_publishes_it_and_what_others_changed(tmp_path):
    with opened_admin(begins=True) as admin:
        admin.store.save_pixel(workspace="main", code=CODE, event_source="web", name="Lamp Street", now_ms=1)
    assert CODE in (tmp_path / "data" / SNAPSHOT).read_text()
