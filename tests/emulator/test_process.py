"""The emulator and the sink as processes, and the data file across a restart."""

import json
import os
import select
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest

from emulator_sender import PIXEL, Sender, event, request
from tiktok_emulator.embed import Emulator
from tiktok_emulator.switches import explained

pytestmark = pytest.mark.journey


@contextmanager
def process(*arguments):
    """Run the module on a free port; give the process and what it announced."""
    command = [sys.executable, "-m", "tiktok_emulator", *arguments, "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        try:
            yield running, json.loads(running.stdout.readline())
        finally:
            running.terminate()
            running.wait(10)


def test_it_announces_one_line_of_json_and_stops_cleanly():
    with process() as (running, announced), Sender(announced["url"]) as sender:
        assert (announced["pixel"], announced["token"]) == (PIXEL, "emulator-token")
        assert sender.track(event()).code == 0
        running.send_signal(signal.SIGTERM)
        assert running.wait(10) == 0
        assert running.stderr.read() == ""


def test_its_help_lists_every_switch_with_what_it_takes():
    command = [sys.executable, "-m", "tiktok_emulator", "--help"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    missing = [about.name for about in explained() if f"  {about.name}=" not in told]
    assert missing == []


def test_a_taken_port_and_a_bad_switch_are_said_in_a_sentence():
    with Emulator() as taken:
        port = taken.url.rpartition(":")[2]
        ran = run("--port", port)
        assert ran.returncode == 2
        assert "in use" in ran.stderr
        assert f"127.0.0.1:{port}" in ran.stderr
        assert "another port with --port" in ran.stderr
    ran = run("--switch", "no_such=1")
    assert ran.returncode == 2
    assert "no_such" in ran.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--port", "99999"), "99999 is no port; write a number from 0 to 65535"),
        (("--port", "none"), "none is no port"),
        (("--host", "192.0.2.1", "--port", "0"), "another address with --host"),
        (("--host", "no host at all", "--port", "0"), "another address with --host"),
        (
            ("--switch", "http-status=always200"),
            "http-status is no switch; did you mean http_status_mode. The switches",
        ),
        (("--switch", "foo=bar"), "foo is no switch. The switches are: http_status_mode, canonical_names,"),
        (("--switch", "merge-scope=some"), 'merge_scope takes "cross_channel" or "all"'),
        (("--switch", "page_required=perhaps"), "page_required takes true or false"),
        (("--switch", "page_required"), "write --switch page_required=POSITION"),
    ],
)
def test_what_cannot_be_is_named_with_the_fix(arguments, told):
    ran = run(*arguments)
    assert ran.returncode == 2
    assert told in ran.stderr
    assert "Traceback" not in ran.stderr


def run(*arguments):
    """Run the module until it gives up."""
    command = [sys.executable, "-m", "tiktok_emulator", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)


def test_switches_can_be_turned_at_the_start():
    arguments = ("--switch", "http-status-mode=always200", "--switch", "max_queries_per_second=1")
    with process(*arguments) as (_, announced), Sender(announced["url"]) as sender:
        sender.control("POST", "/time", {"freeze": True})
        assert [sender.track(event()).status for _ in range(2)] == [200, 200]
        assert [each["code"] for each in sender.control("GET", "/requests")["items"]] == [0, 40100]


def test_the_sink_answers_success_and_counts():
    with process("sink") as (_, announced), Sender(announced["url"]) as sender:
        for _ in range(3):
            got = sender.track(event(), event(event_id="order-2"))
            assert (got.status, got.code, got.json["data"]) == (200, 0, {})
        size = len(json.dumps(request(event(), event(event_id="order-2"))))
        assert sender.ask("GET", "/").json == {"requests": 3, "events": 6, "bytes": 3 * size}


def test_everything_comes_back_from_the_data_file(tmp_path):
    data = ("--data", str(tmp_path / "emulator.data"))
    with process(*data) as (_, announced), Sender(announced["url"]) as sender:
        sender.control("POST", "/time", {"at_ms": 1_800_000_000_000, "freeze": True})
        sender.control("POST", "/switches", {"success_data": "null"})
        sender.control("POST", "/accounts", {"tokens": [{"token": "kept"}]})
        sender.beacon()
        sender.post("/event/track/", request(event(), event(event_id="order-2"), event(event="")))
        sender.post("/event/track/", request(event(), event(event_id="order-2")))
        before = everything(sender)
        sent = len(before["requests"])
    with process(*data) as (_, announced), Sender(announced["url"]) as sender:
        assert everything(sender) == before
        assert sender.post("/event/track/", request(event()), token="kept").json["data"] is None
        assert sender.control("GET", "/requests")["items"][-1]["seq"] == sent + 1
        assert sender.control("GET", "/totals")["counted"] == 2


def everything(sender):
    """Read all that should survive."""
    paths = ("counted", "received", "requests", "faults", "totals", "accounts", "switches", "time", "overview")
    shown = {path: sender.control("GET", f"/{path}?full=1&body=1&pixel={PIXEL}") for path in paths}
    return {path: each.get("items", each) for path, each in shown.items()}


def test_a_record_torn_by_a_crash_is_cut_off(tmp_path):
    path = tmp_path / "emulator.data"
    with process("--data", str(path)) as (_, announced), Sender(announced["url"]) as sender:
        sender.track(event())
    whole = path.stat().st_size
    with path.open("ab") as file:
        file.write(b"\x00\x00\x01\x00half a record")
    with process("--data", str(path)) as (_, announced), Sender(announced["url"]) as sender:
        assert len(sender.control("GET", "/counted")["items"]) == 1
    assert path.stat().st_size >= whole
    with process("--data", str(path)) as (_, announced), Sender(announced["url"]) as sender:
        assert len(sender.control("GET", "/counted")["items"]) == 1


@pytest.mark.parametrize("content", [b"something else entirely", b"x"])
def test_a_file_of_another_kind_is_not_touched(tmp_path, content):
    path = tmp_path / "precious"
    path.write_bytes(content)
    ran = run("--data", str(path), "--port", "0")
    assert ran.returncode == 2
    assert "not a data file" in ran.stderr
    assert path.read_bytes() == content


def test_two_emulators_do_not_share_a_data_file(tmp_path):
    data = ("--data", str(tmp_path / "emulator.data"))
    with process(*data):
        ran = run(*data, "--port", "0")
    assert ran.returncode == 2
    assert "in use" in ran.stderr


def test_a_person_at_a_terminal_reads_a_sentence():
    master, slave = os.openpty()
    command = [sys.executable, "-m", "tiktok_emulator", "--port", "0"]
    with subprocess.Popen(command, stdout=slave, stderr=slave) as running:
        os.close(slave)
        shown = b""
        while b"emulator-token" not in shown and select.select([master], [], [], 10)[0]:
            shown += os.read(master, 4_096)  # a terminal gives what is there: all of it, or one line
        running.send_signal(signal.SIGINT)
        assert running.wait(10) == 0
    os.close(master)
    assert b"TikTok emulator at http://127.0.0.1:" in shown
    assert b"emulator-token" in shown
