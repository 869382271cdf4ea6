"""
What TikTok's answers mean: the one table from (HTTP status, TikTok's code) to a verdict. Pure.

The `code` in the body decides, whatever the HTTP status says: errors come with status 200, and rate limiting comes
as 401 (tiktok.md 4.2). The status counts only where there is no readable envelope. Whoever is at fault decides
the meaning: the events (Refused), the access to the event source (TokenRejected), or nobody and nothing that sending
something else would change (TryLater). An answer that is not understood is never taken for a delivery, nor for a loss.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum, auto
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from twinbeam.core.delivery import Accepted, Answered, Refused, TokenRejected, TryLater, Verdict

MESSAGE_LIMIT = 500  # characters of a message that the attempt log keeps
REQUEST_ID_LIMIT = 100  # characters; seen are 34 (tiktok.md 4.1)


class Meaning(Enum):
    """What an answer is about."""

    TAKEN = auto()  #: the whole batch is with TikTok
    EVENTS = auto()  #: something in the batch is refused: split it until the culprit stands alone
    ACCESS = auto()  #: token, permission, account or event source: the events wait until a person has mended it
    LATER = auto()  #: busy or broken over there
    SETUP = auto()  #: the request as such cannot work, or makes no sense here: wait too, and a person should look


_PLATFORM_TROUBLE = range(50_000, 60_000)  # tiktok.md 4.3: 50000-53103 are all system, RPC, database and maintenance

#: tiktok.md 4.2 and 4.3. The official "no retry" of codes that no event causes is answered by waiting: nothing is lost.
CODES: Mapping[int, Meaning] = {
    0: Meaning.TAKEN,
    # PARTIAL_OK is undocumented for events and names nobody. Sending the halves again does no harm within 48 hours
    # (same event ids, tiktok.md 7.1), proves which events are taken, and leaves the others as dead letters.
    20001: Meaning.EVENTS,
    40000: Meaning.EVENTS,  # INVALID_PARAMS
    40001: Meaning.ACCESS,  # PERMISSION_ERROR: no permission for the event source
    40002: Meaning.EVENTS,  # PARAM_ERROR: one bad event, or more than 1,000
    40003: Meaning.ACCESS,  # FORBIDDEN
    40006: Meaning.SETUP,  # VERSION_ERROR
    40007: Meaning.ACCESS,  # NOT_EXIST: what a whole batch shares is its event source
    40008: Meaning.SETUP,  # NOT_IMPL
    40009: Meaning.SETUP,  # UNSUPPORTED_IN_SANDBOX
    40010: Meaning.SETUP,  # UNSUPPORTED_DOMAIN
    40011: Meaning.EVENTS,  # ID_LIMIT_EXCEED: fewer in a request may pass
    40012: Meaning.SETUP,  # NO_UPDATE
    40013: Meaning.ACCESS,  # SANDBOX_ADV_NOT_EXIST
    40014: Meaning.SETUP,  # INVALID_CLUSTER
    40016: Meaning.LATER,  # BIZ_FC_ERROR, a rate limit
    40050: Meaning.EVENTS,  # DUPLICATED_REQUEST: its halves are other requests; alone it is kept for a person
    40051: Meaning.SETUP,  # INVALID_API_VERSION
    40052: Meaning.SETUP,
    40053: Meaning.SETUP,
    40061: Meaning.EVENTS,  # INVALID_BATCH_SIZE
    40062: Meaning.EVENTS,  # PII_NOT_HASHED
    40063: Meaning.SETUP,  # INVALID_PARTNER_NAME: stands at the root, no event causes it
    40100: Meaning.LATER,  # REQUEST_TOO_FREQUENT: rate limiting, with HTTP 401 or 200
    **dict.fromkeys(range(40_101, 40_111), Meaning.ACCESS),  # tokens, grants and the partner
    **dict.fromkeys(range(40_112, 40_123), Meaning.ACCESS),  # the app, its methods, allow-lists, the advertiser
    **dict.fromkeys(range(40_124, 40_132), Meaning.ACCESS),  # the developer, scopes
    40132: Meaning.LATER,  # REQUEST_FREQUENCY_LIMITED
    40133: Meaning.LATER,
    40200: Meaning.SETUP,  # GENERAL_TASK_ERROR
    40201: Meaning.LATER,  # TASK_NOT_READY
    40202: Meaning.LATER,  # WRITE_CONFLICT
    40300: Meaning.ACCESS,  # ADVERTISER_NOT_EXIST
    40301: Meaning.ACCESS,  # ADVERTISER_ROLE_ERROR
    40302: Meaning.ACCESS,
    40309: Meaning.ACCESS,  # REQUIRE_LOGIN
    40400: Meaning.SETUP,  # ROUTE_NOT_FOUND
    40502: Meaning.SETUP,  # AD_NUMBER_LIMIT
    40700: Meaning.EVENTS,  # RPC_VALIDATION_ERROR
    **dict.fromkeys(range(40_900, 40_917), Meaning.SETUP),  # files and URLs of audience uploads
    41000: Meaning.ACCESS,  # BLOCKED
    41001: Meaning.SETUP,  # INTERFACE_OFFLINE
    41002: Meaning.SETUP,  # FIELDS_OFFLINE
    **dict.fromkeys(_PLATFORM_TROUBLE, Meaning.LATER),
    60001: Meaning.LATER,  # maintenance
    61000: Meaning.LATER,  # TOO_MANY_REQUESTS_BL
    70001: Meaning.SETUP,
}

#: The codes with which TikTok refuses a token, or its right to an event source.
ACCESS_CODES = frozenset(code for code, meaning in CODES.items() if meaning is Meaning.ACCESS)

#: Codes with which TikTok certainly did not take the batch: no permission, bad parameter, too frequent, bad token.
NOT_TAKEN: frozenset[int] = frozenset({40001, 40002, *range(40_100, 40_110)})

#: Codes with which TikTok refuses a request as one too many.
TOO_MANY: frozenset[int] = frozenset({40016, 40100, 40132, 61000})

_TOO_MANY_STATUS = 429
_TOO_LARGE = 413  # said by a proxy that never reads the body: a smaller batch passes
_PASSING = frozenset({408, 425, 429, *range(500, 600)})  # statuses that mend themselves

#: How messages name an event of a batch: `data.3.event_time: ...`, `data[3]...` and `Batch.3.properties...`
#: (tiktok.md 3.3, 4.4). It stands where nothing of a sender's can stand before it; a lie costs one request.
_NAMED = re.compile(r"\b(?:data|batch)(?:\.([0-9]{1,4})(?![0-9])|\[([0-9]{1,4})\])", re.IGNORECASE)

_SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]{1,3})?")


class Envelope(Struct):
    """The part of TikTok's answer that is read (tiktok.md 4.1); `code` fits the column that keeps it."""

    code: Annotated[int, Meta(ge=0, le=2**31 - 1)]
    message: Any = ""
    request_id: Any = ""


_ENVELOPE = msgspec.json.Decoder(Envelope)


def verdict(status: int, body: bytes, headers: Mapping[str, str]) -> Verdict:
    """Return what an answer means; raises nothing, whatever the bytes."""
    answer = _answered(status, body)
    match meaning(answer):
        case Meaning.TAKEN:
            return Accepted(answer)
        case Meaning.EVENTS:
            return Refused(answer, named=named_first(answer.message))
        case Meaning.ACCESS:
            return TokenRejected(answer)
        case Meaning.LATER | Meaning.SETUP:
            return TryLater(
                answer,
                retry_after_seconds=_retry_after(headers),
                arrived=answer.code not in NOT_TAKEN,
                unknown=answer.code is not None and answer.code not in CODES,
                too_many=_is_too_many(answer),
            )


def meaning(answer: Answered) -> Meaning:
    """Look an answer up: by its code, and by its HTTP status only when it has none."""
    if answer.code is not None:
        return CODES.get(answer.code, Meaning.SETUP)
    if answer.status == _TOO_LARGE:
        return Meaning.EVENTS
    return Meaning.LATER if answer.status in _PASSING else Meaning.SETUP


def _is_too_many(answer: Answered) -> bool:
    return answer.status == _TOO_MANY_STATUS if answer.code is None else answer.code in TOO_MANY


def needs_a_look(answer: Answered) -> bool:
    """Return whether a person should see this answer: nobody knows it, or the way we ask cannot be right."""
    return meaning(answer) is Meaning.SETUP or answer.code == 20001


def named_first(message: str) -> int | None:
    """Return the position in the batch that a message names first, or None."""
    found = _NAMED.search(message)
    return int(found[1] or found[2]) if found else None


def readable(text: object) -> str:
    """Cut a message to what the attempt log keeps: one line of at most 500 printable characters."""
    return _clean(text, MESSAGE_LIMIT)


def _answered(status: int, body: bytes) -> Answered:
    try:
        envelope = _ENVELOPE.decode(body)
    except (ValueError, RecursionError):  # not JSON, not UTF-8, no code, or nested to break readers
        return Answered(status=status, message=f"HTTP {status} without a readable answer, {len(body)} bytes")
    return Answered(
        status=status,
        code=envelope.code,
        message=readable(envelope.message),
        request_id=_clean(envelope.request_id, REQUEST_ID_LIMIT),
    )


def _clean(text: object, limit: int) -> str:
    """Keep what every store and terminal can take; a value that is not text is left out."""
    if not isinstance(text, str):
        return ""
    return "".join(character if character.isprintable() else " " for character in text[:limit])


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """
    Read Retry-After (RFC 9110 10.2.3) as seconds, or None.

    A date is taken against the Date of the same answer, so that no clock of ours is part of it.
    """
    named = {name.lower(): value for name, value in headers.items()}
    asked = named.get("retry-after", "").strip()
    if _SECONDS.fullmatch(asked):
        return float(asked)
    until, now = _date(asked), _date(named.get("date", ""))
    return max(0.0, (until - now).total_seconds()) if until and now else None


def _date(text: str) -> datetime | None:
    try:
        parsed = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError, IndexError):  # what the standard library raises on odd dates
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
