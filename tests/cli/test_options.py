"""Options and arguments that several commands share."""

import pytest
from click.testing import CliRunner

from twinbeam.cli.main import twinbeam
from twinbeam.core.errors import ConfigError

CODE = "C4A5B6C7D8E9F0G1H2I3"


@pytest.fixture(autouse=True)
def installation(tmp_path, monkeypatch):
    monkeypatch.setenv("TWINBEAM_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("TWINBEAM_KEYRING", str(tmp_path / "keyring.json"))
    assert run("pixels", "add", CODE).exit_code == 0


def run(*words):
    return CliRunner().invoke(twinbeam, words)


def test_of_a_rule_that_stands_twice_the_last_word_counts():
    assert run("pixels", "set", CODE, "restricted=true", " purchase_means = paid ", "restricted=false").exit_code == 0
    told = run("pixels", "rules", CODE).stdout
    assert [line.split()[:2] for line in told.splitlines() if "default" not in line] == [["purchase_means", "paid"]]


@pytest.mark.parametrize("command", [f"pixels set {CODE}", "workspaces set main"])
def test_an_assignment_without_its_sign_is_told_how_it_is_written(command):
    refused = run(*command.split(), "purchase_means").exception
    assert isinstance(refused, ConfigError)
    assert str(refused) == "purchase_means: write it as name=value; `name=` alone restores the default."
