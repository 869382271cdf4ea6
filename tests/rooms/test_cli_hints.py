"""What commands say about the next step and about a mistake: it can be pasted, and it names what was meant."""

import pytest
from click.testing import CliRunner

from twinbeam.cli.main import twinbeam

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
        ("pixels add c4a5b6c7d8e9f0g1h2i3", "such as C4A5B6C7D8E9F0G1H2I3"),
        (f"pixels add {CODE} --source offline", "digits only, such as 7412345678901234567"),
        (f"pixels add {CODE} --source crm", "For a pixel leave --source out"),
    ],
)
def test_an_id_of_something_else_is_refused_with_what_was_meant(command, told):
    answer = said(*command.split())
    assert told in answer
    assert command.split()[2] in answer
    assert said("pixels", "list").startswith("No pixel yet.")


@pytest.mark.parametrize(
    "command", ["pixels add 7412345678901234567 --source crm", "pixels add C4A5", f"pixels add {CODE}"]
)
def test_an_id_that_may_be_right_is_taken(command):
    assert "is set up" in said(*command.split())
