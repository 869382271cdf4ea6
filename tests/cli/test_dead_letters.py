"""`twinbeam dead-letters`: what TikTok refused, and sending it again."""

from contextlib import closing

import pytest
from click.testing import CliRunner

from showroom import Showroom, bought
from twinbeam.cli.main import twinbeam
from twinbeam.core.clock import HandClock
from twinbeam.core.rules import MAIN

CODE = "C4A5B6C7D8E9F0G1H2I3"


@pytest.fixture(autouse=True)
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("TWINBEAM_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("TWINBEAM_KEYRING", str(tmp_path / "keyring.json"))
    clock = HandClock()
    monkeypatch.setattr("twinbeam.cli.setup.SystemClock", lambda: clock)
    with closing(Showroom(tmp_path / "data", clock=clock)) as room:
        room.add_pixel(CODE, workspace=MAIN)
        at = {"workspace": MAIN, "pixel": CODE, "received_ms": clock.now_ms()}
        room.record(bought("1001", **at), bought("1002", **at))
        room.clock.advance(seconds=20)
        room.refuse()
    return tmp_path


def said(*words, answer=""):
    """Give what a command prints, or the sentence with which it refuses."""
    done = CliRunner().invoke(twinbeam, ["dead-letters", *words], input=answer)
    return done.output or str(done.exception)


def test_they_are_listed_with_what_tiktok_said():
    lines = said("list").splitlines()
    assert len(lines) == 2
    assert "Purchase" in lines[0]
    assert "20.50 EUR  40002: data.0.properties.contents.0.content_id" in lines[0]
    assert "There are older ones" in said("list", "--limit", "1")


def test_one_is_shown_with_cause_and_fix():
    number = said("list").split()[0]
    told = said("show", number)
    assert "request id   20261120-bad" in told
    assert "what to do   Correct the field" in told
    assert f"send again   yes: twinbeam dead-letters resend {number}" in told
    assert said("show", "999").startswith("999 is no dead letter of main.")


def test_sending_again_asks_first():
    told = said("resend", "--code", "40002", answer="n\n")
    assert "2 dead letters" in told
    assert "2 can be sent again, worth 41.00 EUR\n         2 will be sent with the pixel's rules of today." in told
    assert said("resends") == "Nothing was ever sent again.\n"
    assert "Resend 1: sent while the gateway runs." in said("resend", "--code", "40002", answer="y\n")
    assert "0 of 2, 0 sent again" in said("resends")


def test_without_any_that_matches_nothing_is_asked():
    told = said("resend", "--event", "Lead")
    assert "0 dead letters" in told
    assert "Send" not in told
