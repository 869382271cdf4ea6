"""The same bytes on the wire, to uvicorn and to ours: where uvicorn is right, the answers are the same."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import uvicorn
from hypothesis import given, settings
from hypothesis import strategies as st

from served import Got, Peer, Served, answers_in, echo, respond, served, told, whole_body

_PATHS = st.sampled_from(
    [
        b"/",
        b"/v1/events",
        b"/a%20b",
        b"/a/../b",
        b"//x",
        b"/%C3%BC",
        b"/a?b=c&d",
        b"/?",
        b"/a;b?c?d",
        b"/%zz",
        b"http://h/p?q",
    ]
)
_NAMES = st.sampled_from([b"Accept", b"X-Forwarded-For", b"Authorization", b"x-odd_name", b"COOKIE"])
_VALUES = st.sampled_from([b"", b"a", b"192.0.2.1, 10.0.0.1", b"\xe9t\xe9", b"a\tb", b'"q"', b"x" * 300])
_LINES = st.lists(st.tuples(_NAMES, st.sampled_from([b":", b": ", b":  "]), _VALUES), max_size=6)
_BODY = st.binary(max_size=300) | st.builds(bytes, st.integers(0, 150_000))
_METHODS = st.sampled_from([b"POST", b"PUT", b"DELETE", b"PATCH"])


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    """Write a request that any server understands."""
    lines = [name + colon + value for name, colon, value in draw(_LINES)]
    method, body = draw(_METHODS), b""
    framing = draw(st.sampled_from(["none", "length", "chunks"]))
    if framing == "none":
        method = draw(st.sampled_from([b"GET", b"OPTIONS", b"HEAD", b"DELETE"]))
    elif framing == "length":
        body = draw(_BODY)
        lines.append(b"Content-Length: %d" % len(body))
    else:
        chunks = draw(st.lists(st.binary(min_size=1, max_size=200), max_size=5))
        extension = draw(st.sampled_from([b"", b";a", b";a=b", b';a="b"']))
        lines.append(b"Transfer-Encoding: chunked")
        body = b"".join(b"%x%b\r\n%b\r\n" % (len(each), extension, each) for each in chunks) + b"0\r\n\r\n"
    lines = draw(st.permutations([*lines, b"Host: shop.example"]))
    return b"%b %b HTTP/1.1\r\n%b\r\n\r\n%b" % (method, draw(_PATHS), b"\r\n".join(lines), body)


@st.composite
def conversations(draw: st.DrawFn) -> list[bytes]:
    """Cut some requests, the last of which ends the connection, anywhere."""
    some = draw(st.lists(requests(), min_size=1, max_size=4))
    last = draw(st.sampled_from([b"GET /end HTTP/1.1\r\nConnection: close\r\n\r\n", b"GET /end HTTP/1.0\r\n\r\n"]))
    wire = b"".join(some) + last
    cuts = sorted(draw(st.lists(st.integers(0, len(wire)), max_size=5)))
    return [wire[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(wire)], strict=True) if begin < end]


@contextmanager
def uvicorn_serving(app: Any) -> Iterator[int]:
    """Run an app on uvicorn, as the gateway did; gives its port."""
    config = uvicorn.Config(
        app, port=0, loop="uvloop", http="httptools", ws="none", lifespan="off", log_config=None, log_level="critical",
        server_header=False, date_header=False, proxy_headers=False,
    )  # fmt: skip
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        threading.Event().wait(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="module")
def both() -> Iterator[tuple[Served, int]]:
    with served(polite) as ours, uvicorn_serving(polite) as theirs:
        yield ours, theirs


async def polite(scope: Any, receive: Any, send: Any) -> None:
    """Answer with what was heard; for HEAD with the length of that."""
    body = await whole_body(receive)
    if body is None:
        return
    text = told(dict(scope), body)
    length = (b"content-length", str(len(text)).encode())
    await send({"type": "http.response.start", "status": 200, "headers": [length]})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else text})


def conversation(port: int, parts: list[bytes]) -> bytes:
    """Say it all, and give what came back until the other side closed."""
    peer = Peer(port)
    try:
        for part in parts:
            peer.send(part)
        return peer.rest()
    finally:
        peer.close()


def without_framing(raw: bytes) -> bytes:
    """Leave out the one header in which the two differ: ours says that it closes."""
    return raw.replace(b"connection: close\r\n", b"")


@pytest.mark.slow
@pytest.mark.outside("edge")
@settings(max_examples=150)
@given(parts=conversations())
def test_understood_requests_get_the_very_bytes_that_uvicorn_answers(both, parts):
    ours, theirs = both
    assert without_framing(conversation(ours.port, parts)) == without_framing(conversation(theirs, parts))


_BROKEN = [
    b"GET / HTTP/1.1\r\nA : b\r\n\r\n",
    b"GET / HTTP/1.1\nA: b\r\n\r\n",
    b"get / HTTP/1.1\r\n\r\n",
    b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    b"POST / HTTP/1.1\r\nContent-Length: 1,2\r\n\r\nab",
    b"POST / HTTP/1.1\r\nContent-Length: +1\r\n\r\na",
    b"POST / HTTP/1.1\r\nContent-Length: 0x1\r\n\r\na",
    b"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1 \r\na\r\n0\r\n\r\n",
    b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\na\r\n0\r\n\r\n",
    b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n",
    b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
    b"GET / HTTP/1.1\r\n a: b\r\n\r\n",
    b"GET / HTTP/1.1\r\na\0b: c\r\n\r\n",
    b"GET / HTTP/1.1\r\na: b\0c\r\n\r\n",
    b"GET / HTTQ/1.1\r\n\r\n",
    b"\x00\x01\x02\x03",
]


@pytest.mark.parametrize("before", [0, 2])
@pytest.mark.parametrize("broken", _BROKEN)
def test_what_uvicorn_refuses_is_refused_and_no_byte_behind_it_is_heard(both, before, broken):
    ours, theirs = both
    mine = conversation(ours.port, [b"GET / HTTP/1.1\r\n\r\n" * before, broken + b"GET /smuggled HTTP/1.1\r\n\r\n"])
    assert _refused(theirs, broken) == 400
    assert b"smuggled" not in mine
    assert [answer.status for answer in answers_in(mine)] == [200] * before + [400]


def _refused(port: int, broken: bytes) -> int:
    return answers_in(conversation(port, [broken]))[0].status


def test_where_uvicorn_is_wrong_ours_is_right():
    """Trailers become headers there, and a body behind an offer to upgrade is lost."""
    trailer = (
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n1\r\na\r\n0\r\nX-Forged: 1\r\n\r\n"
    )
    offer = b"POST / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 3\r\n\r\nabc"

    async def late(scope: Any, receive: Any, send: Any) -> None:
        body = await whole_body(receive)
        if body is not None:
            await respond(send, repr((sorted(scope["headers"]), body)).encode())

    with served(late) as ours, uvicorn_serving(late) as theirs:
        assert b"x-forged" in conversation(theirs, [trailer])
        assert b"x-forged" not in conversation(ours.port, [trailer])
        for port, kept in ((theirs, False), (ours.port, True)):
            peer = Peer(port, offer)
            answer: Got = peer.answer()
            peer.close()
            assert (b"abc" in answer.body) is kept


@pytest.fixture(scope="module")
def echoing() -> Iterator[Served]:
    with served(echo) as running:
        yield running


_WORDS = st.sampled_from(
    [b"GET ", b"POST ", b"/", b" HTTP/1.1", b"\r\n", b"\r\n\r\n", b"\n", b"Content-Length: 5", b"Transfer-Encoding: chunked",
     b"Connection: ", b"close", b"Upgrade", b"Upgrade: h2c\r\n", b"Expect: 100-continue\r\n", b"0\r\n\r\n", b"5\r\nhello\r\n", b";x=y", b": ", b"\0", b"A" * 500]
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.outside("edge")
@settings(max_examples=300)
@given(parts=st.lists(st.lists(_WORDS | st.binary(max_size=40), max_size=12).map(b"".join), max_size=6))
def test_no_bytes_at_all_break_the_server(echoing, parts):
    """Whatever is said: it is answered or waited for, nothing is reported, nothing stays, and the next one is served."""
    with Peer(echoing.port) as peer:
        for part in parts:
            peer.send_until_closed(part, len(part))
        peer.half_close_if_open()
        raw = peer.rest()
    for answer in answers_in(raw.replace(b"HTTP/1.1 100 Continue\r\n\r\n", b"")):
        assert answer.status in (200, 400, 405, 408, 413, 414, 431, 505)
    echoing.opened(0)
    assert echoing.reports == []
    assert echoing.on_loop(lambda: (echoing.server.registry.held, len(echoing.server.registry.waiting))) == (0, 0)
    assert echoing.on_loop(lambda: (len(echoing.server.registry._bulky), len(echoing.server.registry.running))) == (
        0,
        0,
    )
