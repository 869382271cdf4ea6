"""`make check-demo`, small: sound when nothing is broken, and failing in the right number for each sabotage."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

from running import ask

pytestmark = pytest.mark.journey

ROOT = Path(__file__).parents[2]
SMALL = ("--orders", "60", "--seconds", "4")
NINE = (
    "orders",
    "consented",
    "received",
    "counted",
    "duplicates_counted",
    "lost",
    "value_difference",
    "raw_identifiers_on_disk",
    "sent_without_consent",
)
SCENARIOS = (
    *("blocked", "reloaded", "repeated", "late", "out_of_order", "cancelled"),
    *("differing_value", "differing_name", "differing_id", "consent_changed", "forged"),
    *("cash_paid", "cash_refused", "refunded", "given_back", "told_in_part", "told_in_reverse", "told_again"),
)
LEDGER = ("ledger_miscounted", "ledger_value_difference", "ledger_refund_difference")
MUST_BE_ZERO = (*NINE[4:], "forged_received", *LEDGER)


class Checked(NamedTuple):
    status: int
    report: dict
    said: str

    @property
    def broken(self) -> set[str]:
        return {name for name in MUST_BE_ZERO if self.report[name] != 0}


def check(*options: str) -> Checked:
    command = [sys.executable, str(ROOT / "demo" / "check_demo.py"), *SMALL, *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)
    assert done.stdout.count("\n") == 1, done.stderr
    return Checked(done.returncode, json.loads(done.stdout), done.stderr)


def test_every_permitted_order_is_counted_once_with_its_value():
    checked = check()
    report = checked.report
    assert checked.status == 0, checked.said
    assert tuple(report)[:9] == NINE
    assert checked.broken == set()
    assert report["counted"] == report["consented"]
    assert 0.6 <= report["consented"] / report["orders"] <= 0.8
    assert all(report[kind] >= max(1, report["orders"] / 100) for kind in SCENARIOS)
    assert f"seed {report['seed']}" in checked.said


def test_each_sabotage_makes_the_check_fail_in_its_own_number():
    expected = {
        "drop": {"lost"},
        "double": {"duplicates_counted"},
        "forge": {"forged_received"},
        "leak": {"raw_identifiers_on_disk"},
        "refund": {"ledger_miscounted", "ledger_refund_difference"},
        "ungated": {"sent_without_consent"},
        "value": {"value_difference"},
    }
    with ThreadPoolExecutor(2) as pool:  # a demo is four processes; more at once and its day no longer keeps its times
        checked = dict(zip(expected, pool.map(lambda kind: check("--sabotage", kind), expected), strict=True))
    may_break_too = {"drop": {"ledger_miscounted"}}  # where a delivery of a shop system is among what is dropped
    broken = {kind: it.broken - may_break_too.get(kind, set()) for kind, it in checked.items()}
    assert broken == expected
    assert {it.status for it in checked.values()} == {1}


@pytest.fixture
def demo(tmp_path):
    """A demo that has just begun to play, and its environment."""
    command = [sys.executable, "-m", "twinbeam.demo", "--seed", "1", "--orders", "60", "--directory", str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield process, json.loads(process.stdout.readline())["environment"]
        process.kill()


def gone(url: str, seconds: float = 30) -> bool:
    """Whether nobody listens there any more, at the latest after so many seconds."""
    place, deadline = urlsplit(url), time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            socket.create_connection((place.hostname, place.port), timeout=5).close()
        except ConnectionRefusedError:
            return True
        except OSError:
            pass  # it is just closing
        time.sleep(0.1)
    return False


def test_the_truth_is_written_before_the_first_request(demo, tmp_path):
    _, environment = demo
    truth = json.loads((tmp_path / "truth.json").read_bytes())
    assert (len(truth["orders"]), len(truth["system_orders"])) == (60, 15)
    assert truth["pixel"]
    assert not list((tmp_path / "state").glob("truth*"))
    assert Path(environment["directory"]) == tmp_path


def test_nothing_is_left_running_when_the_demo_is_killed(demo):
    process, environment = demo
    os.kill(process.pid, signal.SIGKILL)
    assert [name for name in ("emulator", "intake", "dashboard") if not gone(environment[name])] == []


@pytest.mark.parametrize("end", [lambda demo: demo.stdin.close(), lambda demo: demo.terminate()])
def test_the_demo_ends_in_order_when_told_or_when_its_starter_is_gone(demo, end):
    process, environment = demo
    end(process)
    assert process.wait(40) == 0
    assert [name for name in ("emulator", "intake", "dashboard") if not gone(environment[name], 1)] == []


def test_a_healthy_day_leaves_tiktoks_diagnostics_nothing_to_say(tmp_path):
    day = ("--seed", "7", "--orders", "60", "--seconds", "8", "--healthy", "--directory", str(tmp_path))
    command = [sys.executable, "-m", "twinbeam.demo", *day]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        emulator = json.loads(process.stdout.readline())["environment"]["emulator"]
        played = json.loads(process.stdout.readline())["played"]
        assert (played["idle"], played["notices"], played["rejected"]) == (True, 0, 0)
        counted = ask(f"{emulator}/_control/counted?limit=1000").json["items"]
        assert {"Purchase", "ViewContent", "InitiateCheckout", "Lead"} <= {event["event"] for event in counted}
        assert ask(f"{emulator}/_control/diagnostics").json["items"] == []


def test_the_demo_for_people_names_its_link_first_and_then_its_shop_and_stops_at_ctrl_c():
    program = (
        "from twinbeam.demo.run import run_demo; from twinbeam.demo.environment import PreferredPorts; "
        "raise SystemExit(run_demo(seed=1, ports=PreferredPorts()))"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        lines = [process.stdout.readline() for _ in range(11)]
        pages = [word.rstrip("/") for line in lines for word in line.split() if word.startswith("http://")]
        assert len(pages) == 5, lines
        assert "/welcome/" in pages[0]
        assert ask(pages[0]).status == 200
        assert "Shop" in lines[7]
        process.send_signal(signal.SIGINT)
        assert process.wait(40) == 0
        assert "Stopped; the demo's files are removed." in process.stdout.read()
    assert all(gone(page, 1) for page in pages)
