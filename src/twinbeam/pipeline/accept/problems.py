"""
Why a whole request can be refused: one closed set of RFC 9457 problems, each with its status and its fix.

A refused item inside a request that is otherwise fine is not a problem but a `Rejected` (codes.py).
docs/reference/http.md lists every code; a test keeps the two in step.
"""

from collections.abc import Mapping
from enum import StrEnum

import msgspec
from msgspec import Struct

from twinbeam.core.values import Rejected
from twinbeam.pipeline.accept.asgi import Header, Reply

DOCS = "docs/reference/http.md"
MOST_BYTES = 1_048_576  # 1 MiB, on the wire and again when decompressed
#: Of what is signed: an order of 1,000 lines, shipped and refunded, states each of them three times (4.5 MiB measured).
MOST_SIGNED_BYTES = 8 * MOST_BYTES
MOST_EVENTS = 1_000  # tiktok.md 2.1: no request to TikTok may carry more either
MOST_ORDERS = 500  # of one request
MOST_STATEMENTS = 100  # of one request about consent
MOST_IDEMPOTENCY_CHARS = 255


class ProblemCode(StrEnum):
    """Every `code` a problem can carry."""

    BAD_JSON = "bad_json"
    BAD_ENCODING = "bad_encoding"
    BAD_SHAPE = "bad_shape"
    NO_EVENTS = "no_events"
    BAD_TEST_CODE = "bad_test_code"
    BAD_GZIP = "bad_gzip"
    BAD_IDEMPOTENCY_KEY = "bad_idempotency_key"
    MISSING_KEY = "missing_key"
    INVALID_WRITE_KEY = "invalid_write_key"
    INVALID_SIGNATURE = "invalid_signature"
    READ_KEY_CANNOT_WRITE = "read_key_cannot_write"
    KEY_CANNOT_OPERATE = "key_cannot_operate"
    WRITE_KEY_CANNOT_READ = "write_key_cannot_read"
    SECRET_KEY_IN_URL = "secret_key_in_url"  # noqa: S105 -- a code, not a secret
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    TOO_SLOW = "too_slow"
    TOO_LARGE = "too_large"
    TOO_MANY_EVENTS = "too_many_events"
    UNKNOWN_CONTENT_ENCODING = "unknown_content_encoding"
    EVERY_EVENT_REJECTED = "every_event_rejected"
    KEY_RATE_LIMITED = "key_rate_limited"
    ADDRESS_RATE_LIMITED = "address_rate_limited"
    NO_STATEMENTS = "no_statements"
    TOO_MANY_STATEMENTS = "too_many_statements"
    EVERY_STATEMENT_REJECTED = "every_statement_rejected"
    NO_ORDERS = "no_orders"
    TOO_MANY_ORDERS = "too_many_orders"
    EVERY_ORDER_REJECTED = "every_order_rejected"
    ORDERS_NEED_SERVER_KEY = "orders_need_server_key"
    INTERNAL = "internal"
    UNAVAILABLE = "unavailable"
    CLOCK_WRONG = "clock_wrong"
    JOURNAL_FULL = "journal_full"
    DISK_FULL = "disk_full"
    MALFORMED_REQUEST = "malformed_request"
    HEAD_TOO_SLOW = "head_too_slow"
    URI_TOO_LONG = "uri_too_long"
    HEADERS_TOO_LARGE = "headers_too_large"
    OVERLOADED = "overloaded"
    UNSUPPORTED_HTTP_VERSION = "unsupported_http_version"


class Kind(Struct, frozen=True, gc=False):
    """What all problems of one code have in common."""

    status: int
    title: str
    message: str
    fix: str
    headers: tuple[Header, ...] = ()


_CLOSE = ((b"connection", b"close"),)  # the rest of such a body is not worth reading
_RETRY = ((b"retry-after", b"2"),)  # seconds; short, because a checkout may be waiting in a retry loop
_CHALLENGE = ((b"www-authenticate", b"Bearer"),)

KINDS: Mapping[ProblemCode, Kind] = {
    ProblemCode.BAD_JSON: Kind(
        400,
        "Not JSON",
        "The body is not well-formed JSON.",
        "Send one JSON object; compressed bodies need Content-Encoding: gzip.",
    ),
    ProblemCode.BAD_ENCODING: Kind(
        400,
        "Not UTF-8",
        "The body is not UTF-8 text.",
        "Encode the body as UTF-8; compressed bodies need Content-Encoding: gzip.",
    ),
    ProblemCode.BAD_SHAPE: Kind(
        400,
        "Not a list of events",
        "The body is JSON, but not an object with a list of events.",
        'Send {"events": [{...}]}, also for a single event.',
    ),
    ProblemCode.NO_EVENTS: Kind(
        400, "No events", "The list of events is empty.", "Send at least one event, or do not send the request."
    ),
    ProblemCode.BAD_TEST_CODE: Kind(
        400,
        "Unusable test code",
        "The test_event_code is not one of TikTok's, and without it these tests would count.",
        "Send the code as TikTok's test page shows it, such as TEST12345, or leave the field out.",
    ),
    ProblemCode.BAD_GZIP: Kind(
        400,
        "Not gzip",
        "Content-Encoding says gzip, but the body is not one complete gzip stream.",
        "Send one complete gzip stream, or leave out Content-Encoding for a plain body.",
    ),
    ProblemCode.BAD_IDEMPOTENCY_KEY: Kind(
        400,
        "Unusable Idempotency-Key",
        f"The Idempotency-Key is longer than {MOST_IDEMPOTENCY_CHARS} characters or holds a NUL.",
        "Use a UUID or the order id.",
    ),
    ProblemCode.MISSING_KEY: Kind(
        401,
        "No key",
        "No key found.",
        "Write Authorization: Bearer tbs_…; `twinbeam keys create` makes a key.",
        _CHALLENGE,
    ),
    ProblemCode.INVALID_WRITE_KEY: Kind(
        401,
        "Unknown key",
        "This key is unknown here: mistyped, or revoked.",
        "Send all of it: keys begin with tbs_, tbb_, tbr_ or tbo_. `twinbeam keys list` shows which are revoked, "
        "`twinbeam keys create` makes a new one.",
        _CHALLENGE,
    ),
    ProblemCode.INVALID_SIGNATURE: Kind(
        401,
        "No valid signature",
        "The signature does not match this source and this body.",
        "Check the source's name in the address and its secret, and sign the body's bytes exactly as they are sent.",
    ),
    ProblemCode.READ_KEY_CANNOT_WRITE: Kind(
        403,
        "A read key cannot send events",
        "This key cannot send events.",
        "Send events with a server key (tbs_) or a browser key (tbb_).",
    ),
    ProblemCode.WRITE_KEY_CANNOT_READ: Kind(
        403, "A write key cannot read", "This key may only send events.", "Read with a read key (tbr_)."
    ),
    ProblemCode.KEY_CANNOT_OPERATE: Kind(
        403,
        "No operate key",
        "This key cannot send dead letters again.",
        "Make one that can: `twinbeam keys create` with the kind operate (tbo_).",
    ),
    ProblemCode.SECRET_KEY_IN_URL: Kind(
        403,
        "Secret key in a URL",
        "A secret key was sent in the URL, and URLs end up in logs. Only browser keys may be sent as ?key=.",
        "Write Authorization: Bearer tbs_…, and replace this key: logs may hold it now.",
    ),
    ProblemCode.NOT_FOUND: Kind(404, "Not here", "There is nothing at this path.", f"See {DOCS} for the paths."),
    ProblemCode.METHOD_NOT_ALLOWED: Kind(
        405, "Wrong method", "This path takes POST.", "Use POST.", ((b"allow", b"POST, OPTIONS"),)
    ),
    ProblemCode.TOO_SLOW: Kind(
        408, "Body too slow", "The rest of the body did not arrive in time.", "Send the request again.", _CLOSE
    ),
    ProblemCode.TOO_LARGE: Kind(
        413,
        "Body too large",
        f"The body is larger than {MOST_BYTES} bytes, on the wire or decompressed.",
        "Send fewer events per request, or fewer fields of an order.",
        _CLOSE,
    ),
    ProblemCode.TOO_MANY_EVENTS: Kind(
        413,
        "Too many events",
        f"A request may carry at most {MOST_EVENTS} events.",
        "Split the list over several requests.",
    ),
    ProblemCode.UNKNOWN_CONTENT_ENCODING: Kind(
        415,
        "Unknown content encoding",
        "A body may be plain or compressed with gzip.",
        "Send Content-Encoding: gzip, or none.",
        ((b"accept-encoding", b"gzip"),),
    ),
    ProblemCode.EVERY_EVENT_REJECTED: Kind(
        422,
        "Every event was rejected",
        "No event was accepted; `rejected` says why for each.",
        "Correct the named fields and send the events again.",
    ),
    ProblemCode.KEY_RATE_LIMITED: Kind(
        429,
        "Too many events",
        "This key has sent more events than its rate allows.",
        "Send the request again after Retry-After. The operator sets the rate with TWINBEAM_SERVER_KEY_RATE and "
        "TWINBEAM_BROWSER_KEY_RATE.",
    ),
    ProblemCode.ADDRESS_RATE_LIMITED: Kind(
        429,
        "Too many events",
        "This address has sent more events than the rate of one visitor allows.",
        "Send the request again after Retry-After. The operator sets the rate with TWINBEAM_BROWSER_ADDRESS_RATE, and "
        "lists proxies in TWINBEAM_TRUSTED_PROXIES.",
    ),
    ProblemCode.NO_STATEMENTS: Kind(
        400,
        "Not a list of statements",
        "The body is JSON, but not an object with a list of at least one statement.",
        'Send {"statements": [{...}]}, also for a single statement.',
    ),
    ProblemCode.TOO_MANY_STATEMENTS: Kind(
        413,
        "Too many statements",
        f"A request may carry at most {MOST_STATEMENTS} statements about consent.",
        "Split the list over several requests.",
    ),
    ProblemCode.EVERY_STATEMENT_REJECTED: Kind(
        422,
        "Every statement was rejected",
        "No statement was accepted; `rejected` says why for each.",
        "Correct the named fields and send the statements again.",
    ),
    ProblemCode.NO_ORDERS: Kind(
        400,
        "Not a list of orders",
        "The body is JSON, but not an object with a list of at least one order.",
        'Send {"orders": [{...}]}, also for a single order.',
    ),
    ProblemCode.TOO_MANY_ORDERS: Kind(
        413,
        "Too many orders",
        f"A request may carry at most {MOST_ORDERS} orders.",
        "Split the list over several requests.",
    ),
    ProblemCode.EVERY_ORDER_REJECTED: Kind(
        422,
        "Every order was rejected",
        "No order was accepted; `rejected` says why for each.",
        "Correct the named fields and send the orders again.",
    ),
    ProblemCode.ORDERS_NEED_SERVER_KEY: Kind(
        403,
        "A browser key cannot state orders",
        "This key is public, so what it says of orders proves nothing.",
        "State orders from your server, with a server key (tbs_).",
    ),
    ProblemCode.INTERNAL: Kind(
        500,
        "Internal error",
        "The gateway failed unexpectedly; nothing of this request was accepted.",
        "Send the request again. If it fails again, tell the operator the time.",
    ),
    ProblemCode.UNAVAILABLE: Kind(
        503, "Not now", "Events cannot be stored at the moment.", "Send the request again a little later.", _RETRY
    ),
    ProblemCode.CLOCK_WRONG: Kind(
        503,
        "Clock wrong",
        "The gateway's clock shows a day in the past, so event times cannot be checked.",
        "Send the request again later. The operator has to set the clock or confirm it.",
        ((b"retry-after", b"30"),),
    ),
    ProblemCode.JOURNAL_FULL: Kind(
        503,
        "Journal full",
        "Too many accepted events wait to be recorded.",
        "Send the request again a little later.",
        _RETRY,
    ),
    ProblemCode.DISK_FULL: Kind(
        507,
        "Disk full",
        "The disk has no room for events.",
        "Keep the events and send them again when the operator has made room.",
    ),
    ProblemCode.MALFORMED_REQUEST: Kind(
        400, "Not HTTP", "The request is not well-formed HTTP/1.1.", "Send it with an HTTP library.", _CLOSE
    ),
    ProblemCode.HEAD_TOO_SLOW: Kind(
        408, "Head too slow", "The rest of the head did not arrive in time.", "Send the request again.", _CLOSE
    ),
    ProblemCode.URI_TOO_LONG: Kind(
        414, "Address too long", "The path and query are too long.", "Send the data in the body.", _CLOSE
    ),
    ProblemCode.HEADERS_TOO_LARGE: Kind(
        431,
        "Headers too large",
        "There are too many header lines, or they are too long.",
        "Leave out headers and cookies that this address does not need.",
        _CLOSE,
    ),
    ProblemCode.OVERLOADED: Kind(
        503,
        "Too much at once",
        "Too many unfinished requests are open, and this one was the oldest.",
        "Send the whole request again a little later.",
        (*_RETRY, *_CLOSE),
    ),
    ProblemCode.UNSUPPORTED_HTTP_VERSION: Kind(
        505, "Unknown version of HTTP", "Only HTTP/1.0 and HTTP/1.1 are supported.", "Use HTTP/1.1.", _CLOSE
    ),
}


class Problem(Struct, frozen=True, gc=False, omit_defaults=True):
    """Why a whole request was refused, as `application/problem+json` (RFC 9457)."""

    type: str  #: where the code is explained, relative to the project's root
    title: str
    status: int
    code: ProblemCode
    message: str
    fix: str
    field: str = ""  #: dotted path of the field that is wrong, where there is one
    rejected: list[Rejected] = []
    retry_seconds: int = 0  #: as in Retry-After, where it depends on the request


def problem(
    code: ProblemCode,
    message: str = "",
    *,
    field: str = "",
    rejected: list[Rejected] | None = None,
    retry_seconds: int = 0,
) -> Problem:
    """Make the problem of a code; `message` tells more than the usual sentence, and never quotes a value."""
    kind = KINDS[code]
    return Problem(
        type=f"{DOCS}#{code}",
        title=kind.title,
        status=kind.status,
        code=code,
        message=message or kind.message,
        fix=kind.fix,
        field=field,
        rejected=rejected or [],
        retry_seconds=retry_seconds,
    )


def too_large(most_bytes: int) -> Problem:
    """Return that a body is beyond a bound."""
    if most_bytes == MOST_BYTES:
        return problem(ProblemCode.TOO_LARGE)
    return problem(ProblemCode.TOO_LARGE, f"The body is larger than {most_bytes} bytes, on the wire or decompressed.")


_ENCODER = msgspec.json.Encoder()
_CONTENT_TYPE = (b"content-type", b"application/problem+json")


def problem_reply(value: Problem) -> Reply:
    """Turn a problem into a response, with the headers its code brings."""
    retry = ((b"retry-after", str(value.retry_seconds).encode()),) if value.retry_seconds else ()
    return Reply(value.status, (_CONTENT_TYPE, *KINDS[value.code].headers, *retry), _ENCODER.encode(value))
