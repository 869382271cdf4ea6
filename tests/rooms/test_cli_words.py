"""What `twinbeam find` and `twinbeam doctor` say of copies: what is held and until when, and what they disagree about."""

import pytest
from click.testing import CliRunner

from showroom import UNSAID, Showroom, bought, kept_out, seen_in_browser
from twinbeam.cli.main import twinbeam
from twinbeam.core.outcomes import Finding, Reason
from twinbeam.core.rules import MAIN
from twinbeam.core.values import Decision, Permission


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
    room.record(bought("1", workspace=MAIN, permission=UNSAID))
    told = said("find", "--event-id", "order-1")
    assert Reason.CONSENT_NOT_SAID.sentence in told
    assert "held      until 2026-09-22 14:13:20 UTC" in told


def test_find_says_when_the_next_attempt_is(room):
    room.record(bought("1", workspace=MAIN))
    assert "next      not before 2026-09-21 14:13:20 UTC" in said("find", "--event-id", "order-1")


def test_find_says_what_a_copy_tells_otherwise(room):
    room.record(seen_in_browser("1", workspace=MAIN, minor=1_900))
    room.record(bought("1", workspace=MAIN))
    assert "; differs: value 20.50 EUR" in said("find", "--event-id", "order-1")


def test_find_names_what_is_ignored_on_arrival_where_it_finds_nothing(room):
    left = Permission(Decision.DROPPED, "", Reason.LEFT_TO_BROWSER)
    room.record(kept_out("1", left, workspace=MAIN), kept_out("2", left, workspace="hats"))
    told = said("find", "--order-id", "1")
    assert told.startswith("Nothing is recorded under this.")
    assert f"left_to_browser 1 times: {Reason.LEFT_TO_BROWSER.sentence}" in told
    assert f"test_order 0 times: {Reason.TEST_ORDER.sentence}" in told
    assert f"foreign_host 0 times: {Reason.FOREIGN_HOST.sentence}" in told


def test_doctor_adds_up_held_and_noted_and_names_what_copies_disagree_about(room):
    room.record(bought("1", permission=UNSAID), bought("", event="", pixel="", body=b""))
    room.record(seen_in_browser("2", minor=1_900))
    room.record(bought("2"))
    told = said("doctor")
    assert "ok   Counters agree: recorded 4 = conversions 2 + other outcomes 2." in told
    assert "ok   Conversions held for consent or shop confirmation: 1." in told
    assert f"ok   value_differs, 1 times: {Finding.VALUE_DIFFERS.sentence}" in told
