"""`twinbeam pixels token`: TikTok is asked, its word is told, and a token that works is not given up by mistake."""

import logging

import pytest
from click.testing import CliRunner

from tiktok_emulator.embed import Emulator
from twinbeam.cli.main import twinbeam
from twinbeam.cli.setup import opened_store

CODE, TOKEN, TEST_CODE = Emulator.pixel, Emulator.token, Emulator.test_code
CLOSED = "http://127.0.0.1:1"


@pytest.fixture(scope="module")
def running():
    with Emulator() as emulator:
        yield emulator


@pytest.fixture(autouse=True)
def tiktok(running, tmp_path, monkeypatch):
    running.reset()
    monkeypatch.setenv("TWINBEAM_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("TWINBEAM_KEYRING", str(tmp_path / "keyring.json"))
    monkeypatch.setenv("TWINBEAM_TIKTOK_URL", running.url)
    return running


def run(*words, told=None):
    return CliRunner().invoke(twinbeam, words, input=told)


def said(*words, told=None):
    done = run(*words, told=told)
    return done.output + (str(done.exception) if done.exception and not isinstance(done.exception, SystemExit) else "")


def saved():
    with opened_store() as store:
        return store.tokens().get(("main", CODE)), store.token_checks.find("main", CODE)


def test_a_new_pixel_s_token_is_tried_and_what_is_not_proven_is_said():
    told = said("pixels", "add", CODE, "--token-stdin", told=TOKEN)
    assert f"Pixel {CODE} is set up with its token." in told
    assert "TikTok knows the token. Not proven yet: that it may report to this pixel." in told
    assert "TikTok's answer: code 40002, data.0.event: " in told
    assert "  -> Turn on the test code" in told
    assert saved()[0] == TOKEN


def test_with_the_test_code_on_it_is_proven_by_a_test_event_and_nothing_counts(tiktok):
    said("pixels", "add", CODE)
    said("pixels", "test", CODE, TEST_CODE)
    told = said("pixels", "token", CODE, told=TOKEN)
    assert "TikTok took an event for this pixel with the token." in told
    assert "->" not in told
    assert saved()[1].proven
    assert [copy["event"] for copy in tiktok.received()] == ["ViewContent"]
    assert tiktok.counted() == []
    assert tiktok.complaints() == []


def test_a_refused_token_does_not_replace_one_that_works_unless_it_is_forced():
    said("pixels", "add", CODE, "--token-stdin", told=TOKEN)
    done = run("pixels", "token", CODE, told="nonsense-token")
    assert done.exit_code == 1
    told = str(done.exception)
    assert told.startswith("The token is not saved. The token is wrong, expired or revoked. TikTok says: code 40105, ")
    assert "Generate a new one in Events Manager" in told
    assert told.endswith("To save it all the same: --force")
    assert saved()[0] == TOKEN
    forced = run("pixels", "token", CODE, "--force", told="nonsense-token")
    assert (forced.exit_code, saved()[0]) == (0, "nonsense-token")
    assert "wrong, expired or revoked" in forced.output
    assert "TikTok's answer: code 40105" in forced.output
    assert run("pixels", "token", CODE, told="nonsense-again").exit_code == 0, "the saved one does not work either"


def test_a_first_token_that_is_refused_is_saved_and_told(tiktok):
    tiktok.trouble("token_foreign", pixel=CODE)
    told = said("pixels", "add", CODE, "--token-stdin", told=TOKEN)
    assert "The token has no right to this pixel" in told
    assert saved()[0] == TOKEN
    assert saved()[1].failing_since_ms is not None


def test_without_a_network_the_token_is_saved_and_it_is_said_that_nobody_tried_it(monkeypatch):
    monkeypatch.setenv("TWINBEAM_TIKTOK_URL", CLOSED)
    done = run("pixels", "add", CODE, "--token-stdin", told=TOKEN)
    assert done.exit_code == 0
    assert "TikTok cannot be reached, so the token is not tried." in done.output
    assert saved()[0] == TOKEN


@pytest.mark.parametrize("command", [("pixels", "add", CODE, "--token-stdin"), ("pixels", "token", CODE)])
def test_untried_asks_nobody(tiktok, command):
    said("pixels", "add", CODE)
    assert run(*command, "--untried", told=TOKEN).exit_code == 0
    assert (tiktok.requests(), saved()) == ([], (TOKEN, None))


@pytest.mark.parametrize("text", ["", "two words", "caf\u00e9"])
def test_what_is_no_token_is_refused_and_nobody_is_asked(tiktok, text):
    said("pixels", "add", CODE)
    assert "characters that no token has" in said("pixels", "token", CODE, told=text)
    assert tiktok.requests() == []


def test_a_pixel_that_is_not_there_is_told_before_anybody_is_asked(tiktok):
    assert "twinbeam pixels add" in said("pixels", "token", "C0OTHERPIXELSCODE002", told=TOKEN)
    assert tiktok.requests() == []


@pytest.mark.parametrize("kind", ["code", "html_502", "reset", "token_revoked"])
def test_no_token_is_printed_or_logged_whatever_goes_wrong(tiktok, caplog, kind):
    caplog.set_level(logging.DEBUG)
    said("pixels", "add", CODE)
    tiktok.trouble(kind, **({"message": "token a-secret-marker"} if kind == "code" else {}))
    for force in ((), ("--force",)):
        done = run("pixels", "token", CODE, *force, told="a-secret-marker")
        for text in (done.output, repr(done.exception), caplog.text):
            assert "a-secret-marker" not in text
