"""The commands that hints name do what they say where they are pasted."""

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
