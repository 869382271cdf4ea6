"""`twinbeam issues`: the same list as on the pages."""

from contextlib import closing

import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from showroom import Showroom, bought
from twinbeam.checks.facts import Evidence, NoteSum
from twinbeam.checks.noting import Noting
from twinbeam.cli.main import twinbeam
from twinbeam.core.clock import SystemClock
from twinbeam.core.rules import MAIN

CODE = "C4A5B6C7D8E9F0G1H2I3"


@pytest.fixture(autouse=True)
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("TWINBEAM_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("TWINBEAM_KEYRING", str(tmp_path / "keyring.json"))
    with closing(Showroom(tmp_path / "data")) as room:
        room.add_pixel(CODE, workspace=MAIN, token=None)


def said(*words):
    """Give what a command prints, or the sentence with which it refuses."""
    done = CliRunner().invoke(twinbeam, ["issues", *words])
    return done.output or str(done.exception)


def test_issues_are_listed_and_one_is_shown_with_cause_and_fix():
    lines = said("list", "--pixel", CODE).splitlines()
    assert [line.split()[4:6] for line in lines] == [
        [f"{MAIN}/{CODE}", "token_missing:"],
        [f"{MAIN}/{CODE}", "no_events:"],
    ]
    told = said("show", CODE, "token_missing")
    assert "what to do   Save the token from TikTok Events Manager" in told
    assert f"command      twinbeam pixels token {CODE} < token.txt" in told
    assert "docs/reference/issues.md#token_missing" in told
    assert "There is no issue." in said("list", "--workspace", "acme")


def test_an_issue_is_muted_and_unmuted():
    assert "no_events of" in said("mute", CODE, "no_events", "--why", "sold")
    assert "no_events" not in said("list")
    assert "no_events" in said("list", "--muted")
    assert ": sold" in said("show", CODE, "no_events")
    assert "told of again" in said("unmute", CODE, "no_events")
    assert "is not muted" in said("unmute", CODE, "no_events")
    assert "Nothing is muted." in said("list", "--muted")


def test_what_is_not_there_is_said():
    assert "There is no check nonsense" in said("mute", CODE, "nonsense", "--why", "sold")
    assert "does not stand for" in said("show", CODE, "rejected")


@pytest.mark.parametrize(
    "words",
    [
        ("show", "\x1b[31mred", "\x1b]52;c;x\x07"),
        ("mute", CODE, "\x1b[2J", "--why", "x"),
        ("mute", "\u202eder\n", "no_events", "--why", "x"),
        ("mute", CODE, "no_events", "--why", "\x1b[31mred"),
        ("unmute", CODE, "\x1b[2J" * 20),
    ],
)
def test_nothing_that_is_typed_steers_the_terminal(words):
    told = said(*words).rstrip("\n")
    assert told.isprintable()
    assert len(told) < 400


def test_examples_are_order_ids_and_control_characters_in_them_are_shown(tmp_path):
    with closing(Showroom(tmp_path / "data")) as room:
        room.clock = SystemClock()
        now_ms = room.clock.now_ms()
        order = bought("10\x1b[31m01", workspace=MAIN, pixel=CODE, received_ms=now_ms, event_time=now_ms // 1_000)
        room.record(order)
        note = Evidence(MAIN, CODE, now_ms, noted={Noting.VALUE_ZERO: NoteSum(9, {}, [1])})
        room.store.issues.keep_evidence([replace(note, noted={**note.noted, Noting.SALE: NoteSum(9)})])
    told = said("show", CODE, "value_zero")
    assert "for example  order 10\\x1b[31m01 (/events/1)" in told
    assert "\x1b" not in told
