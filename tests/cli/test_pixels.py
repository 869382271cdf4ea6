"""`twinbeam pixels`: what it asks, and what it prints."""

import json

import pytest
from click.testing import CliRunner

from twinbeam.cli.main import twinbeam
from twinbeam.cli.setup import actor, opened_store

pytestmark = pytest.mark.outside("pixels")

CODE = "C4A5B6C7D8E9F0G1H2I3"
OTHER = "C0OTHERPIXELSCODE002"
NUMERIC = "7412345678901234567"


@pytest.fixture(autouse=True)
def installation(tmp_path, monkeypatch):
    monkeypatch.setenv("TWINBEAM_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("TWINBEAM_KEYRING", str(tmp_path / "keyring.json"))


def said(*words, told=None):
    """Give what a command prints, or the sentence with which it refuses."""
    done = CliRunner().invoke(twinbeam, words, input=told)
    return done.output + (str(done.exception) if done.exception and not isinstance(done.exception, SystemExit) else "")


def codes():
    return [row["code"] for row in json.loads(said("pixels", "list", "--json"))]


def keys():
    with opened_store() as store:
        return {key.source: (key.pixels, key.revoked_ms is not None) for key in store.access_keys()}


def test_what_is_no_pixel_code_is_told_with_what_it_is():
    assert "this is the pixel's numeric id" in said("pixels", "add", NUMERIC)
    said("keys", "create", "read", "--source", "me")
    assert codes() == []


def test_it_is_said_what_would_go_and_asked_before_it_goes():
    for code in (CODE, OTHER):
        said("pixels", "add", code)
    said("keys", "create", "server", "--source", "alone", "--pixel", CODE)
    said("keys", "create", "browser", "--source", "both", "--pixel", CODE, "--pixel", OTHER)
    told = said("pixels", "remove", CODE, told="n\n")
    with opened_store() as store:
        ids = {key.source: key.id for key in store.access_keys()}
    assert f"keys that lead to it alone, to be revoked: {ids['alone']}\n" in told
    assert f"other keys, which lose their routes to it: {ids['both']}\n" in told
    assert "conversions that end unsent: 0 held, 0 waiting to be sent" in told
    assert f"Pixel {CODE} is not removed." in told
    assert keys() == {"alone": ([CODE], False), "both": ([CODE, OTHER], False)}
    assert f"Revoked, because they led to it alone: {ids['alone']}." in said("pixels", "remove", CODE, told="y\n")
    assert codes() == [OTHER]
    assert keys() == {"alone": ([CODE], True), "both": ([OTHER], False)}


@pytest.mark.parametrize(
    "command",
    [
        "pixels token CODE",
        "pixels rules CODE",
        "pixels set CODE restricted=true",
        "pixels remove CODE --yes",
        "pixels test CODE --off",
        "pixels stop CODE",
        "pixels start CODE",
    ],
)
def test_a_pixel_sought_in_the_wrong_workspace_is_offered_in_the_right_one(command):
    said("workspaces", "add", "hats")
    said("pixels", "add", CODE, "--workspace", "hats")
    said("pixels", "add", OTHER)
    assert "say --workspace hats" in said(*command.replace("CODE", CODE).split(), told="token")
    told = said(*command.replace("CODE", OTHER).split(), "--workspace", "hats", told="token")
    assert f"leave --workspace out, or add it here: twinbeam pixels add {OTHER} --workspace hats" in told


def test_a_key_for_a_pixel_of_another_workspace_is_told_where_it_is():
    said("workspaces", "add", "hats")
    said("pixels", "add", CODE, "--workspace", "hats")
    assert "say --workspace hats" in said("keys", "create", "server", "--source", "shop", "--pixel", CODE)
    assert keys() == {}


def test_a_pixel_is_stopped_with_a_reason_and_started_with_one_command():
    said("pixels", "add", CODE)
    assert f"Pixel {CODE} is not stopped." in said("pixels", "start", CODE)
    told = said("pixels", "stop", CODE, "--why", "wrong values")
    assert f"Pixel {CODE} is stopped" in told
    assert f"twinbeam pixels start {CODE}" in told
    (row,) = json.loads(said("pixels", "list", "--json"))
    assert (row["stopped"]["who"], row["stopped"]["why"]) == (actor().name, "wrong values")
    listed = said("pixels", "list")
    assert "  stopped since 20" in listed
    assert f"UTC by {actor().name}: wrong values\n" in listed
    assert "is stopped already, since 20" in said("pixels", "stop", CODE)
    assert f"Pixel {CODE} is started: 0 waiting events are sent now." in said("pixels", "start", CODE)
    assert "stopped" not in said("pixels", "list")


def test_the_doctor_notes_a_stopped_or_paused_pixel_with_the_command_that_ends_that():
    said("pixels", "add", CODE, "--name", "Shop")
    said("pixels", "stop", CODE, "--why", "wrong values")
    told = said("doctor")
    assert f"note Pixel {CODE} (Shop) is stopped since 20" in told
    assert f": wrong values. To start it: twinbeam pixels start {CODE}" in told
    said("pixels", "start", CODE)
    said("pixels", "pause", CODE)
    told = said("doctor")
    assert f"note Pixel {CODE} (Shop) is paused since 20" in told
    assert f"UTC by {actor().name}. To resume it: twinbeam pixels resume {CODE}" in told


def test_the_doctor_checks_one_pixel_before_money_is_spent():
    said("pixels", "add", CODE)
    done = CliRunner().invoke(twinbeam, ["doctor", "--pixel", CODE])
    assert done.exit_code == 1
    assert "wait Events API works: No access token is saved.\n     -> Paste the token" in done.output
    assert "FAIL Test data kept out: Any page may report to this pixel" in done.output
    assert "look No critical diagnostics: " in done.output
    assert "TWINBEAM_DATA" not in done.output
    said("workspaces", "set", "main", "hosts=shop.example")
    assert CliRunner().invoke(twinbeam, ["doctor", "--pixel", CODE]).exit_code == 0
    assert "twinbeam pixels add" in said("doctor", "--pixel", OTHER)
