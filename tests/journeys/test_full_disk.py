"""No room: 507 from a full disk, 503 from a full journal, nothing acknowledged is lost, and both pass by themselves."""

import json
import os
import shutil
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from gateway import Shop, a_shop
from running import Answer, wait_until
from shoppers import a_view, ids_of

pytestmark = pytest.mark.journey

GROUP = 500
MIB = 1024**2
_RECORDS_THOUSANDS_SECONDS = 120  #: room is made by recording what is there, however slow the machine


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 8 MiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m,mode=0700", "twinbeam-journey", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode and os.environ.get("CI") != "true":
        pytest.skip(f"a small disk needs the right to mount one: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def post_until_refused(shop: Shop) -> tuple[set[str], int]:
    """Post groups until one is refused; gives what was acknowledged, and the refusal's status."""
    acknowledged: set[str] = set()
    while True:
        events = [a_view(f"full-{len(acknowledged) + place}") for place in range(GROUP)]
        answer = shop.send(json.dumps({"events": events}).encode())
        if answer.status != 202:
            return acknowledged, answer.status
        acknowledged |= ids_of(events)


def is_taken_again(shop: Shop) -> bool:
    return shop.send(json.dumps({"events": [a_view("afterwards")]}).encode()).status == 202


def hold(shop: Shop) -> None:
    """Stop the recorder in its tracks, so that nothing is forgotten."""
    os.kill(shop.gateway.pid("writer"), signal.SIGSTOP)


def let_go(shop: Shop) -> None:
    os.kill(shop.gateway.pid("writer"), signal.SIGCONT)


def everything_is_counted_once(shop: Shop, acknowledged: set[str]) -> None:
    shop.wait_steady()
    counted = [event["event_id"] for event in shop.tiktok.counted()]
    assert sorted(counted) == sorted(acknowledged)
    failed = [line for line in shop.gateway.run("doctor").stdout.splitlines() if line.startswith("FAIL")]
    assert [line for line in failed if "lies in memory" not in line] == [], "the small disk of these tests is one"


def test_a_full_disk_is_507_and_intake_goes_on_once_the_recorder_has_made_room(tmp_path, small_disk):
    with a_shop(tmp_path, journal_folder=small_disk) as shop:
        hold(shop)
        acknowledged, status = post_until_refused(shop)
        assert status == 507
        assert len(acknowledged) > 5_000, "refused long before the disk was full"
        assert not is_taken_again(shop), "room came from nowhere"
        let_go(shop)
        wait_until(lambda: is_taken_again(shop), "intake recovers by itself", _RECORDS_THOUSANDS_SECONDS)
        everything_is_counted_once(shop, acknowledged | {"afterwards"})
        assert shutil.disk_usage(small_disk).free > 6 * MIB, "what the backlog took was not given back"


def test_a_disk_that_others_filled_is_507_until_there_is_room(tmp_path, small_disk):
    with a_shop(tmp_path, journal_folder=small_disk) as shop:
        shop.post(a_view("before"))
        filler = fill(small_disk)
        assert shop.send(json.dumps({"events": [a_view("refused")]}).encode()).json["code"] == "disk_full"
        assert shop.story("before")["state"] == "delivered"
        filler.unlink()
        wait_until(lambda: is_taken_again(shop), "intake recovers by itself")
        everything_is_counted_once(shop, {"before", "afterwards"})


@pytest.mark.outside("metrics")
def test_a_start_with_zero_bytes_free_answers_507_says_so_once_and_goes_on_once_there_is_room(tmp_path, small_disk):
    data = small_disk / "state"
    with a_shop(tmp_path, data=data) as shop:
        shop.gateway.data = data
        shop.post(a_view("before"))
        assert shop.story("before")["state"] == "delivered"
        shop.gateway.stop()
        shutil.rmtree(data / "metrics")  # the start would make room by emptying it
        filler = fill(small_disk)
        shop.gateway.launch()
        refused = wait_until(lambda: answer_of(shop), "the intake answers")
        assert (refused.status, refused.json["code"]) == (507, "disk_full")
        wait_until(lambda: told_of(shop, "store.closed"), "what is in trouble is told")
        assert told_of(shop, "child.crashed") == []
        assert "room" in told_of(shop, "store.closed")[0]["fix"]
        assert told_of(shop, "store.closed")[0]["file"] == str(data / "store.db")
        assert "Traceback" not in shop.gateway.log.read_text()
        filler.unlink()
        wait_until(lambda: is_taken_again(shop), "intake recovers by itself")
        everything_is_counted_once(shop, {"before", "afterwards"})
        wait_until(lambda: shop.gateway.gauge("twinbeam_events_total") == 1, "what is counted is shown again")
        assert len(told_of(shop, "store.closed")) == 1


@pytest.mark.outside("metrics")
def test_a_disk_that_is_filled_while_the_gateway_runs_ends_no_process(tmp_path, small_disk):
    data = small_disk / "state"
    with a_shop(tmp_path, data=data) as shop:
        shop.gateway.data = data
        shop.post(a_view("before"))
        assert shop.story("before")["state"] == "delivered"
        filler = fill(small_disk)
        for number in range(40):  # each kind of answer is a counter of its own
            shop.send(b"{" * number)
            shop.send(json.dumps({"events": [a_view("refused")]}).encode(), headers={"Idempotency-Key": "x" * number})
        assert shop.send(json.dumps({"events": [a_view("refused")]}).encode()).status == 507
        filler.unlink()
        wait_until(lambda: is_taken_again(shop), "intake recovers by itself")
        assert told_of(shop, "child.crashed") == []
        everything_is_counted_once(shop, {"before", "afterwards"})


def told_of(shop: Shop, event: str) -> list[dict[str, Any]]:
    return [line for line in shop.gateway.lines() if line["event"] == event]


def answer_of(shop: Shop) -> Answer | None:
    try:
        return shop.send(json.dumps({"events": [a_view("refused")]}).encode())
    except OSError:
        return None


def fill(disk: Path) -> Path:
    """Take the last byte of a disk."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4_096))
    assert shutil.disk_usage(disk).free == 0
    return filler


def test_a_full_journal_is_503_with_a_time_to_come_back_and_passes_by_itself(tmp_path):
    with a_shop(tmp_path, journal_cap_mb=1) as shop:
        hold(shop)
        acknowledged, status = post_until_refused(shop)
        assert status == 503
        refused = [a_view(f"refused-{place}") for place in range(2 * GROUP)]
        answer = shop.send(json.dumps({"events": refused}).encode())
        assert answer.json["code"] == "journal_full"
        assert 1 <= int(answer.headers["retry-after"]) <= 10
        let_go(shop)
        wait_until(lambda: is_taken_again(shop), "intake recovers by itself")
        everything_is_counted_once(shop, acknowledged | {"afterwards"})
