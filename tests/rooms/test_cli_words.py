"""What `twinbeam find` and `twinbeam doctor` say of copies: what is held and until when, and what they disagree about."""

import pytest
from click.testing import CliRunner

from showroom import UNSAID, Showroom, bought, seen_in_browser
from twinbeam.cli.main import twinbeam
from twinbeam.cli.setup import WORKSPACE
from twinbeam.core.outcomes import Finding, Reason


@pytest.fixture
def room(tmp_path, monkeypatch):
    monkeypatch.setenv("TWINBEAM_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("TWINBEAM_KEYRING", str(tmp_path / "keyring.json"))
    room = Showroom(tmp_path / "data")
    yield room
    room.close()


def said(*words):
    return CliRunner().invoke(twinbeam, words).output


def test_find_says_why_an_event_is_held_and_until_when(room):
    room.record(bought("1", workspace=WORKSPACE, permission=UNSAID))
    told = said("find", "--event-id", "order-1")
    assert Reason.CONSENT_NOT_SAID.sentence in told
    assert "held      until 2026-09-22 14:13:20 UTC" in told


def test_find_says_when_the_next_attempt_is(room):
    room.record(bought("1", workspace=WORKSPACE))
    assert "next      not before 2026-09-21 14:13:20 UTC" in said("find", "--event-id", "order-1")


def test_find_says_what_a_copy_tells_otherwise(room):
    room.record(seen_in_browser("1", workspace=WORKSPACE, minor=1_900))
    room.record(bought("1", workspace=WORKSPACE))
    assert "; differs: value 20.50 EUR" in said("find", "--event-id", "order-1")


def test_doctor_adds_up_held_and_noted_and_names_what_copies_disagree_about(room):
    room.record(bought("1", permission=UNSAID), bought("", event="", pixel="", body=b""))
    room.record(seen_in_browser("2", minor=1_900))
    room.record(bought("2"))
    told = said("doctor")
    assert "ok   4 arrivals recorded = 2 that opened nothing + 2 conversions." in told
    assert "ok   1 conversions are held for permission or confirmation." in told
    assert f"ok   value_differs, 1 times: {Finding.VALUE_DIFFERS.sentence}" in told
