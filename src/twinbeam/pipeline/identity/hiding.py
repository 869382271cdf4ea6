"""
Encodings in which an e-mail address or phone number passes by a search for it: undone before anything is searched.

Percent-encoding, HTML entities and escapes of JavaScript are written for what they stand for, full-width forms as
usual ones, and what nobody sees is taken out. Base64 (so JWTs too) and hexadecimal are told apart run by run.
"""

import re
from binascii import Error, a2b_base64
from collections.abc import Iterator
from html import unescape
from urllib.parse import unquote

from twinbeam.pipeline.identity.characters import legible

_ROUNDS = 4  #: a link inside a link inside a text is encoded again each time
_ESCAPE = re.compile(r"(?:\\|%)u([0-9A-Fa-f]{4})|\\x([0-9A-Fa-f]{2})")
_MARKS = ("%", "&", "\\")
_RUN = re.compile(r"[A-Za-z0-9+/_-]{8,}")
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+")
_URL_SAFE = str.maketrans("-_", "+/")
_LONGEST_RUN = 4_096  #: characters; tokens are shorter
_SHORTEST_RUN = 8  #: a@b.co in base64
_SHORTEST_HEX = 12
_BASE64 = (b"aA", b"zA", b"0A")  #: by class


def _class_of(byte: int) -> int:
    """Sort a byte: a capital, a digit, a small letter, a sign of base64 that is none of hexadecimal, or neither."""
    char = chr(byte)
    if char in "ABCDEFGHIJKLMNOPQRSTUVWXYZ":
        return ord("A")
    if char in "0123456789":
        return ord("0")
    if char in "abcdef":
        return ord("a")
    return ord("z") if char in "ghijklmnopqrstuvwxyz+_-" else ord(" ")


#: Sorts all bytes of a text at once; '/' ends a run, since addresses are full of it and ASCII in base64 has none.
_CLASSES = bytes(map(_class_of, range(256)))
#: Leaves of bytes that are no text only their ASCII, so that chance makes no letters.
_ASCII_ONLY = bytes(byte if 0x20 <= byte < 0x7F else 0x20 for byte in range(256))


def unhidden(text: str) -> str:
    """Return text with its encodings undone, as it is read; equal to the text where there are none."""
    for _ in range(_ROUNDS):
        if not any(mark in text for mark in _MARKS):
            break
        decoded = _ESCAPE.sub(_character, unescape(unquote(text)))
        if decoded == text:
            break
        text = decoded
    return text if text.isascii() and text.isprintable() else legible(text)


def is_marked(text: str) -> bool:
    """Return whether some sign of a text may stand for another one."""
    return not text.isascii() or any(mark in text for mark in _MARKS)


def may_hold_run(encoded: bytes) -> bool:
    """
    Return, in about a microsecond, whether anything in a text may be base64 or hexadecimal of an address.

    In base64 capitals follow small letters and digits; hexadecimal mixes digits and letters from a to f.
    """
    classes = encoded.translate(_CLASSES)
    if (b"aA" in classes or b"zA" in classes or b"0A" in classes) and any(map(_is_base64, classes.split())):
        return True
    return (b"0a" in classes or b"a0" in classes) and any(map(_is_hexadecimal, classes.split()))


def _is_base64(run: bytes) -> bool:
    return len(run) >= _SHORTEST_RUN and any(pair in run for pair in _BASE64)


def _is_hexadecimal(run: bytes) -> bool:
    return len(run) >= _SHORTEST_HEX and not run.strip(b"a0") and b"a" in run and b"0" in run


def may_hide_in(encoded: bytes) -> bool:
    """Return whether a whole JSON value may have something to decode."""
    if b"%" in encoded or b"&" in encoded or b"\\" in encoded or not encoded.isascii():
        return True
    return may_hold_run(encoded)


def runs(text: str) -> Iterator[re.Match[str]]:
    """Find what may be base64 or hexadecimal."""
    return (run for run in _RUN.finditer(text) if may_hold_run(run[0].encode()))


def readings(run: str) -> Iterator[str]:
    """Yield what a run of base64 or hexadecimal may say, wherever in it the encoding begins."""
    run = run[:_LONGEST_RUN]
    if _HEX.fullmatch(run):
        yield _readable(bytes.fromhex(run))
    plain = run.translate(_URL_SAFE)
    for start in range(4):
        yield _readable(_of_base64(plain[start:]))


def _of_base64(text: str) -> bytes:
    whole = text[:-1] if len(text) % 4 == 1 else text
    try:
        return a2b_base64(whole + "=" * (-len(whole) % 4))
    except Error:
        return b""


def _readable(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.translate(_ASCII_ONLY).decode()


def _character(found: re.Match[str]) -> str:
    character = chr(int(found[1] or found[2], 16))
    return character if character.isprintable() else found[0]
