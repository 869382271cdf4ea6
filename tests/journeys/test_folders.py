"""What a start finds open is closed or told: folders of the gateway, and pages that other machines may reach."""

import re
import socket

import pytest

from gateway import Gateway
from twinbeam.demo.processes import free_port

pytestmark = [pytest.mark.journey, pytest.mark.outside("folders")]


@pytest.fixture
def gateway(tmp_path):
    made = []

    def start(**wishes):
        made.append(Gateway(tmp_path, "http://127.0.0.1:9", wishes))
        return made[0]

    yield start
    for one in made:
        one.stop()


def told(gateway, event):
    return [line for line in gateway.lines() if line["event"] == event]


def rights(folder):
    return folder.stat().st_mode & 0o777


def test_a_data_folder_that_others_could_look_into_is_closed_at_the_start(gateway, tmp_path):
    journals = tmp_path / "journals"
    started = gateway(journal_folder=journals)
    started.told("users", "link")
    journals.mkdir()
    for folder in (started.data, journals):
        folder.chmod(0o755)
    started.start()
    assert [rights(folder) for folder in (started.data, journals)] == [0o700, 0o700]
    assert [line["folder"] for line in told(started, "folder.tightened")] == [str(started.data), str(journals)]
    files = [path for folder in (started.data, journals) for path in folder.rglob("*") if path.is_file()]
    assert [path for path in files if rights(path) & 0o077] == []


def test_a_folder_that_holds_other_things_is_left_and_told(gateway):
    started = gateway()
    started.data.mkdir(mode=0o755)
    started.data.chmod(0o755)
    (started.data / "somebody's letters").mkdir()
    started.start()
    assert rights(started.data) == 0o755
    (line,) = told(started, "folder.open")
    assert (line["level"], line["fix"]) == ("warning", f"chmod 700 {started.data}")


def test_a_group_that_was_let_in_stays_in(gateway):
    started = gateway()
    started.data.mkdir()
    started.data.chmod(0o750)
    started.start()
    assert rights(started.data) == 0o750
    assert not told(started, "folder.tightened") + told(started, "folder.open")


def test_pages_that_other_machines_reach_are_told_at_the_start(gateway):
    port = free_port()
    started = gateway(dashboard=f"0.0.0.0:{port}")
    started.pages = f"http://127.0.0.1:{port}"
    started.start()
    (line,) = told(started, "pages.public")
    assert (line["level"], line["address"]) == ("warning", f"0.0.0.0:{port}")
    assert "TWINBEAM_DASHBOARD=127.0.0.1:8701" in line["fix"]
    found = started.run("doctor").stdout
    assert re.search(rf"^FAIL The pages listen at 0\.0\.0\.0:{port} ", found, re.MULTILINE)
    assert f"ok   The dashboard answers at http://127.0.0.1:{port}." in found


def test_pages_on_this_machine_alone_are_no_news(gateway):
    started = gateway()
    started.start()
    assert not told(started, "pages.public")
    with socket.socket() as sock:
        assert sock.connect_ex(("127.0.0.1", int(started.pages.rpartition(":")[2]))) == 0
