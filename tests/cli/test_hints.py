"""What commands say about the next step and about a mistake: it can be pasted, and it names what was meant."""

import json
import re
from datetime import UTC, datetime

import click
import pytest
from click.testing import CliRunner

from twinbeam.cli.main import twinbeam
from twinbeam.cli.setup import opened_store
from twinbeam.core.errors import ConfigError
from twinbeam.pipeline.accept.problems import KINDS

CODE = "C4A5B6C7D8E9F0G1H2I3"


@pytest.fixture(autouse=True)
def hats(tmp_path, monkeypatch):
    monkeypatch.setenv("TWINBEAM_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("TWINBEAM_KEYRING", str(tmp_path / "keyring.json"))
    said("workspaces", "add", "hats")


def said(*words, told=None):
    """Give what a command prints, or the sentence with which it refuses."""
    done = CliRunner().invoke(twinbeam, words, input=told)
    return done.output or str(done.exception)


@pytest.mark.parametrize(
    ("command", "hint"),
    [
        (f"pixels add {CODE}", f"twinbeam pixels token {CODE}"),
        (f"pixels token {CODE}", f"twinbeam pixels add {CODE}"),
        (f"pixels rules {CODE}", f"twinbeam pixels add {CODE}"),
        (f"pixels set {CODE} restricted=true", f"twinbeam pixels add {CODE}"),
        ("pixels list", "twinbeam pixels add CODE"),
        ("keys list", "twinbeam keys create server --source shop --pixel CODE"),
        ("keys create server --source shop", "twinbeam pixels list"),
        (f"keys create server --source shop --pixel {CODE}", f"twinbeam pixels add {CODE}"),
        ("keys revoke 00000000", "twinbeam keys list"),
    ],
)
def test_a_hint_is_meant_for_the_same_workspace(command, hint):
    assert f"{hint} --workspace hats" in said(*command.split(), "--workspace", "hats", told="token")
    assert "--workspace" not in said(*command.split(), told="token")


@pytest.mark.parametrize("command", [f"pixels token {CODE}", f"pixels rules {CODE}", "keys revoke 00000000"])
def test_a_workspace_that_nobody_added_is_named(command):
    assert "There is no workspace hatz" in said(*command.split(), "--workspace", "hatz", told="token")


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("pixels add 7412345678901234567", "such as C4A5B6C7D8E9F0G1H2I3. For an event set add --source offline"),
        ("pixels add c4a5b6c7d8e9f0g1h2i3", "in capital letters: C4A5B6C7D8E9F0G1H2I3"),
        (f"pixels add {CODE} --source offline", "digits only, such as 7412345678901234567"),
        (f"pixels add {CODE} --source crm", "For a pixel leave --source out"),
    ],
)
def test_an_id_of_something_else_is_refused_with_what_was_meant(command, told):
    answer = said(*command.split())
    assert told in answer
    assert command.split()[2] in answer
    assert said("pixels", "list").startswith("No pixel yet.")


@pytest.mark.parametrize("command", ["pixels add 7412345678901234567 --source crm", f"pixels add {CODE}"])
def test_an_id_that_may_be_right_is_taken(command):
    assert "is set up" in said(*command.split())


def a_key() -> tuple[str, str]:
    """Make a key; give its id and its text."""
    said("pixels", "add", CODE)
    made = json.loads(said("keys", "create", "server", "--source", "shop", "--pixel", CODE, "--json"))
    return made["id"], made["key"]


def test_keys_are_listed_with_the_day_they_were_made():
    key_id, _ = a_key()
    today = datetime.now(UTC).strftime("%Y-%m-%d")
    assert re.search(rf"^{key_id} +server +shop +main +{today} \d\d:\d\d valid", said("keys", "list"), re.MULTILINE)


@pytest.mark.parametrize("typed", [True, False])
def test_a_key_is_revoked_by_its_text_which_is_not_told_again(typed):
    key_id, text = a_key()
    told = said("keys", "revoke", "-", told=f"{text}\n") if typed else said("keys", "revoke", text)
    assert f"Key {key_id} is revoked" in told
    assert text not in told
    assert "revoked" in said("keys", "list")
    assert f"no valid key {key_id}" in said("keys", "revoke", text)


def test_a_text_that_is_no_key_of_the_workspace_is_not_told_again():
    _, text = a_key()
    for told in (said("keys", "revoke", f"{text}x"), said("keys", "revoke", text, "--workspace", "hats")):
        assert "This is no key of this workspace; see: twinbeam keys list" in told
        assert text not in told
    assert "valid" in said("keys", "list")


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_the_fix_of_a_problem_names_commands_that_there_are(kind):
    for command in re.findall(r"`twinbeam ([^`]+)`", kind.fix):
        group = twinbeam
        for word in command.split():
            assert isinstance(group, click.Group), command
            group = group.get_command(click.Context(group), word)
        assert isinstance(group, click.Command)
        assert not isinstance(group, click.Group), f"`twinbeam {command}` only lists commands"


def test_a_store_that_cannot_be_written_is_named_with_the_fix(tmp_path):
    with pytest.raises(ConfigError) as refused:
        revoke_in_a_store_for_reading()
    assert str(tmp_path / "data" / "store.db") in str(refused.value)
    assert f"write to the folder {tmp_path / 'data'}" in str(refused.value)


def test_a_store_that_cannot_be_opened_is_named(tmp_path, monkeypatch):
    (tmp_path / "other" / "store.db").mkdir(parents=True)
    monkeypatch.setenv("TWINBEAM_DATA", str(tmp_path / "other"))
    assert f"The store {tmp_path / 'other' / 'store.db'} cannot be used" in said("pixels", "list")


def revoke_in_a_store_for_reading():
    with opened_store() as store:
        store._db.execute("PRAGMA query_only=ON")
        store.revoke_key("00000000", 0)
