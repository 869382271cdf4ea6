"""
What the Marketing API's answers mean: from (HTTP status, TikTok's code) to what can be wrong. Pure.

As for events the `code` in the body decides, whatever the HTTP status says: code and status 200 go together here, and
rate limiting may come as 401 (tiktok.md 4.2). The status counts only where there is no readable envelope.
"""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from twinbeam.core.accounts import AccountProblem, AccountTrouble
from twinbeam.integrations.tiktok.text import one_line

_PLATFORM_TROUBLE = range(50_000, 60_000)  # tiktok.md 4.3
_LONGEST_WAIT_SECONDS = 3_600.0  #: an hour; what asks for more is asked again then

#: tiktok.md 4.3, by its names; a code that is not here is not understood.
CODES: Mapping[int, AccountProblem] = {
    40001: AccountProblem.NO_PERMISSION,  # PERMISSION_ERROR
    40003: AccountProblem.NO_PERMISSION,  # FORBIDDEN
    40007: AccountProblem.NO_PERMISSION,  # NOT_EXIST: here an ad account
    40013: AccountProblem.NO_PERMISSION,  # SANDBOX_ADV_NOT_EXIST
    40016: AccountProblem.RATE_LIMITED,  # BIZ_FC_ERROR
    40100: AccountProblem.RATE_LIMITED,  # REQUEST_TOO_FREQUENT
    40101: AccountProblem.APP_FORBIDDEN,  # INVALID_PARTNER
    40102: AccountProblem.TOKEN_REVOKED,  # ACCESS_TOKEN_EXPIRE
    40103: AccountProblem.TOKEN_REVOKED,  # REFRESH_TOKEN_EXPIRE
    40104: AccountProblem.TOKEN_REVOKED,  # EMPTY_ACCESS_TOKEN
    40105: AccountProblem.TOKEN_REVOKED,  # INVALID_ACCESS_TOKEN
    40106: AccountProblem.TOKEN_REVOKED,  # INVALID_CORE_USER
    40107: AccountProblem.TOKEN_REVOKED,  # INVALID_REFRESH_TOKEN
    40110: AccountProblem.CODE_USED,  # AUTH_CODE_ERROR
    **dict.fromkeys((40112, 40113, 40115, 40117), AccountProblem.APP_FORBIDDEN),  # the app, or its right to the method
    40114: AccountProblem.TOKEN_REVOKED,  # ADVERTISER_LOGOUT
    40118: AccountProblem.APP_FORBIDDEN,  # NOT_IN_WHITELIST
    **dict.fromkeys((40124, 40125), AccountProblem.APP_FORBIDDEN),  # DEVELOPER_REJECTED, DEVELOPER_NO_PERMISSION
    40130: AccountProblem.APP_FORBIDDEN,  # SCOPE_NOT_AUTHORIZED
    40132: AccountProblem.RATE_LIMITED,  # REQUEST_FREQUENCY_LIMITED
    40133: AccountProblem.RATE_LIMITED,
    40300: AccountProblem.NO_PERMISSION,  # ADVERTISER_NOT_EXIST
    40301: AccountProblem.NO_PERMISSION,  # ADVERTISER_ROLE_ERROR
    40302: AccountProblem.NO_PERMISSION,
    40309: AccountProblem.TOKEN_REVOKED,  # REQUIRE_LOGIN
    41000: AccountProblem.APP_FORBIDDEN,  # BLOCKED
    **dict.fromkeys(_PLATFORM_TROUBLE, AccountProblem.TIKTOK_TROUBLE),
    51021: AccountProblem.RATE_LIMITED,  # too many requests
    60001: AccountProblem.TIKTOK_TROUBLE,  # maintenance
    61000: AccountProblem.RATE_LIMITED,  # TOO_MANY_REQUESTS_BL
}

_TOO_MANY = 429
_PASSING = frozenset({408, 425, *range(500, 600)})  # statuses that mend themselves


class _Envelope(Struct):
    """The body of an answer (tiktok.md 4.1); what is not in it is not missed."""

    code: Annotated[int, Meta(ge=0, le=2**31 - 1)]
    message: Any = ""
    data: Any = None


_ENVELOPE = msgspec.json.Decoder(_Envelope)


def verdict(status: int, body: bytes, headers: Mapping[str, str]) -> dict[str, Any] | AccountTrouble:
    """Return the data of an answer, or what is wrong; raises nothing, whatever the bytes."""
    try:
        envelope = _ENVELOPE.decode(body)
    except (ValueError, RecursionError):  # not JSON, not UTF-8, no code, or nested to break readers
        return _without_envelope(status, len(body), headers)
    if envelope.code == 0:
        return envelope.data if isinstance(envelope.data, dict) else {}
    problem = CODES.get(envelope.code, AccountProblem.NOT_UNDERSTOOD)
    return AccountTrouble(problem, one_line(f"{envelope.code} {one_line(envelope.message)}"), _retry_after(headers))


def _without_envelope(status: int, length: int, headers: Mapping[str, str]) -> AccountTrouble:
    detail = f"HTTP {status} without a readable answer, {length} bytes"
    if status == _TOO_MANY:
        return AccountTrouble(AccountProblem.RATE_LIMITED, detail, _retry_after(headers))
    return AccountTrouble(AccountProblem.TIKTOK_TROUBLE if status in _PASSING else AccountProblem.MALFORMED, detail)


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Read Retry-After in seconds (RFC 9110 10.2.3), an hour at most; a date of it is left to the back-off."""
    asked = {name.lower(): value for name, value in headers.items()}.get("retry-after", "").strip()
    if not (asked.isascii() and asked.isdecimal()) or len(asked) > 9:
        return None
    return min(float(asked), _LONGEST_WAIT_SECONDS)
