"""`twinbeam pixels`: what is no code is told apart, and what was added can be removed."""

import json

import pytest
from click.testing import CliRunner

from twinbeam.cli.main import twinbeam
from twinbeam.cli.pixel_codes import why_no_code
from twinbeam.cli.setup import opened_store, who

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


def as_saved_before(code):
    """Put a pixel into the store that today's command would refuse."""
    with opened_store() as store:
        store.save_pixel(workspace="main", code=code, event_source="web", name="Shop", now_ms=1)


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (CODE[:19], "it has 19 characters, and a pixel's code has 20 capital letters and digits"),
        (f"{CODE}4", "it has 21 characters, and a pixel's code has 20 capital letters and digits"),
        (NUMERIC, "this is the pixel's numeric id; the code is the 20-character text beside it"),
        ("12345678901234567890", "this is the pixel's numeric id; the code is the 20-character text beside it"),
        (CODE.lower(), f"a pixel's code is written in capital letters: {CODE}"),
        (f"{CODE[:19]}-", "this is not a pixel code, which has 20 capital letters and digits"),
        (f"{CODE[:19]}Ä", "this is not a pixel code, which has 20 capital letters and digits"),
        (f" {CODE}", f"a pixel's code is written in capital letters: {CODE}"),
        ("", "this is not a pixel code"),
    ],
)
def test_what_is_no_pixel_code_is_told_with_what_it_is(code, told):
    assert told in said("pixels", "add", code)
    assert codes() == []


@pytest.mark.parametrize("code", [CODE, "ABCDEFGHIJKLMNOPQRST", "1234567890123456789A"])
def test_twenty_capital_letters_and_digits_are_a_code(code):
    assert why_no_code(code, "web") == ""


def test_an_event_set_goes_by_its_number():
    assert why_no_code(NUMERIC, "offline") == why_no_code(NUMERIC, "crm") == ""
    assert "For a pixel leave --source out" in why_no_code(CODE, "offline")


@pytest.mark.parametrize("code", [CODE[:19], f"{CODE}4", CODE])
def test_a_pixel_is_removed_whatever_its_code(code):
    as_saved_before(code)
    assert f"Pixel {code} is removed" in said("pixels", "remove", code, "--yes")
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


def test_a_removal_stands_in_the_audit():
    said("pixels", "add", CODE, "--name", "Shop")
    said("keys", "create", "server", "--source", "alone", "--pixel", CODE)
    said("pixels", "remove", CODE, "--yes")
    key, pixel, *_ = json.loads(said("audit", "--json"))
    assert (pixel["what"], pixel["before"], pixel["after"]) == (f"pixel main/{CODE}", "Shop", "removed")
    assert (key["before"], key["after"]) == ("valid", f"revoked: it led to pixel {CODE} alone")


def test_a_pixel_that_was_removed_can_be_added_again():
    for _ in range(2):
        assert "is set up" in said("pixels", "add", CODE)
        assert "is removed" in said("pixels", "remove", CODE, "--yes")
    assert f"There is no pixel {CODE}" in said("pixels", "remove", CODE, "--yes")


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
    told = said(*command.replace("CODE", CODE).split(), told="token")
    assert (
        f"There is no pixel {CODE} in workspace main, but there is one in workspace hats: say --workspace hats" in told
    )
    told = said(*command.replace("CODE", OTHER).split(), "--workspace", "hats", told="token")
    assert (
        f"There is no pixel {OTHER} in workspace hats, but there is one in workspace main: leave --workspace out"
        in told
    )
    assert f"twinbeam pixels add {OTHER} --workspace hats" in told


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
    assert (row["stopped"]["who"], row["stopped"]["why"]) == (who(), "wrong values")
    listed = said("pixels", "list")
    assert "  stopped since 20" in listed
    assert f"UTC by {who()}: wrong values\n" in listed
    assert "is stopped already, since 20" in said("pixels", "stop", CODE)
    assert f"Pixel {CODE} is started: 0 waiting events go out now" in said("pixels", "start", CODE)
    assert "stopped" not in said("pixels", "list")
    assert [(it["before"], it["after"]) for it in json.loads(said("audit", "--json"))[:2]] == [
        ("stopped", "started"),
        ("started", "stopped: wrong values"),
    ]


@pytest.mark.parametrize("why", ["x" * 201, "two\nlines", "\x1b[2J"])
def test_a_reason_that_would_spoil_the_list_is_refused(why):
    said("pixels", "add", CODE)
    assert "Give the reason in one line" in said("pixels", "stop", CODE, "--why", why)
    assert "stopped" not in said("pixels", "list")


def test_the_doctor_notes_a_stopped_pixel_with_the_command_that_starts_it():
    said("pixels", "add", CODE, "--name", "Shop")
    said("pixels", "stop", CODE, "--why", "wrong values")
    told = said("doctor")
    assert f"note Pixel {CODE} (Shop) is stopped since 20" in told
    assert f": wrong values. To go on: twinbeam pixels start {CODE}" in told
