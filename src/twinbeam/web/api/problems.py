"""
Why the read API can refuse a request: RFC 9457 problems of the same shape as the intake's, from a set of its own.

docs/reference/pages.md lists every code; a test keeps the two in step. What is wrong with a key is said by accept.
"""

from collections.abc import Mapping
from enum import StrEnum

import msgspec
from msgspec import Struct
from starlette.responses import Response

from twinbeam.pipeline.accept import problems as accept
from twinbeam.pipeline.accept.problems import Kind

DOCS = "docs/reference/pages.md"


class ReadProblem(StrEnum):
    """Every `code` of the read API's own problems."""

    BAD_QUERY = "bad_query"
    UNKNOWN_CONVERSION = "unknown_conversion"
    NOTHING_TO_RESEND = "nothing_to_resend"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    INTERNAL = "internal"
    UNREADABLE = "unreadable"


KINDS: Mapping[ReadProblem, Kind] = {
    ReadProblem.BAD_QUERY: Kind(
        400,
        "Unusable question",
        "The question cannot be understood.",
        f"See {DOCS} for what this path can be asked.",
    ),
    ReadProblem.UNKNOWN_CONVERSION: Kind(
        404,
        "Unknown conversion",
        "Nothing is known under this id in the workspace of this key, and no journal holds it.",
        "Compare the id with what was sent, or ask with wait=10 when it is on its way.",
    ),
    ReadProblem.NOTHING_TO_RESEND: Kind(
        409,
        "Nothing to send again",
        "No dead letter is meant, or none of those that are may be sent again.",
        "Ask GET /v1/dead-letters/preview with the same words: it counts them and tells why they stay.",
    ),
    ReadProblem.NOT_FOUND: Kind(404, "Not here", "There is nothing at this path.", f"See {DOCS} for the paths."),
    ReadProblem.METHOD_NOT_ALLOWED: Kind(
        405, "Wrong method", "This path does not take this method.", f"See {DOCS} for the paths."
    ),
    ReadProblem.INTERNAL: Kind(
        500,
        "Internal error",
        "Something unexpected happened; nothing was changed by it.",
        "Ask again; if it fails again, tell the operator the time.",
    ),
    ReadProblem.UNREADABLE: Kind(
        503,
        "Not now",
        "The store cannot be read at the moment.",
        "Ask again a little later.",
        ((b"retry-after", b"2"),),
    ),
}


class ProblemBody(Struct, frozen=True, omit_defaults=True):
    """The body of a problem."""

    type: str
    title: str
    status: int
    code: str
    message: str
    fix: str
    field: str = ""


def refusal(code: ReadProblem, message: str = "", *, field: str = "") -> Response:
    """Answer with a problem; `message` tells more than the usual sentence, and never quotes a value."""
    kind = KINDS[code]
    body = ProblemBody(f"{DOCS}#{code}", kind.title, kind.status, code, message or kind.message, kind.fix, field)
    return _response(msgspec.json.encode(body), kind)


def key_refusal(problem: accept.Problem) -> Response:
    """Answer with what accept found wrong with the key."""
    return _response(msgspec.json.encode(problem), accept.KINDS[problem.code])


def _response(body: bytes, kind: Kind) -> Response:
    headers = {name.decode(): value.decode() for name, value in kind.headers}
    return Response(body, kind.status, {**headers, "cache-control": "no-store"}, media_type="application/problem+json")
