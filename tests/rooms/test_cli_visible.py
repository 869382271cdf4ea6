"""What strangers wrote reaches neither the terminal nor a table as anything but text."""

import csv
import io
import unicodedata

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from twinbeam.cli import export, find
from twinbeam.cli.visible import all_visible, visible
from twinbeam.core.story import Attempt, CopySeen, Story

pytestmark = pytest.mark.outside("terminal")

HOSTILE = "1001\x1b[2J\x1b]52;c;Y3VybCBldmls\x07\r\nevil-1 on A: delivered\x9b31m\u202egnp\u2066"


def a_story(text=HOSTILE):
    return Story(
        id=1,
        workspace="main",
        pixel=text,
        event_source="web",
        event="Purchase",
        event_id=text,
        event_time=1_790_000_000,
        order_id=text,
        received_ms=1_790_000_000_000,
        state="refused",
        reason="refused_by_tiktok",
        value_minor=2_050,
        currency="EUR",
        channels=["server"],
        consent="",
        source=text,
        due_ms=None,
        settled_ms=None,
        attempts=1,
        copies=[CopySeen("server", text, 1, "", differs=text)],
        log=[Attempt(1, "refused", 1, 2, 200, 40002, text, text)],
    )


def controls(text):
    return {char for char in text if unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp")}


@given(st.text())
def test_no_control_character_is_left_and_all_else_is_as_it_was(text):
    shown = visible(text)
    assert not {char for char in controls(shown) if unicodedata.category(char) in ("Cc", "Zl", "Zp")}
    if not controls(text):
        assert shown == text


def test_every_text_of_a_story_is_made_visible_and_the_rest_stays():
    assert all_visible(a_story("plain \u00fc")) == a_story("plain \u00fc")
    assert controls(repr(all_visible(a_story()))) == set()


def test_find_shows_a_hostile_id_in_one_line(monkeypatch):
    monkeypatch.setattr(find, "_found", lambda *_: [a_story()])
    monkeypatch.setattr(find, "_resting", lambda _: {})
    told = CliRunner().invoke(find.command, ["--order-id", "1001"]).output
    assert controls(told) == {"\n"}
    assert told.splitlines()[0].startswith("Purchase 1001\\x1b[2J")
    assert [line for line in told.splitlines() if line.startswith("evil")] == []


def test_a_table_holds_a_hostile_id_as_text():
    printed = io.StringIO()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(export.sys, "stdout", printed)
        export._print_stories([a_story(), a_story("\t=cmd")], "csv")
    assert controls(printed.getvalue()) == {"\r", "\n"}
    _, hostile, formula = csv.DictReader(io.StringIO(printed.getvalue()), fieldnames=export._COLUMNS)
    assert hostile["event_id"] == visible(HOSTILE)
    assert formula["event_id"] == "'\\x09=cmd".replace("\\x09", "\\t")
