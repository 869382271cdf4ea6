"""The log's reader stands still, is gone, or has no room: events go on, and what was dropped is told."""

import fcntl
import json
import os
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gateway import Gateway, Shop, TikTokSide
from running import answers, ask, ending_with_us, wait_until
from shoppers import a_view
from twinbeam.demo.processes import clean_environment

pytestmark = [pytest.mark.journey, pytest.mark.outside("log")]

PIPE_BYTES = 4_096  #: the smallest there is
ROUND = 20


class Serving:
    """A gateway whose standard error is whatever a test hands it."""

    def __init__(self, gateway: Gateway, process: subprocess.Popen[bytes]) -> None:
        self.gateway = gateway
        self.process = process

    @property
    def is_running(self) -> bool:
        return self.process.poll() is None


@contextmanager
def a_shop_that_logs_to(tmp_path: Path, stderr: int | None, *, closed: bool = False) -> Iterator[tuple[Shop, Serving]]:
    tiktok = TikTokSide(tmp_path)
    gateway = Gateway(tmp_path, tiktok.url, {})
    shop = Shop(gateway, tiktok, "require")
    command = ending_with_us([*gateway.command, "serve"])
    if closed:
        command = ["/bin/sh", "-c", 'exec "$@" 2>&-', "sh", *command]
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=stderr,
        env=clean_environment(gateway.settings),
        start_new_session=True,
        cwd=tmp_path,
    )
    try:
        for url in (gateway.intake, gateway.pages):
            wait_until(lambda url=url: answers(f"{url}/readyz"), "the gateway is ready")
        yield shop, Serving(gateway, process)
        assert process.poll() is None, "it ended by itself"
    finally:
        process.terminate()
        ended = process.wait(40)
        tiktok.stop()
    assert ended == 0, "it did not stop in order"


def post_many(shop: Shop, prefix: str, many: int) -> None:
    for n in range(many):
        answer = ask(
            f"{shop.gateway.intake}/v1/events",
            "POST",
            body=json.dumps({"events": [a_view(f"{prefix}-{n}")]}).encode(),
            headers={"Authorization": f"Bearer {shop.keys['server']}"},
            seconds=10,
        )
        assert answer.status == 202, answer.body


def in_pipe(reading: int) -> int:
    """Return how many bytes wait for a reader."""
    return int.from_bytes(fcntl.ioctl(reading, termios.FIONREAD, bytes(4)), sys.byteorder)


def dropped(shop: Shop) -> float:
    return shop.gateway.gauge("twinbeam_log_lines_dropped_total")


def counted(shop: Shop) -> Callable[[], int]:
    return lambda: len(shop.tiktok.counted())


def test_a_pipe_that_nobody_reads_stops_nothing(tmp_path):
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    with a_shop_that_logs_to(tmp_path, writing) as (shop, _):
        os.close(writing)
        posted, unread = 0, [in_pipe(reading)]
        while len(unread) < 4 or len(set(unread[-3:])) > 1:  # each round writes a line, unless that has to wait
            post_many(shop, f"unread-{posted}", ROUND)
            posted += ROUND
            wait_until(lambda: counted(shop)() == posted, "every event is delivered")  # noqa: B023 -- asked at once
            unread.append(in_pipe(reading))
            assert posted < 100 * ROUND, f"the pipe is never full: {unread}"
        assert len(os.read(reading, PIPE_BYTES)) > 1_000
        post_many(shop, "read", 1)
        wait_until(lambda: counted(shop)() == posted + 1, "and the next one")
    os.close(reading)


def test_a_reader_that_is_gone_stops_nothing(tmp_path):
    reading, writing = os.pipe()
    with a_shop_that_logs_to(tmp_path, writing) as (shop, _):
        os.close(writing)
        os.close(reading)
        post_many(shop, "gone", 20)
        wait_until(lambda: counted(shop)() == 20, "every event is delivered")
        wait_until(lambda: dropped(shop) >= 10, "what is dropped is counted")


def test_a_log_disk_without_room_stops_nothing(tmp_path):
    with Path("/dev/full").open("wb", buffering=0) as full, a_shop_that_logs_to(tmp_path, full.fileno()) as (shop, _):
        post_many(shop, "full", 20)
        wait_until(lambda: counted(shop)() == 20, "every event is delivered")
        wait_until(lambda: dropped(shop) >= 10, "what is dropped is counted")


def test_a_closed_standard_error_stops_nothing_and_no_file_of_ours_takes_its_place(tmp_path):
    with a_shop_that_logs_to(tmp_path, None, closed=True) as (shop, serving):
        post_many(shop, "closed", 20)
        wait_until(lambda: counted(shop)() == 20, "every event is delivered")
        time.sleep(0.2)
        (child,) = Path(f"/proc/{serving.process.pid}/task/{serving.process.pid}/children").read_text().split()[:1]
        for pid in (serving.process.pid, child):
            assert Path(f"/proc/{pid}/fd/2").readlink() == Path("/dev/null")
    assert "FAIL" not in shop.gateway.told("doctor")


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_command_whose_output_has_no_room_says_so_or_ends_without_a_traceback(tmp_path, stream):
    environment = clean_environment({"TWINBEAM_DATA": str(tmp_path / "data"), "TWINBEAM_KEYRING": str(tmp_path / "k")})
    command = Gateway(tmp_path, "http://x", {}).command
    subprocess.run([*command, "users", "link"], capture_output=True, env=environment, cwd=tmp_path, check=True)
    with Path("/dev/full").open("wb", buffering=0) as full:
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, stream: full}
        done = subprocess.run(
            [*command, "keys", "list" if stream == "stdout" else "nonsense"],
            **streams,
            env=environment,
            cwd=tmp_path,
            check=False,
        )
    assert done.returncode != 0
    assert b"Traceback" not in (done.stderr or b"")
    if stream == "stdout":
        assert b"output cannot be written (No space left on device)" in done.stderr
