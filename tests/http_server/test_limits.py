"""What one sender may ask of the server, and what all of them may: nothing grows without bound."""

import asyncio
import resource
import socket
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest

from served import answers_in, chunked, deaf, post, respond, served, whole_body
from twinbeam.http_server.descriptors import RESERVE, most_connections
from twinbeam.http_server.limits import DEFAULTS, Limits

_MIB = 1024 * 1024
HEAD = b"POST / HTTP/1.1\r\nHost: shop.example\r\n"
CHUNKS = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"


async def sizes(scope: Any, receive: Any, send: Any) -> None:
    """Answer with the length of what was sent."""
    body = await whole_body(receive)
    if body is not None:
        await respond(send, b"%d" % len(body))


def memory_bytes() -> int:
    """Tell how much memory this process takes now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def bounded(**changed: Any) -> Limits:
    return msgspec.structs.replace(DEFAULTS, **changed)


@pytest.fixture(scope="module")
def counting():
    with served(sizes) as running:
        yield running


def test_a_head_as_large_as_may_be_is_read(counting):
    lines = b"".join(b"x-%d: %b\r\n" % (n, b"y" * 320) for n in range(98))
    assert counting.ask(HEAD + lines + b"Content-Length: 0\r\n\r\n").status == 200
    assert counting.ask(b"GET /%b HTTP/1.1\r\n\r\n" % (b"a" * 8_000), method="GET").status == 200


@pytest.mark.outside("edge")
@pytest.mark.parametrize(
    ("begun", "more", "status"),
    [
        (HEAD, b"x-filler: " + b"y" * 1_000 + b"\r\n", 431),
        (HEAD + b"x: ", b"y" * 1_000, 431),
        (HEAD, b"x" * 1_000, 431),
        (HEAD, b"a: b\r\n", 431),
        (b"GET /", b"a" * 1_000, 414),
        (b"", b"\r\n" * 500, 431),
        (CHUNKS + b"3;", b"x" * 1_000, 400),
        (CHUNKS + b"3\r\nabc\r\n0\r\n", b"X-Filler: " + b"y" * 1_000 + b"\r\n", 431),
        (CHUNKS + b"3\r\nabc\r\n0\r\nx: ", b"y" * 1_000, 400),
    ],
    ids=[
        "header lines",
        "a value",
        "a name",
        "many lines",
        "a target",
        "empty lines",
        "an extension",
        "trailers",
        "a trailer",
    ],
)
def test_what_never_ends_is_refused_after_little_and_costs_no_memory(counting, begun, more, status):
    before = memory_bytes()
    with counting.peer(begun) as peer:
        peer.socket.settimeout(5)
        sent = peer.send_until_closed(more * 50, 64 * _MIB)
        answers = answers_in(peer.rest())
    assert sent < 16 * _MIB
    assert memory_bytes() - before < 16 * _MIB
    assert [answer.status for answer in answers] in ([status], [])  # none where the sender went on into a reset


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (HEAD + b"x: " + b"y" * 33_000 + b"\r\n\r\n", 431),
        (HEAD + b"a: b\r\n" * 101 + b"\r\n", 431),
        (b"GET /%b HTTP/1.1\r\n\r\n" % (b"a" * 8_192), 414),
        (chunked(b"abc", trailers=b"a: b\r\n" * 101), 431),
        (chunked(b"abc", trailers=b"a: %b\r\n" % (b"y" * 33_000)), 431),
    ],
)
def test_each_limit_has_its_answer(counting, request_, status):
    with counting.peer() as peer:
        peer.send_until_closed(request_, len(request_))
        answers = answers_in(peer.rest())
    assert [answer.status for answer in answers] == [status]


@pytest.mark.parametrize("frame", [b"1\r\nx\r\n", b"1;%b\r\nx\r\n" % (b"e" * 4_000)])
def test_a_body_with_its_frames_is_bounded(frame):
    sent = CHUNKS + frame * (2_400_000 // len(frame))
    with served(sizes, bounded(body_wire_bytes=2 * _MIB + 64 * 1024)) as running, running.peer() as peer:
        peer.send_until_closed(sent, len(sent))
        assert [answer.status for answer in answers_in(peer.rest())] == [413]


@pytest.mark.outside("edge")
def test_requests_that_nobody_reads_the_answers_of_are_not_piled_up():
    async def slow(scope: Any, receive: Any, send: Any) -> None:
        await respond(send, b"x" * 1_000)

    before = memory_bytes()
    with served(slow) as running, running.peer() as peer:
        peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        peer.socket.settimeout(2)
        sent = peer.send_until_closed(b"GET / HTTP/1.1\r\n\r\n" * 1_000, 64 * _MIB)
        assert sent < 32 * _MIB  # what both ends of the connection may hold in the kernel is among it
        assert memory_bytes() - before < 32 * _MIB
        assert running.ask(post()).status == 200


def test_more_pipelined_requests_than_wait_are_left_unanswered(counting):
    with counting.peer(b"".join(post(b"%d" % n) for n in range(100))) as peer:
        answers = answers_in(peer.rest())
    assert 16 <= len(answers) < 100
    assert all(answer.status == 200 for answer in answers)
    assert [answer.headers.get("connection") for answer in answers][-2:] == [None, "close"]


@pytest.mark.slow
def test_a_body_is_read_no_faster_than_the_app_asks_for_it():
    async def never(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(2)

    with served(never) as running, running.peer(HEAD + b"Content-Length: 100000000\r\n\r\n") as peer:
        peer.socket.settimeout(0.5)
        sent = peer.send_until_closed(b"x" * 65_536, 100 * _MIB)
        assert sent < 12 * _MIB
        assert running.on_loop(lambda: running.server.registry.held) < _MIB


@pytest.mark.outside("edge")
@pytest.mark.slow
def test_at_the_cap_whoever_keeps_us_waiting_longest_gives_way():
    with served(sizes, bounded(connections=20)) as running:
        begun = [b"", HEAD, HEAD + b"Content-Length: 100\r\n\r\n", post() + HEAD]
        waiting = [running.peer(begun[n % 4]) for n in range(20)]
        running.settle()
        assert running.ask(post()).status == 200
        running.settle()
        still = [peer.is_open() for peer in waiting]
        assert still.count(True) < 20


@pytest.mark.outside("edge")
@pytest.mark.parametrize("begun", [b"", HEAD, HEAD + b"Content-Length: 100\r\n\r\nhalf"])
@pytest.mark.slow
def test_four_times_the_cap_of_silent_connections_keep_nobody_out(begun):
    with served(sizes, bounded(connections=100)) as running:
        for _ in range(400):
            running.peer(begun)
        took = []
        for _ in range(5):
            began = time.monotonic()
            assert running.ask(post()).status == 200
            took.append(time.monotonic() - began)
        assert max(took) < 2  # the first waits behind those who came before it
        assert max(took[1:]) < 0.5
        assert running.on_loop(lambda: len(running.server.registry.open)) <= 100


@pytest.mark.slow
def test_a_connection_that_is_being_answered_never_gives_way():
    goes_on = asyncio.Event()

    async def held(scope: Any, receive: Any, send: Any) -> None:
        await whole_body(receive)
        if scope["path"] == "/wait":
            await goes_on.wait()
        await respond(send, b"answered")

    with served(held, bounded(connections=4)) as running:
        owed = [running.peer(post(path=b"/wait")) for _ in range(3)]
        running.settle()
        for _ in range(20):
            running.peer()
        assert running.ask(post()).status == 200
        running.on_loop(goes_on.set)
        assert [peer.answer().body for peer in owed] == [b"answered"] * 3


def test_where_all_are_being_answered_the_next_ones_wait_for_a_place():
    goes_on = asyncio.Event()

    async def held(scope: Any, receive: Any, send: Any) -> None:
        await whole_body(receive)
        await goes_on.wait()
        await respond(send)

    with served(held, bounded(connections=4)) as running:
        peers = [running.peer(post(b"abc", b"Connection: close")) for _ in range(12)]
        running.settle()
        assert running.on_loop(lambda: len(running.server.registry.open)) == 4
        running.on_loop(goes_on.set)
        assert [peer.answer().status for peer in peers] == [200] * 12


@pytest.mark.outside("edge")
def test_bytes_of_unfinished_requests_are_bounded_together():
    before = memory_bytes()
    with served(sizes, bounded(held_bytes=8 * _MIB)) as running:
        hoarders = [running.peer(HEAD + b"Content-Length: 1000000\r\n\r\n") for _ in range(60)]
        for peer in hoarders:
            peer.send_until_closed(b"x" * 900_000, 900_000)
        running.settle()
        assert running.on_loop(lambda: running.server.registry.held) <= 8 * _MIB
        assert memory_bytes() - before < 48 * _MIB
        assert running.ask(post(b"x" * 500_000)).body == b"500000"
        first = answers_in(hoarders[0].rest())
        assert [(answer.status, answer.headers["retry-after"]) for answer in first] in ([], [(503, "2")])
        for peer in hoarders:
            peer.close()
        running.opened(0)
        assert running.on_loop(lambda: running.server.registry.held) == 0


def test_nothing_is_held_for_a_connection_that_rests(counting):
    with counting.peer() as peer:
        for size in (10, 100_000, 1_000_000):
            assert peer.send(post(b"x" * size)).answer().body == b"%d" % size
            assert counting.on_loop(lambda: counting.server.registry.held) == 0


def test_behind_an_early_answer_only_so_much_is_read():
    with served(deaf) as running, running.peer(HEAD + b"Content-Length: 900000000\r\n\r\n") as peer:
        assert peer.send_until_closed(b"x" * 65_536, 900 * _MIB) < 24 * _MIB


def test_the_cap_leaves_descriptors_for_files(monkeypatch):
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1_024, 4_096))
    assert most_connections(8_192) == 1_024 - RESERVE
    assert most_connections(100) == 100
    monkeypatch.setattr(resource, "getrlimit", lambda _: (200, 200))
    assert most_connections(8_192) == 16
