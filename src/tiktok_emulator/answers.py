"""
What the API answers: the envelope, the return codes, and which HTTP status goes with which code.

Sources: tiktok.md 4.1 (envelope and request id), 4.2 (status pairs), 4.3 (codes).
"""

from enum import IntEnum
from typing import Any

import msgspec


class Code(IntEnum):
    """The return codes this emulator gives by itself; scripted trouble may give any other."""

    OK = 0
    PARTIAL_OK = 20001
    PERMISSION = 40001
    PARAMETER = 40002
    VERSION = 40006
    NOT_EXIST = 40007
    INVALID_VERSION = 40051
    BATCH_SIZE = 40061
    NOT_HASHED = 40062
    PARTNER_NAME = 40063
    TOO_FREQUENT = 40100
    EMPTY_TOKEN = 40104
    INVALID_TOKEN = 40105
    GRANT_TYPE = 40108
    AUTH_CODE = 40110
    APP_FORBIDDEN = 40113
    NOT_ALLOW_LISTED = 40118
    ROUTE_NOT_FOUND = 40400
    INTERFACE_OFFLINE = 41001


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """One answer, before it is put on the wire, with what the request log wants to know about the question."""

    code: int = Code.OK
    message: str = "OK"
    data: Any = msgspec.UNSET
    status: int | None = None  #: None: by the pairs of the portal, or 200, as the switch says.
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None  #: Replaces the envelope: HTML pages, scripts, empty answers.
    content_type: str = "application/json"
    source_id: str = ""
    event_ids: tuple[str, ...] = ()
    events: int = 0


class Envelope(msgspec.Struct):
    """The body of every answer of the Business API."""

    code: int
    message: str
    request_id: str
    data: Any = msgspec.UNSET


def refuse(code: int, message: str, *, status: int | None = None) -> Answer:
    """Build a refusal: `data` is not returned at all (tiktok.md 4.1)."""
    return Answer(code=int(code), message=message, status=status)


def portal_status(code: int) -> int:
    """
    Return the HTTP status the portal's page pairs with a code.

    Listed are 0, 40001, 40002, 40100 and 40104 (tiktok.md 4.2); the rest follows by family, which is a guess.
    """
    if code == Code.ROUTE_NOT_FOUND:
        return 404
    if 40100 <= code < 40200:
        return 401
    return 400 if 40000 <= code < 42000 else 200


def encode(answer: Answer, request_id: str) -> bytes:
    """Write the envelope, or the body that replaces it."""
    if answer.body is not None:
        return answer.body
    return msgspec.json.encode(
        Envelope(code=int(answer.code), message=answer.message, request_id=request_id, data=answer.data)
    )
