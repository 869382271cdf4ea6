"""The ports of `twinbeam demo`: asked for, usual, or replaced with a word."""

import socket

import pytest
from click.testing import CliRunner

from twinbeam.cli.main import twinbeam
from twinbeam.demo import ports
from twinbeam.demo.environment import PreferredPorts
from twinbeam.demo.ports import settle
from twinbeam.demo.processes import DemoError, free_port


@pytest.fixture
def usual(monkeypatch):
    """Make free ports the usual ones: others may have those of the demo."""
    found = PreferredPorts(*(free_port() for _ in range(4)))
    monkeypatch.setattr(ports, "USUAL", found)
    return found


@pytest.fixture
def taken():
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        yield holder.getsockname()[1]


def test_usual_ports_that_are_free_are_taken_without_a_word(usual):
    assert settle({}) == (usual, [])


def test_a_usual_port_that_is_taken_is_named_with_its_substitute_and_the_option(usual, taken, monkeypatch):
    monkeypatch.setattr(ports, "USUAL", PreferredPorts(usual.intake, taken, usual.emulator, usual.shop))
    found, told = settle({})
    assert found.dashboard not in {0, taken}
    line = f"Port {taken} is taken, so the pages will be at {found.dashboard}. To choose one: --pages-port {found.dashboard}"
    assert told == [line]


def test_a_port_that_is_asked_for_is_used_and_the_others_stay(usual):
    port = free_port()
    assert settle({"shop": port, "intake": None}) == (
        PreferredPorts(usual.intake, usual.dashboard, usual.emulator, port),
        [],
    )


def test_a_usual_port_gives_way_to_who_asks_for_it(usual):
    found, told = settle({"shop": usual.intake})
    assert (found.shop, len({found.shop, found.intake, found.dashboard, found.emulator})) == (usual.intake, 4)
    assert told[0].startswith(f"Port {usual.intake} is taken")


def test_a_port_that_is_asked_for_and_taken_ends_the_demo_with_the_option(usual, taken):
    with pytest.raises(DemoError, match=rf"Port {taken} for the emulator is taken.*--emulator-port \d+"):
        settle({"emulator": taken})
    done = CliRunner().invoke(twinbeam, ["demo", "--emulator-port", str(taken)])
    assert f"Port {taken} for the emulator is taken" in str(done.exception)


def test_one_port_is_not_for_two(usual):
    with pytest.raises(DemoError, match="asked for twice"):
        settle({"shop": 9001, "intake": 9001})


def test_what_is_no_port_is_refused():
    assert CliRunner().invoke(twinbeam, ["demo", "--shop-port", "70000"]).exit_code == 2


def test_a_folder_with_files_in_it_is_not_taken_for_the_demo(tmp_path):
    (tmp_path / "mine").touch()
    done = CliRunner().invoke(twinbeam, ["demo", "--directory", str(tmp_path)])
    assert str(done.exception) == f"{tmp_path} is not empty; name a new folder."
