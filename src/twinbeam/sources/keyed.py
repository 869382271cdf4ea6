"""Dialects of our own: posted to one path with a key, and answered as `replies.py` writes it."""

from collections.abc import Callable
from dataclasses import dataclass

from msgspec.structs import replace

from twinbeam.pipeline.accept.asgi import Headers, Reply
from twinbeam.pipeline.accept.contract import Acknowledgement, Answer, Greeting, Reading, Request, Statements
from twinbeam.pipeline.accept.credentials import may_write, presented
from twinbeam.pipeline.accept.directory import Directory, Sender
from twinbeam.pipeline.accept.problems import MOST_IDEMPOTENCY_CHARS, Problem, ProblemCode, problem
from twinbeam.pipeline.accept.replies import json_reply


@dataclass(frozen=True, slots=True)
class KeyedDialect:
    """Take what is posted to `route` with a key that may write; `reader` takes any bytes and raises nothing."""

    route: str
    reader: Callable[[bytes], Reading | Statements | Problem]

    def matches(self, request: Request) -> bool:
        """Return whether method and path are its own."""
        return request.path == self.route and request.method == "POST"

    def authenticate(self, request: Request, directory: Directory) -> Sender | Problem:
        """Return the key of the request."""
        return may_write(presented(request.headers, request.query), directory)

    def read(self, request: Request, body: bytes, _received_ms: int) -> Reading | Statements | Problem:
        """Return the items of a body, under the name that its sender gave this request."""
        reading = self.reader(body)
        if isinstance(reading, Problem) or b"idempotency-key" not in request.headers:
            return reading
        idempotency = _idempotency(request.headers)
        return idempotency if isinstance(idempotency, Problem) else replace(reading, idempotency=idempotency)

    def reply(self, result: Answer | Acknowledgement | Greeting | Problem) -> Reply:
        """Write JSON."""
        return json_reply(result)


def _idempotency(headers: Headers) -> str | Problem | None:
    """Return the Idempotency-Key of a request; an empty one is none."""
    given = headers[b"idempotency-key"].decode("latin-1") or None
    if given is not None and (len(given) > MOST_IDEMPOTENCY_CHARS or "\0" in given):
        return problem(ProblemCode.BAD_IDEMPOTENCY_KEY)
    return given
