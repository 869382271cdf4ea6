"""On a folder without a store a command makes nothing and says what is missing, unless it begins an installation."""

import click
import pytest
from click.testing import CliRunner

from twinbeam.cli.main import twinbeam

CODE = "C4A5B6C7D8E9F0G1H2I3"

#: What may be the first thing that somebody does.
BEGINS = {
    f"pixels add {CODE}",
    "accounts app 7412345678901234567",
    "accounts connect",
    "keys create read --source me",
    "sources create shop --pixel",
    "shops add lamps",
    "workspaces add hats",
    "users invite ada",
    "users link",
    "feed import",
    "feed schedule",
    "alerts channels add",
    "alerts set",
}
#: Processes of their own, and what needs no store.
OTHERS = {"serve", "demo", "emulator", "doctor", "restore", "sources preview"}

#: Every other command, with what it needs to get as far as the store.
NEEDS_STORE = (
    f"pixels drain {CODE}",
    "pixels list",
    f"pixels pause {CODE}",
    f"pixels profile {CODE}",
    f"pixels remove {CODE}",
    f"pixels resume {CODE}",
    f"pixels rules {CODE}",
    f"pixels set {CODE} restricted=true",
    f"pixels start {CODE}",
    f"pixels stop {CODE}",
    f"pixels test {CODE} TEST12345",
    f"pixels token {CODE} --untried",
    "accounts choose 3f9a0c1b2d4e --all",
    "accounts disconnect 3f9a0c1b2d4e",
    "accounts finish",
    "accounts import 3f9a0c1b2d4e",
    "accounts list",
    "accounts show 3f9a0c1b2d4e",
    "accounts subscribe 3f9a0c1b2d4e https://events.shop.example",
    "keys list",
    "keys revoke 00000000",
    "keys rotate",
    "sources list",
    "sources map shop",
    "sources remove shop",
    "sources retire shop",
    "sources rotate shop",
    "sources set shop a=b",
    "sources show shop",
    f"tag snippet {CODE}",
    "shops list",
    "shops remove lamps",
    "workspaces list",
    "workspaces set main keep_days=30",
    "users disable ada",
    "users enable ada",
    "users list",
    "users revoke 1",
    "users role ada owner",
    "users show hats --for ada",
    "audit",
    f"import events FILE --pixel {CODE}",
    "import orders FILE",
    "feed forget",
    "feed status",
    "feed unknown",
    "orders list",
    "orders reconcile",
    "orders send-missing",
    "orders show 1001",
    "report week",
    "find --order-id 1001",
    "find --event-id 1001",
    "find --email ada@example.com",
    "issues list",
    f"issues mute {CODE} rejected --why meant",
    f"issues show {CODE} rejected",
    f"issues unmute {CODE} rejected",
    "dead-letters list",
    "dead-letters resend --yes",
    "dead-letters resends",
    "dead-letters show 1",
    "alerts list",
    "alerts mute --hours 1 --reason move",
    "alerts rules",
    "alerts status-address",
    "alerts unmute 1",
    "alerts channels list",
    "alerts channels remove ops",
    "alerts channels test ops",
    "release 1001",
    "erase --email ada@example.com",
    "requests erase 1",
    "requests export 1",
    "requests list",
    "export",
    f"rehearse {CODE} --test-code TEST12345",
    "backup --to FOLDER",
    "restored",
    "restored --send --yes",
    "jobs",
)


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Let settings lead to a folder with nothing in it."""
    folder = tmp_path / "installation"
    folder.mkdir()
    monkeypatch.setenv("TWINBEAM_DATA", str(folder / "data"))
    monkeypatch.setenv("TWINBEAM_KEYRING", str(folder / "keyring.json"))
    return folder


@pytest.mark.parametrize("command", NEEDS_STORE)
def test_it_makes_nothing_and_says_what_is_missing(command, place, tmp_path):
    file = tmp_path / "rows.csv"
    file.write_text(
        "order_id,placed_at,value,currency,event,event_time\n1001,2026-11-20,89.90,EUR,Purchase,1763600000\n"
    )
    there = {"FILE": str(file), "FOLDER": str(place / "backups")}
    done = CliRunner().invoke(twinbeam, [there.get(word, word) for word in command.split()], input="token\ny\n")
    assert f"There is no store in {place / 'data'}" in str(done.exception), done.output
    assert list(place.iterdir()) == []


def test_doctor_makes_nothing_either(place):
    done = CliRunner().invoke(twinbeam, ["doctor"])
    assert "No store" in done.output
    assert list(place.iterdir()) == []


def test_every_command_is_looked_at():
    known = [*BEGINS, *NEEDS_STORE, *OTHERS]
    assert [path for path in _paths(twinbeam) if not any(f"{line} ".startswith(f"{path} ") for line in known)] == []


def _paths(command, before=""):
    if not isinstance(command, click.Group):
        return [before]
    context = click.Context(command)
    return [
        path
        for name in command.list_commands(context)
        for path in _paths(command.get_command(context, name), f"{before} {name}".strip())
    ]
