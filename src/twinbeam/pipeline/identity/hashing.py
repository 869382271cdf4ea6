"""
SHA-256 as TikTok wants it, and how a value that is already hashed, or is no value at all, is told apart.

Sources: tiktok.md 6.1 (which fields), 6.3 (what counts as already hashed).
"""

import re
from collections.abc import Callable
from hashlib import sha256
from typing import overload

from twinbeam.pipeline.identity.notices import Told, Trouble

#: What senders write when they have nothing. One such hash would join thousands of strangers into one person.
NOTHING = frozenset({"", "0", "null", "none", "undefined", "nan", "n/a"})
#: The same in brackets or quotes, and what a template that was never filled in leaves behind.
_PLACEHOLDER = re.compile(
    r"[\s()\[\]{}<>\"'`]*(?:0|null|none|undefined|nan|n/a|object object)[\s()\[\]{}<>\"'`]*"
    r"|\{\{.*\}\}|\{%.*%\}|\$\{.*\}|%%.*%%|<%.*%>|__[a-z0-9_]+__",
    re.DOTALL,
)
_LONGEST_WORD = max(map(len, NOTHING))

#: One or several values of a field, as typed or as digests.
Several = str | list[str] | None

#: Turns one trimmed value into the digest that is sent, or None where the value cannot be used.
Digest = Callable[[str], str | None]

HASH_LENGTH = 64  #: a SHA-256 in hexadecimal; anything shorter is no hash
_HASHED = re.compile(r"[A-Fa-f0-9]{64}")


def sha256_hex(text: str) -> str:
    """Return the SHA-256 of the UTF-8 bytes as 64 lower-case hexadecimal digits."""
    return sha256(text.encode()).hexdigest()


def _spellings(word: str) -> set[str]:
    return {word, word.upper(), word.title(), "NaN" if word == "nan" else word}


#: Whoever hashes before sending hashes the word as it stands, so every usual spelling is listed.
NOTHING_HASHED = frozenset(
    sha256_hex(spelling) for word in (*NOTHING, "(null)", "[object Object]") for spelling in _spellings(word)
)


def is_nothing(text: str) -> bool:
    """Return whether a text only says that there is no value: a word for it, a placeholder, or no letter or digit."""
    if len(text) > _LONGEST_WORD and text[0].isalnum() and not text[-1].isspace():
        return False
    word = text.strip()
    if not word:
        return True
    if word[0].isalnum():
        return len(word) <= _LONGEST_WORD and word.lower() in NOTHING
    return _PLACEHOLDER.fullmatch(word.lower()) is not None or not any(map(str.isalnum, word))


def is_hashed(text: str) -> bool:
    """Return whether a text is a SHA-256 in hexadecimal, in either case (tiktok.md 6.3)."""
    return len(text) == HASH_LENGTH and _HASHED.fullmatch(text) is not None


@overload
def hashed(raw: str | None, field: str, told: Told, digest: Digest, trouble: Trouble) -> str | None: ...
@overload
def hashed(raw: Several, field: str, told: Told, digest: Digest, trouble: Trouble) -> Several: ...
def hashed(raw: Several, field: str, told: Told, digest: Digest, trouble: Trouble) -> Several:
    """
    Return the digests of one or several values: in order, none twice, a single one as a string.

    What is hashed already passes in lower case; what cannot be used is left out and told.
    """
    if isinstance(raw, list):
        found = dict.fromkeys([hashed(one, field, told, digest, trouble) for one in raw])
        values = [value for value in found if value is not None]
        return values if len(values) > 1 else next(iter(values), None)
    if raw is None:
        return None
    text = raw.strip()
    if is_nothing(text):
        told.append((field, Trouble.VALUE_EMPTY))
        return None
    if len(text) == HASH_LENGTH and is_hashed(text):
        return _passed(text.lower(), field, told)
    value = digest(text)
    if value is None:
        told.append((field, trouble))
    return value


def _passed(text: str, field: str, told: Told) -> str | None:
    if text in NOTHING_HASHED:
        told.append((field, Trouble.VALUE_EMPTY))
        return None
    return text
