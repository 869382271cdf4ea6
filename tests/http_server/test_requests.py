"""What HTTP/1.1 asks of a server: framing, keep-alive, pipelining, offers, streams."""

import asyncio
import socket
import threading
from typing import Any

import pytest

from served import answers_in, chunked, deaf, echo, post, respond, served, told, whole_body


@pytest.fixture(scope="module")
def echoing():
    with served(echo) as running:
        yield running


def heard(method: str = "POST", path: str = "/", body: bytes = b"abc", **scope: Any) -> bytes:
    usual = {"raw_path": path.encode(), "query_string": b"", "http_version": "1.1", "headers": []}
    return told(usual | {"method": method, "path": path} | scope, body)


def test_a_request_is_handed_over_as_it_was_sent(echoing):
    answer = echoing.ask(b"PUT /a%20b?q=%31 HTTP/1.1\r\nX-Name:  Value \r\nContent-Length: 3\r\n\r\nabc")
    headers = [(b"x-name", b"Value"), (b"content-length", b"3")]
    scope = {"raw_path": b"/a%20b", "query_string": b"q=%31", "headers": headers}
    assert answer.body == heard("PUT", "/a b", **scope)


def test_a_request_may_come_byte_by_byte(echoing):
    with echoing.peer() as peer:
        for byte in chunked(b"ab", b"c"):
            peer.send(bytes([byte]))
        assert peer.answer().body == heard(headers=[(b"transfer-encoding", b"chunked")])


def test_an_absolute_target_is_its_path(echoing):
    answer = echoing.ask(b"GET http://shop.example/a?b=c#d HTTP/1.1\r\nHost: x\r\n\r\n")
    assert answer.body == heard("GET", "/a", b"", query_string=b"b=c", headers=[(b"host", b"x")])


def test_a_connection_is_kept_for_the_next_request(echoing):
    with echoing.peer() as peer:
        for n in range(3):
            answer = peer.send(post(b"%d" % n)).answer()
            assert b"'%d'" % n in answer.body
            assert "connection" not in answer.headers


@pytest.mark.parametrize("request_", [b"GET / HTTP/1.0\r\n\r\n", b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n"])
def test_a_connection_that_is_not_to_be_kept_is_closed_behind_its_answer(echoing, request_):
    with echoing.peer(request_) as peer:
        (answer,) = answers_in(peer.rest())
    assert (answer.status, answer.headers["connection"]) == (200, "close")


def test_pipelined_requests_are_answered_in_their_order(echoing):
    with echoing.peer(b"".join(post(b"%d" % n) for n in range(10))) as peer:
        assert all(b"'%d'" % n in peer.answer().body for n in range(10))


def test_a_body_that_was_cut_in_pieces_is_one_body(echoing):
    with echoing.peer() as peer:
        for part in (post(b"x" * 200_000)[n : n + 9_000] for n in range(0, 201_000, 9_000)):
            peer.send(part)
        assert peer.answer().body.count(b"x") >= 200_000


def test_head_is_answered_without_a_body(echoing):
    with echoing.peer(b"HEAD / HTTP/1.1\r\n\r\n", post()) as peer:
        assert peer.answer("HEAD").status == 200
        assert peer.answer().body == heard(headers=[(b"host", b"shop.example"), (b"content-length", b"3")])


def test_options_of_everything_is_a_request(echoing):
    assert echoing.ask(b"OPTIONS * HTTP/1.1\r\n\r\n").body == heard("OPTIONS", "*", b"")


def test_chunk_extensions_mean_nothing(echoing):
    answer = echoing.ask(b'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b;c="d"\r\nabc\r\n0;e\r\n\r\n')
    assert answer.body == heard(headers=[(b"transfer-encoding", b"chunked")])


@pytest.mark.outside("edge")
def test_a_trailer_is_never_a_header():
    """The door reads X-Forwarded-For behind the body: a trailer of that name would choose the sender's address."""
    with (
        served(echo) as running,
        running.peer(chunked(b"abc", trailers=b"X-Forwarded-For: 192.0.2.1\r\n"), post()) as peer,
    ):
        assert peer.answer().body == heard(headers=[(b"transfer-encoding", b"chunked")])
        assert peer.answer().status == 200


def test_whoever_waits_for_a_100_gets_it_once_the_body_is_wanted(echoing):
    with echoing.peer(b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n") as peer:
        assert peer.socket.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        assert peer.send(b"abc").answer().status == 200


def test_whoever_does_not_wait_for_a_100_gets_none(echoing):
    with echoing.peer(post(b"abc", b"Expect: 100-continue")) as peer:
        assert peer.answer().status == 200


def test_a_refusal_needs_no_100():
    with (
        served(deaf) as running,
        running.peer(b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n") as peer,
    ):
        (answer,) = answers_in(peer.rest())
    assert (answer.status, answer.headers["connection"]) == (401, "close")


@pytest.mark.outside("edge")
@pytest.mark.parametrize("cut", [0, 40, 90])
def test_an_offer_to_change_the_protocol_is_ignored_and_its_body_kept(cut):
    offer = post(b"abc", b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABkAAQ")
    with served(echo) as running, running.peer(*filter(None, (offer[:cut], offer[cut:] + post(b"next")))) as peer:
        assert b"'abc'" in peer.answer().body
        assert b"'next'" in peer.answer().body


def test_an_offer_leaves_the_other_connection_options_alone(echoing):
    with echoing.peer(post(b"abc", b"Connection: upgrade, close", b"Upgrade: websocket")) as peer:
        (answer,) = answers_in(peer.rest())
    assert answer.headers["connection"] == "close"


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
        (b"GET\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nbroken\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nA : b\r\n\r\n", 400),
        (b"GET /\xff HTTP/1.1\r\n\r\n", 400),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
        (b"GET / HTTP/2.0\r\n\r\n", 505),
        (b"GET /\r\n\r\n", 400),
        (b"CONNECT shop.example:443 HTTP/1.1\r\n\r\n", 405),
        (b"POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: -3\r\n\r\nabc", 400),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", 400),
    ],
)
def test_what_is_not_http_is_refused_and_the_connection_ends(echoing, request_, status):
    with echoing.peer(request_) as peer:
        (answer,) = answers_in(peer.rest())
    assert answer.status == status
    assert answer.headers["connection"] == "close"
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_refusal_comes_behind_the_answers_that_are_owed(echoing):
    with echoing.peer(post(b"1") + post(b"2") + b"nonsense\r\n\r\n") as peer:
        assert [answer.status for answer in answers_in(peer.rest())] == [200, 200, 400]


def test_what_follows_a_request_to_close_is_not_answered(echoing):
    with echoing.peer(post(b"1", b"Connection: close") + post(b"2")) as peer:
        assert [answer.status for answer in answers_in(peer.rest())] == [200]


def test_a_sender_that_has_said_all_may_close_its_side_and_still_gets_its_answer():
    async def late(scope: Any, receive: Any, send: Any) -> None:
        await whole_body(receive)
        await asyncio.sleep(0.2)
        await respond(send, b"late")

    with served(late) as running, running.peer(post()) as peer:
        peer.half_close()
        (answer,) = answers_in(peer.rest())
    assert answer.body == b"late"


def test_a_request_that_came_whole_is_taken_though_its_sender_has_gone():
    taken = threading.Event()

    async def slow_to_start(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(0.2)
        if await whole_body(receive) == b"abc":
            taken.set()
        await respond(send)

    with served(slow_to_start) as running:
        running.peer(post()).close()
        assert taken.wait(5)
        assert running.reports == []


def test_half_a_body_is_no_body(echoing):
    heard_of = []

    async def listening(scope: Any, receive: Any, send: Any) -> None:
        heard_of.append(await whole_body(receive))

    with served(listening) as running:
        running.peer(post(b"x" * 100)[:-50]).close()
        running.wait_for(lambda: bool(heard_of))
        assert heard_of == [None]
        assert running.reports == []


def test_a_stream_is_sent_as_it_comes_and_its_end_is_seen():
    goes_on = threading.Event()

    async def stream(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"one", "more_body": True})
        await asyncio.to_thread(goes_on.wait, 5)
        await send({"type": "http.response.body", "body": b"two", "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    with served(stream) as running, running.peer(b"GET / HTTP/1.1\r\n\r\n") as peer:
        begun = peer.socket.recv(1_000)
        goes_on.set()
        assert begun.endswith(b"transfer-encoding: chunked\r\n\r\n3\r\none\r\n")
        assert peer.socket.recv(13, socket.MSG_WAITALL) == b"3\r\ntwo\r\n0\r\n\r\n"


def test_a_stream_to_http_1_0_ends_with_its_connection():
    async def stream(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"one", "more_body": True})
        await send({"type": "http.response.body", "body": b"two"})

    with served(stream) as running, running.peer(b"GET / HTTP/1.0\r\n\r\n") as peer:
        assert peer.rest() == b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nonetwo"


def test_the_app_hears_when_the_reader_of_a_stream_goes():
    gone = threading.Event()

    async def stream(scope: Any, receive: Any, send: Any) -> None:
        await whole_body(receive)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"one", "more_body": True})
        if (await receive())["type"] == "http.disconnect":
            gone.set()

    with served(stream) as running:
        peer = running.peer(b"GET / HTTP/1.1\r\n\r\n")
        peer.socket.recv(1_000)
        peer.close()
        assert gone.wait(5)
        assert running.reports == []


def test_a_reader_that_is_slow_slows_its_stream_down():
    sent: list[int] = []

    async def flood(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for n in range(1_000):
            await send({"type": "http.response.body", "body": bytes(100_000), "more_body": True})
            sent.append(n)
        await send({"type": "http.response.body", "body": b""})

    with served(flood) as running, running.peer(b"GET / HTTP/1.1\r\n\r\n") as peer:
        running.settle()
        assert len(sent) < 200
        assert len(peer.answer().body) == 100_000_000


def test_an_answer_is_one_write():
    writes: list[bytes] = []
    with served(echo) as running, running.peer() as peer:
        running.opened(1)
        (connection,) = running.server.registry.open
        transport = connection._transport

        class Watched:
            def __getattr__(self, name: str) -> Any:
                return getattr(transport, name)

            def write(self, data: bytes) -> None:
                writes.append(data)
                transport.write(data)

        connection._transport = Watched()
        peer.send(post()).answer()
    assert len(writes) == 1


def test_an_app_that_fails_is_reported_by_place_and_answered_with_500():
    async def broken(scope: Any, receive: Any, send: Any) -> None:
        raise ValueError("ada@shop.example")

    with served(broken) as running:
        answer = running.ask(post())
        assert (answer.status, answer.headers["connection"]) == (500, "close")
        ((event, fields),) = running.reports
    assert (event, fields["error"]) == ("request.crashed", "ValueError")
    assert fields["at"].startswith("test_requests.py:")


def test_an_answer_that_ends_too_early_breaks_the_connection_off():
    async def short(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"10")]})
        await send({"type": "http.response.body", "body": b"12345"})

    with served(short) as running, running.peer(post()) as peer:
        assert b"12345" not in peer.rest()


def test_an_early_answer_arrives_though_its_request_is_still_being_sent():
    """Closed at once, the kernel would answer the rest with a reset, and the sender would never see the answer."""
    with served(deaf) as running, running.peer(post(b"x" * 1_000_000)[:100]) as peer:
        running.settle()
        peer.send(b"x" * 999_000)
        (answer,) = answers_in(peer.rest())
    assert (answer.status, answer.body) == (401, b"no")
