"""
Passwords: which may be chosen, and their argon2id hashes.

A hash takes some 50 ms and 64 MiB on purpose (RFC 9106, the second recommended choice): never on the event loop.
"""

from functools import cache
from typing import TYPE_CHECKING

from twinbeam.admin.errors import Invalid

if TYPE_CHECKING:
    from argon2 import PasswordHasher

LEAST_CHARS = 10
MOST_CHARS = 200  #: more would only be work for the hash
_LEAST_DIFFERENT = 5


def check(password: str, name: str) -> None:
    """Raise Invalid where a password is too easy to guess, or too long."""
    if len(password) < LEAST_CHARS:
        raise Invalid(f"Choose a password of at least {LEAST_CHARS} characters; four words in a row are good.")
    if len(password) > MOST_CHARS:
        raise Invalid(f"Choose a password of at most {MOST_CHARS} characters.")
    if len(set(password)) < _LEAST_DIFFERENT or (name and password.casefold().strip() == name.casefold()):
        raise Invalid("This password is too easy to guess. Choose another one; four words in a row are good.")


def hashed(password: str) -> str:
    """Return the hash of a password, with its salt and costs."""
    return _hasher().hash(password)


def matches(password_hash: str, password: str) -> bool:
    """Return whether a hash is a password's; for no hash it takes as long and is False."""
    from argon2.exceptions import InvalidHashError, VerificationError  # noqa: PLC0415 -- only where somebody signs in

    password = password[: MOST_CHARS + 1]  # nobody has a longer one, and it takes as long to say so
    try:
        _hasher().verify(password_hash or _nobodys_hash(), password)
    except (VerificationError, InvalidHashError):
        return False
    return bool(password_hash)


@cache
def _hasher() -> "PasswordHasher":
    from argon2 import PasswordHasher  # noqa: PLC0415 -- only where somebody signs in

    return PasswordHasher()


@cache
def _nobodys_hash() -> str:
    """Return a hash to compare with where there is no user, so that the answer takes as long."""
    return _hasher().hash("nobody's password")
