"""How long the server waits for a peer; the clock is moved by hand."""

import asyncio
import threading
from typing import Any

import msgspec
import pytest

from served import answers_in, deaf, echo, post, respond, served, whole_body
from twinbeam.http_server.limits import DEFAULTS

HEAD = b"POST / HTTP/1.1\r\nHost: shop.example\r\n"
BODY = HEAD + b"Content-Length: 100\r\n\r\n"


@pytest.fixture
def echoing():
    with served(echo) as running:
        yield running


@pytest.mark.outside("edge")
@pytest.mark.parametrize(
    ("sent", "seconds", "status"),
    [
        (b"", DEFAULTS.head_seconds, None),
        (b"\r\n", DEFAULTS.head_seconds, None),
        (HEAD, DEFAULTS.head_seconds, 408),
        (BODY, DEFAULTS.body_seconds, 408),
    ],
    ids=["nothing", "an empty line", "half a head", "half a body"],
)
def test_whoever_goes_silent_is_let_go(echoing, sent, seconds, status):
    with echoing.peer(sent) as peer:
        echoing.passes(seconds - 1)
        assert peer.is_open()
        echoing.passes(1.5)
        assert [answer.status for answer in answers_in(peer.rest())] == ([] if status is None else [status])


@pytest.mark.outside("edge")
@pytest.mark.parametrize(("begun", "more"), [(HEAD + b"x: ", b"y"), (BODY, b"z")])
def test_a_trickle_buys_no_time(echoing, begun, more):
    with echoing.peer(begun) as peer:
        for _ in range(8):
            echoing.passes(4.5)
            peer.send_until_closed(more, len(more))
        echoing.passes(5)
        assert [answer.status for answer in answers_in(peer.rest())] in ([408], [])


def test_a_kept_connection_waits_for_half_a_minute(echoing):
    with echoing.peer(post()) as peer:
        peer.answer()
        echoing.passes(DEFAULTS.idle_seconds - 1)
        assert peer.is_open()
        assert peer.send(post()).answer().status == 200
        echoing.passes(DEFAULTS.idle_seconds + 0.5)
        assert not peer.is_open()


def test_half_a_head_behind_an_answered_request_ends_as_any_other(echoing):
    with echoing.peer(post() + HEAD) as peer:
        assert peer.answer().status == 200
        echoing.passes(DEFAULTS.head_seconds + 0.5)
        assert [answer.status for answer in answers_in(peer.rest())] == [408]


def test_an_app_may_take_as_long_as_it_likes():
    goes_on = asyncio.Event()

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        await whole_body(receive)
        await goes_on.wait()
        await respond(send)

    with served(slow) as running, running.peer(post()) as peer:
        running.passes(300)
        running.on_loop(goes_on.set)
        assert peer.answer().status == 200


@pytest.mark.slow
def test_a_peer_that_does_not_read_is_let_go_and_a_slow_one_is_not():
    size = 60_000_000

    async def large(scope: Any, receive: Any, send: Any) -> None:
        await respond(send, bytes(size))

    with served(large) as running, running.peer(post()) as slow_one, running.peer(post()):
        running.opened(2)
        place = slow_one.socket.getsockname()
        (transport,) = [each._transport for each in running.server.registry.open if each._peers[0] == place]
        read = 0
        for _ in range(10):
            unread = transport.get_write_buffer_size()
            while transport.get_write_buffer_size() == unread:  # the kernel holds some megabytes of it
                read += len(slow_one._read.read(500_000))
                running.settle()
            running.passes(DEFAULTS.write_seconds - 1)
        assert len(running.server.registry.open) == 1
        assert len(slow_one._read.read(size - read)) == size - read
        assert running.reports == []


def test_behind_an_early_answer_the_rest_is_awaited_for_two_seconds():
    with served(deaf) as running, running.peer(BODY) as peer:
        assert peer.answer().status == 401
        running.passes(DEFAULTS.linger_seconds + 0.5)
        running.opened(0)


def test_time_in_which_we_stood_still_counts_against_nobody(echoing):
    with echoing.peer(HEAD) as peer:
        echoing.settle()
        echoing.on_loop(lambda: echoing.server.registry.sweep(600))
        assert peer.is_open()
        assert peer.send(b"Content-Length: 0\r\n\r\n").answer().status == 200


@pytest.mark.outside("edge")
def test_a_stop_answers_what_is_under_way():
    began = threading.Event()

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        began.set()
        await respond(send, await whole_body(receive) or b"")

    with served(slow) as running:
        idle, kept, half = running.peer(), running.peer(post()), running.peer(post(b"abcdef")[:-3])
        kept.answer()
        running.opened(3)
        running.stop()
        assert idle.rest() == b""
        assert kept.rest() == b""
        (answer,) = answers_in(half.send(b"def").rest())
        assert (answer.body, answer.headers["connection"]) == (b"abcdef", "close")
        assert running.join(2)


@pytest.mark.slow
def test_a_stop_does_not_wait_for_ever():
    cancelled = threading.Event()

    async def stuck(scope: Any, receive: Any, send: Any) -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    with served(stuck) as running, running.peer(post()), running.peer(HEAD):
        running.opened(2)
        running.settle()
        running.stop()
        assert running.join(DEFAULTS.farewell_seconds + 2)
    assert cancelled.is_set()


def test_who_gave_way_is_told_at_most_once_a_minute():
    with served(echo, msgspec.structs.replace(DEFAULTS, connections=16)) as running:
        for _ in range(3):
            for _ in range(40):
                running.peer()
            running.passes(1)
        assert [event for event, _ in running.reports] == ["connections.evicted"]
