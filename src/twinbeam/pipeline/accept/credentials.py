"""
Find the key in a request, and say whether it may do what is asked.

The key comes as `Authorization: Bearer`, as the user name of `Authorization: Basic` (as Segment's libraries
send it), as `X-Write-Key` where a proxy needs Authorization for itself, or as `?key=` from `sendBeacon`,
which can set no header.
"""

import binascii
from collections.abc import Mapping

from msgspec import Struct

from twinbeam.core.values import KeyKind
from twinbeam.pipeline.accept.asgi import Headers
from twinbeam.pipeline.accept.directory import AccessKey, Directory
from twinbeam.pipeline.accept.problems import Problem, ProblemCode, problem


class Presented(Struct, frozen=True, gc=False):
    """A key as the request shows it."""

    text: str
    in_url: bool = False


def presented(headers: Headers, query: bytes) -> Presented | None:
    """Return the key a request carries, or None; headers win over the URL."""
    authorization = headers.get(b"authorization")
    if authorization is not None:
        return _authorized(authorization)

    write_key = headers.get(b"x-write-key")
    if write_key is not None:
        return Presented(write_key.decode("latin-1"))
    return _queried(query) if query else None


def may_write(given: Presented | None, directory: Directory) -> AccessKey | Problem:
    """Let browser and server keys through."""
    return _admit(given, directory, _NOT_TO_WRITE)


def may_read(given: Presented | None, directory: Directory) -> AccessKey | Problem:
    """Let read keys through, and operate keys."""
    return _admit(given, directory, _NOT_TO_READ)


def may_operate(given: Presented | None, directory: Directory) -> AccessKey | Problem:
    """Let operate keys through."""
    return _admit(given, directory, _NOT_TO_OPERATE)


_NOT_TO_WRITE = {
    KeyKind.READ: ProblemCode.READ_KEY_CANNOT_WRITE,
    KeyKind.OPERATE: ProblemCode.READ_KEY_CANNOT_WRITE,
}
_NOT_TO_OPERATE = dict.fromkeys(set(KeyKind) - {KeyKind.OPERATE}, ProblemCode.KEY_CANNOT_OPERATE)
_NOT_TO_READ = {
    KeyKind.BROWSER: ProblemCode.WRITE_KEY_CANNOT_READ,
    KeyKind.SERVER: ProblemCode.WRITE_KEY_CANNOT_READ,
}


def _admit(
    given: Presented | None, directory: Directory, forbidden: Mapping[KeyKind, ProblemCode]
) -> AccessKey | Problem:
    if given is None:
        return problem(ProblemCode.MISSING_KEY)

    key = directory.find(given.text)
    if key is None:
        return problem(ProblemCode.INVALID_WRITE_KEY)
    if given.in_url and key.kind is not KeyKind.BROWSER:
        return problem(ProblemCode.SECRET_KEY_IN_URL)
    return problem(forbidden[key.kind]) if key.kind in forbidden else key


def _authorized(authorization: bytes) -> Presented | None:
    scheme, _, rest = authorization.partition(b" ")
    match scheme.lower():
        case b"bearer":
            return Presented(rest.strip().decode("latin-1"))
        case b"basic":
            return _user_name(rest)
        case _:
            return None


def _user_name(encoded: bytes) -> Presented | None:
    try:
        decoded = binascii.a2b_base64(encoded)
    except binascii.Error:
        return None
    return Presented(decoded.partition(b":")[0].decode("latin-1"))


def _queried(query: bytes) -> Presented | None:
    """Take the first `key=`; keys are URL-safe, so there is nothing to unescape."""
    for part in query.split(b"&"):
        if part.startswith(b"key="):
            return Presented(part[4:].decode("latin-1"), in_url=True)
    return None
