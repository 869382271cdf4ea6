"""The gateway's own processes before strangers who hold connections, bytes and descriptors; and one that hangs."""

import json
import os
import resource
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from gateway import Shop, a_shop
from running import CHECKOUT, answers, wait_until
from shoppers import a_purchase, a_view
from twinbeam.http_server.descriptors import raise_limit

pytestmark = [pytest.mark.journey, pytest.mark.alone]

_MIB = 1024 * 1024
STRANGERS = 1_500
DESCRIPTORS = 1_024  #: what many systems give a process
QUICKLY_SECONDS = 2.0  #: the machine may have other things to do; without the cap it is half a minute

#: With few descriptors, as a service manager might start it.
CRAMPED = CHECKOUT._replace(
    twinbeam=("/bin/sh", "-c", f'ulimit -n {DESCRIPTORS}; exec "$0" "$@"', sys.executable, "-m", "twinbeam")
)
#: Hangs are told after a second instead of half a minute.
IMPATIENT = CHECKOUT._replace(
    twinbeam=(
        sys.executable,
        "-c",
        "import twinbeam.app.child as child; child.HUNG_SECONDS = 2.0; import twinbeam.__main__ as m; m.main()",
    )
)


@contextmanager
def strangers(shop: Shop, said: bytes, count: int = STRANGERS) -> Iterator[None]:
    """Hold many connections on each of which no more is said than this."""
    place = urlsplit(shop.gateway.intake)
    with ExitStack() as held:
        for _ in range(count):
            sock = held.enter_context(socket.create_connection((place.hostname, place.port), timeout=10))
            with suppress(ConnectionError):  # it has given way to the next ones already
                sock.sendall(said)
        yield


def is_quickly_taken(shop: Shop, name: str) -> float:
    """Post an event, which must be taken, and give how long that took in seconds."""
    began = time.monotonic()
    shop.post(a_view(name))
    return time.monotonic() - began


def crashes(shop: Shop) -> list[object]:
    return [line for line in shop.gateway.lines() if line["event"] in ("child.crashed", "child.hung")]


def memory_bytes(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize()


@pytest.fixture(scope="module")
def cramped(tmp_path_factory):
    raise_limit()  # this process holds the other ends
    with a_shop(tmp_path_factory.mktemp("cramped"), installed=CRAMPED, join_window_seconds=0) as shop:
        yield shop


@pytest.mark.outside("descriptors")
@pytest.mark.parametrize("kind", ["silent", "half a head", "half a body"])
def test_more_strangers_than_descriptors_keep_nobody_out(cramped, kind):
    head = f"POST /v1/events?key={cramped.keys['browser']} HTTP/1.1\r\nHost: shop.example\r\n".encode()
    said = {"silent": b"", "half a head": head, "half a body": head + b"Content-Length: 1000\r\n\r\n" + b"{" * 500}
    before = memory_bytes(cramped.gateway.pid("ingest-0"))
    with strangers(cramped, said[kind]):
        took = [is_quickly_taken(cramped, f"{kind}-{n}") for n in range(5)]
        assert max(took) < QUICKLY_SECONDS
        assert memory_bytes(cramped.gateway.pid("ingest-0")) - before < 64 * _MIB
    cramped.wait_steady()
    assert crashes(cramped) == []
    assert cramped.story(f"{kind}-4")["state"] == "delivered"


@pytest.mark.outside("descriptors")
def test_a_process_without_a_free_descriptor_goes_on_with_what_it_has(cramped):
    """Every file that a duty opens fails meanwhile, in both processes; none of them ends for it."""
    is_quickly_taken(cramped, "before-the-drought")
    pids = [cramped.gateway.pid(name) for name in ("ingest-0", "writer")]
    for pid in pids:
        taken = len(list(Path(f"/proc/{pid}/fd").iterdir()))
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (min(taken, 3), DESCRIPTORS))
    time.sleep(3)  # longer than any duty rests
    assert [cramped.gateway.pid(name) for name in ("ingest-0", "writer")] == pids
    for pid in pids:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))
    assert is_quickly_taken(cramped, "behind-the-drought") < QUICKLY_SECONDS
    cramped.wait_steady()
    assert crashes(cramped) == []
    assert cramped.story("behind-the-drought")["state"] == "delivered"


@pytest.mark.outside("descriptors")
def test_hoarders_of_bodies_cost_a_bounded_memory(cramped):
    pid = cramped.gateway.pid("ingest-0")
    head = f"POST /v1/events?key={cramped.keys['browser']} HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n".encode()
    before = memory_bytes(pid)
    with strangers(cramped, head + b" " * 900_000, count=200):
        is_quickly_taken(cramped, "behind-180-megabytes")  # which had to be read first
        assert is_quickly_taken(cramped, "beside-hoarders") < QUICKLY_SECONDS
        assert memory_bytes(pid) - before < 160 * _MIB
    assert crashes(cramped) == []


@pytest.mark.outside("hung")
def test_an_ingest_process_that_hangs_is_replaced_and_its_callers_are_answered(tmp_path):
    with a_shop(tmp_path, installed=IMPATIENT, join_window_seconds=0) as shop:
        hung = shop.gateway.pid("ingest-0")
        time.sleep(1.5)  # its first heartbeat is behind us
        os.kill(hung, signal.SIGSTOP)
        shop.post(a_purchase("while-it-hung"))
        assert shop.gateway.pid("ingest-0") != hung
        told = [line for line in shop.gateway.lines() if line["event"] == "child.hung"]
        assert [(line["child"], line["pid"]) for line in told] == [("ingest-0", hung)]
        assert shop.story("while-it-hung")["state"] == "delivered"


def test_a_gateway_that_is_not_hung_is_left_alone(tmp_path):
    with a_shop(tmp_path, installed=IMPATIENT, ingest_processes=2) as shop:
        time.sleep(5)
        assert crashes(shop) == []
        wait_until(lambda: answers(f"{shop.gateway.intake}/healthz"), "it answers")
        assert json.loads((shop.gateway.data / "directory.json").read_text())
