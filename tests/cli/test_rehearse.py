"""`twinbeam rehearse`, as docs/howto/rehearse.md shows it: what it asks for, what it prints, and what it writes."""

import json

import pytest
from click.testing import CliRunner

from tiktok_emulator.embed import Emulator
from twinbeam.cli.main import twinbeam
from twinbeam.cli.setup import now_ms, opened_store
from twinbeam.pipeline.send.turns import APP

CODE, TOKEN, TEST_CODE = Emulator.pixel, Emulator.token, Emulator.test_code


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
    run("pixels", "add", CODE, "--token-stdin", "--untried", told=TOKEN)
    return running


def run(*words, told=None):
    return CliRunner().invoke(twinbeam, words, input=told)


@pytest.mark.parametrize("words", [(), ("--test-code", ""), ("--test-code", "no code")])
def test_without_a_test_code_nothing_is_sent(tiktok, words):
    done = run("rehearse", CODE, *words)
    assert done.exit_code != 0
    assert "test code" in str(done.exception) or "--test-code" in done.output
    assert tiktok.requests() == []


def test_without_a_token_it_says_how_to_save_one(tiktok):
    run("pixels", "add", "C0OTHERPIXELSCODE002")
    done = run("rehearse", "C0OTHERPIXELSCODE002", "--test-code", TEST_CODE)
    assert "twinbeam pixels token C0OTHERPIXELSCODE002 < token.txt" in str(done.exception)
    assert "There is no pixel" in str(run("rehearse", "C0OTHERPIXELSCODE003", "--test-code", TEST_CODE).exception)
    assert tiktok.requests() == []


def test_progress_goes_to_standard_error_and_the_table_to_standard_output():
    done = run("rehearse", CODE, "--test-code", TEST_CODE)
    assert done.exit_code == 0
    assert "  1/32 a plain event" in done.stderr
    assert "HTTP 401, code 40105, Access token is incorrect" in done.stderr
    assert "The emulator answers as TikTok did; no switch has to be turned." in done.stdout
    assert "To be looked at by hand, in Events Manager:" in done.stdout
    assert "unknown_test_code: An event under a code that nobody made could count." in done.stdout
    assert TOKEN not in done.output


def test_what_it_sends_counts_against_the_apps_limit_of_the_day(tiktok, monkeypatch):
    run("rehearse", CODE, "--test-code", TEST_CODE)
    sent = len(tiktok.requests())
    with opened_store() as store:
        noted = store.request_counts.note(APP, 0, most=0, owner="test", now_ms=now_ms())
    assert noted.total >= sent > 30
    tiktok.reset()
    monkeypatch.setenv("TWINBEAM_REQUESTS_PER_DAY", str(noted.total + 10))
    assert "Rehearse after midnight UTC." in str(run("rehearse", CODE, "--test-code", TEST_CODE).exception)
    assert tiktok.requests() == []


def test_what_differs_is_told_with_the_switches_to_turn_and_the_same_is_written(tiktok, tmp_path):
    tiktok.switch(http_status_mode="always200", currency="refuse")
    file = tmp_path / "answers.json"
    done = run("rehearse", CODE, "--test-code", TEST_CODE, "--json", str(file))
    settings = '{"http_status_mode": "always200", "currency": "refuse"}'
    assert f"/_control/switches -d '{settings}'" in done.stdout
    differs = [line for line in done.stdout.splitlines() if line.startswith("differs")]
    assert len(differs) == 2
    written = json.loads(file.read_text())
    assert written["settings"] == json.loads(settings)
    (currency,) = [it for it in written["points"] if it["switch"] == "currency"]
    assert (currency["found"], currency["tiktok"], currency["emulator"]) == ("differs", "refuse", "accept")
    assert written["answers"]["currency"]["code"] == 40002
    assert written["answers"]["currency"]["request_id"]
    assert TOKEN not in file.read_text()


def test_a_token_that_tiktok_refuses_ends_it_with_a_sentence(tiktok):
    tiktok.trouble("token_revoked")
    done = run("rehearse", CODE, "--test-code", TEST_CODE)
    assert "The token is wrong, expired or revoked." in str(done.exception)
    assert done.exit_code == 1


def test_where_tiktok_asks_to_slow_down_the_rest_is_not_asked(tiktok):
    tiktok.switch(max_queries_per_minute=6)
    done = run("rehearse", CODE, "--test-code", TEST_CODE)
    assert "TikTok asked to slow down, so the rest was not sent." in done.stdout
    assert "\nnot asked " in done.stdout
