"""`twinbeam alerts`: what goes on, rules, channels and mutes."""

from contextlib import closing

import pytest
from click.testing import CliRunner

from showroom import Showroom
from twinbeam.admin import alert_steps
from twinbeam.alerts.facts import AlertFacts
from twinbeam.alerts.measures import measure
from twinbeam.cli.main import twinbeam
from twinbeam.core.clock import HandClock
from twinbeam.core.rules import MAIN

CODE = "C4A5B6C7D8E9F0G1H2I3"


@pytest.fixture(autouse=True)
def room(tmp_path, monkeypatch):
    monkeypatch.setenv("TWINBEAM_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("TWINBEAM_KEYRING", str(tmp_path / "keyring.json"))
    clock = HandClock()
    monkeypatch.setattr("twinbeam.cli.setup.SystemClock", lambda: clock)
    with closing(Showroom(tmp_path / "data", clock=clock)) as room:
        room.add_pixel(CODE, workspace=MAIN)
        yield room


def said(*words, told=""):
    """Give what a command prints, or the sentence with which it refuses."""
    done = CliRunner().invoke(twinbeam, ["alerts", *words], input=told)
    return done.output if done.exit_code in (0, 2) else str(done.exception)


def test_what_goes_on_and_what_is_over_is_listed_with_its_pixel_and_number(room):
    assert said("list") == "No alert goes on.\n"
    for kind in ("dead_letters", "disk"):
        said("set", kind, "raise_after_seconds=0", "clear_after_seconds=0")
    for free in (1.0, 9_999.0):
        now_ms = room.clock.now_ms()
        facts = measure(AlertFacts(now_ms=now_ms, pixels=room.store.pixels(), dead={(MAIN, CODE): 12}, free_mib=free))
        alert_steps.take_in(room.store.alerts, facts, "")
    going_on, _, over = said("list").partition("Over:")
    assert f"dead_letters (pixel {CODE}): 12 conversions" in going_on
    assert "disk (this installation): 9999 MiB" in over
    assert "Over:" not in said("list", "--past", "0")


def test_a_rule_is_printed_changed_refused_and_as_usual_again():
    assert "disk             on  below 512 MiB for 60 s, over from 1024" in said("rules")
    assert "off below 100 MiB" in said("set", "disk", "raise_at=100", "on=no")
    assert "Write on=yes or on=no." in said("set", "disk", "on=maybe")
    assert "NAME=VALUE" in said("set", "disk", "100")
    assert "Say what to change" in said("set", "disk")
    assert "on  below 512 MiB" in said("set", "disk", "--reset")
    assert f"pixels {MAIN}/{CODE}, channels log" in said("set", "volume_drop", f"pixels={CODE}", "channels=log")


def test_a_channel_takes_its_address_from_standard_input_and_shows_its_secret_once():
    made = said("channels", "add", "ops", "webhook", told="https://hooks.example/secret-part\n")
    assert made.startswith("whsec_")
    assert "ops                  webhook  hooks.example" in said("channels", "list")
    assert "secret-part" not in made + said("channels", "list")
    assert "sent within seconds" in said("channels", "test", "ops")
    assert "1 waiting" in said("channels", "list")
    assert said("channels", "remove", "ops") == "ops is removed.\n"
    assert "no channel" in said("channels", "test", "ops")
    assert "begins with https://" in said("channels", "add", "ops", "slack", told="\n")


def test_a_mute_is_made_listed_and_ended():
    assert "twinbeam alerts unmute 1" in said("mute", "disk", "--hours", "2", "--reason", "moving")
    assert "mute 1: disk until" in said("list")
    assert said("unmute", "1") == "It is over.\n"
    assert "mute 1" not in said("list")


def test_the_address_for_tiktoks_notices_holds_a_key_that_stays():
    address = said("status-address")
    assert address.startswith("https://YOUR-INTAKE/in/tiktok-status/")
    assert said("status-address") == address


@pytest.mark.parametrize("hostile", ["\x1b[31mred", "\x1b]52;c;x\x07", "two\nlines", "\u202eder", "<script>" * 9_000])
def test_nothing_that_is_typed_steers_the_terminal_or_is_repeated_at_length(hostile):
    for told in (
        said("channels", "add", hostile, "slack", told="https://hooks.example/x"),
        said("channels", "add", "ops", "slack", told=f"https://{hostile}/x"),
        said("channels", "add", "ops", "email", told=f"ada@{hostile}"),
        said("channels", "remove", hostile),
        said("channels", "test", hostile),
        said("mute", hostile, "--hours", "1", "--reason", "x"),
        said("mute", "--hours", "1", "--reason", hostile),
        said("mute", "--hours", "1", "--reason", "x", "--pixel", hostile),
        said("set", hostile, "on=no"),
        said("set", "disk", f"raise_at={hostile}"),
        said("set", "disk", f"{hostile}=1"),
        said("set", "disk", f"pixels={hostile}"),
        said("set", "disk", f"channels={hostile}"),
        said("set", "disk", hostile),
    ):
        assert all(line.isprintable() for line in told.splitlines())
        assert "lines" not in told.splitlines()[-1][:5]
        assert len(told) < 600
