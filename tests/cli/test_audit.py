"""`twinbeam audit`: who made a change, and that no id of a stranger's reaches the terminal as anything but text."""

import json
import os
import pwd

import pytest
from click.testing import CliRunner

from twinbeam.cli.main import twinbeam
from twinbeam.cli.setup import actor, opened_store
from twinbeam.core.story import Change

ACCOUNT = pwd.getpwuid(os.getuid()).pw_name
OTHER = next(entry.pw_name for entry in pwd.getpwall() if entry.pw_name != ACCOUNT)


@pytest.fixture(autouse=True)
def installation(tmp_path, monkeypatch):
    monkeypatch.setenv("TWINBEAM_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("TWINBEAM_KEYRING", str(tmp_path / "keyring.json"))
    monkeypatch.delenv("SUDO_USER", raising=False)


@pytest.fixture
def log_in(monkeypatch):
    """Let somebody have logged in, or nobody, as in a container."""

    def as_somebody(name):
        def getlogin():
            if not name:
                raise OSError(6, "No such device or address")
            return name

        monkeypatch.setattr(os, "getlogin", getlogin)

    return as_somebody


def said(*words):
    done = CliRunner().invoke(twinbeam, words)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_whoever_logged_in_made_the_change_whatever_account_it_ran_as(log_in, monkeypatch):
    log_in(OTHER)
    monkeypatch.setenv("SUDO_USER", ACCOUNT)
    said("workspaces", "add", "hats")
    (line,) = json.loads(said("audit", "--json"))
    assert (line["who"], line["what"], line["after"]) == (OTHER, "workspace hats", "added")


def test_whoever_called_sudo_made_it_where_nobody_logged_in(log_in, monkeypatch):
    log_in("")
    monkeypatch.setenv("SUDO_USER", OTHER)
    assert actor().name == OTHER


@pytest.mark.parametrize("name", ["", "nobody-of-this-name", "a\x1b[2Jb", "a\x00b", "a" * 10_000])
def test_what_is_no_account_is_nobody(log_in, monkeypatch, name):
    log_in(name)
    monkeypatch.setattr("twinbeam.cli.setup.sudo_user", lambda: name)
    assert actor().name == ACCOUNT


@pytest.mark.outside("terminal")
def test_the_id_of_a_stranger_is_shown_as_text():
    with opened_store(begins=True) as store:
        store.add_changes([Change(1, "ada", "conversion 1 (main, event_id 1\x1b[2J\r\u202e)", "held", "released")])
    told = said("audit")
    assert told == (
        "1970-01-01 00:00:00  ada          conversion 1 (main, event_id 1\\x1b[2J\\r\\u202e): held -> released\n"
    )
    (line,) = json.loads(said("audit", "--json"))
    assert "\x1b" in line["what"]
