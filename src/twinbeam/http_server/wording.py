"""How heads and refusals are written, and how a request's target is read."""

from collections.abc import Callable, Iterable, Sequence
from http import HTTPStatus
from urllib.parse import unquote

import httptools

from twinbeam.pipeline.accept.asgi import Header, Reply
from twinbeam.pipeline.accept.problems import ProblemCode, problem, problem_reply

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
CLOSE = (b"connection", b"close")
CHUNKED = (b"transfer-encoding", b"chunked")
LAST_CHUNK = b"0\r\n\r\n"

_LINES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus}
_OFFERS = frozenset({b"upgrade", b"http2-settings"})


def head(status: int, headers: Iterable[Header]) -> bytes:
    """Write the head of an answer."""
    lines = [_LINES.get(status) or f"HTTP/1.1 {status} \r\n".encode()]
    for name, value in headers:
        lines += (name, b": ", value, b"\r\n")
    lines.append(b"\r\n")
    return b"".join(lines)


def chunk(body: bytes) -> bytes:
    """Frame a part of a body whose length nobody knows yet."""
    return b"%x\r\n%b\r\n" % (len(body), body) if body else b""


def has_no_body(status: int) -> bool:
    """Return whether an answer ends with its head, RFC 9110 6.4.1."""
    return status in (204, 304)


Refusing = Callable[[ProblemCode, bytes], Reply]
"""Makes the answer to a request that no app sees, of what is wrong with it and as much of its target as was read."""


def as_problem(code: ProblemCode, _target: bytes) -> Reply:
    """Return what is wrong as a problem for programs."""
    return problem_reply(problem(code))


def refusal(reply: Reply) -> bytes:
    """Write the whole answer to a request that no app sees."""
    headers = [header for header in reply.headers if header[0] != b"connection"]
    length = (b"content-length", str(len(reply.body)).encode())
    return head(reply.status, [*headers, length, CLOSE]) + reply.body


def target(url: bytes) -> tuple[str, bytes, bytes]:
    """Return path, raw path and query of a request's target; raises ValueError for one that is none."""
    if url.startswith(b"/") and b"#" not in url:
        raw_path, _, query = url.partition(b"?")
    elif url == b"*":
        raw_path, query = url, b""
    else:
        parsed = httptools.parse_url(url)
        raw_path, query = parsed.path or b"/", parsed.query or b""
    path = raw_path.decode("ascii")
    return (unquote(path) if "%" in path else path), raw_path, query


def without_offer(method: bytes, url: bytes, version: str, headers: Sequence[Header]) -> bytes:
    """Write a request's head once more, without its offer to change the protocol: RFC 9110 7.8 lets us ignore it."""
    lines = [b"%b %b HTTP/%b\r\n" % (method, url, version.encode())]
    for name, value in headers:
        if name == b"connection":
            options = [option.strip() for option in value.split(b",")]
            lines.append(b"connection: %b\r\n" % b", ".join(each for each in options if each.lower() not in _OFFERS))
        elif name not in _OFFERS:
            lines.append(b"%b: %b\r\n" % (name, value))
    lines.append(b"\r\n")
    return b"".join(lines)
