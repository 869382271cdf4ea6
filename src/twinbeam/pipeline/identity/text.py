"""
E-mail addresses and phone numbers inside other text: finding them, and taking them out.

Every check has a cheap first half, because nearly all text is clean. A phone number is recognised by how it is
written (a leading '+' or 00, a trunk zero, grouped digits) or because it is the visitor's own. A bare run of ten
digits is not enough: time stamps, ISBNs and article numbers look the same.
"""

import re
from collections.abc import Callable
from urllib.parse import unquote

from twinbeam.pipeline.identity.hashing import Several, is_hashed
from twinbeam.pipeline.identity.hiding import is_marked, may_hide_in, may_hold_run, readings, runs, unhidden

REDACTED = "[redacted]"
OWN_DIGITS = 7  #: the last digits of a phone number are the same in every way to write it

# The local part is bounded (64 by RFC 5321), otherwise a long text without a match costs quadratic time.
_LOCAL = r"[^\s@\uff20,;:<>\"()\[\]{}|\\/?&=]"
_AT = ("@", "%40", "\uff20")  # plain, percent-encoded, full-width
_HOST = f"(?:{'|'.join(_AT)})" + r"(?:[\w%-]{1,63}\.){1,8}[^\W\d_][\w%-]{1,62}"
_HAS_EMAIL = re.compile(f"(?<={_LOCAL}){_HOST}")
_EMAIL = re.compile(f"{_LOCAL}{{1,64}}{_HOST}")

_PHONE = re.compile(
    r"""
      \+[ (]{0,2}[1-9](?:GAP\d){7,14}(?!\d)        # +44 7911 123456: 8 to 15 digits
    | (?<![A-Za-z_\d])(?<!\d[.\-/])                # the others start on their own, not inside a longer number
      (?:
        00[ ]?[1-9](?:GAP\d){8,14}(?!\d)           # 0049 151 2345678
      | 0[1-9]\d{9,10}(?!\d)                       # 07911123456, 017612345678; one digit less may be an ISBN
      | (?!\d{1,2}[./\-]\d{1,2}[./\-]\d{2,4}\b)    # 01.02.2026 12:30 is a date
        \(?0(?=[1-9]\d{0,4}[ .\-()/])(?:GAP\d){9,11}(?!\d)             # 0151 2345678, (020) 7946-0958
      | (?:1[ .\-])?(?:\([2-9]\d\d\)[ .\-]{0,2}|[2-9]\d\d[ .\-])\d{3}[ .\-]?\d{4}(?!\d)  # (213) 373-4253
      )
    """.replace("GAP", r"[ .\-()/]{0,3}"),
    re.VERBOSE,
)
_ONE_INTERNATIONAL = re.compile(r"(?<![A-Za-z_\d])\+[ (]{0,2}[1-9](?:[ .\-()/]{0,3}\d){7,14}(?!\d)")
_RUN = re.compile(r"\d(?:[ .\-()/]{0,3}\d){6,}")

# How the same number is written in other scripts: digits, and the signs between them, one for one.
_ZEROS = "\u0660\u06f0\u0966\u09e6\u0e50\uff10"  # Arabic, Persian, Devanagari, Bengali, Thai, full-width
_ASCII = {ord(zero) + value: str(value) for zero in _ZEROS for value in range(10)}
_ASCII |= dict.fromkeys(map(ord, "\xa0\u202f\u3000"), " ") | dict.fromkeys(range(0x2010, 0x2016), "-")
_ASCII |= {ord(wide): chr(ord(wide) - 0xFEE0) for wide in "\uff0b\uff0d\uff08\uff09"}
_FOREIGN_DIGITS = (b"\xef\xbc", b"\xd9", b"\xdb", b"\xe0\xa5", b"\xe0\xa7", b"\xe0\xb9")  # their first bytes

# All digits become '0' and what separates groups of digits goes, so seven zeros in a row may be a phone number.
MASK = bytes(ord("0") if char in b"0123456789" else char for char in range(256))
GAPS = b" .-()/+" + bytes(range(0x80, 0x100))
LONG_RUN = b"0" * OWN_DIGITS


def own_digits(phones: Several) -> tuple[str, ...]:
    """Return what all spellings of the visitor's own numbers have in common: their last digits."""
    written = [phones] if isinstance(phones, str) else phones or []
    runs = [_digits(phone.translate(_ASCII)) for phone in written if not is_hashed(phone.strip())]
    return tuple(run[-OWN_DIGITS:] for run in runs if len(run) >= OWN_DIGITS)


def has_email(text: str) -> bool:
    """Return whether a text holds something shaped like an e-mail address."""
    return any(sign in text for sign in _AT) and _HAS_EMAIL.search(text) is not None


def has_phone(text: str, own: tuple[str, ...]) -> bool:
    """Return whether a text holds something written like a phone number, or a number of the visitor's own."""
    return may_hold_phone(text.encode()) and bool(_phone_spans(text, own))


def has_international_phone(text: str) -> bool:
    """Return whether a text holds a phone number with its leading '+', the one form no other number has."""
    return ("+" in text or "\uff0b" in text) and _ONE_INTERNATIONAL.search(text.translate(_ASCII)) is not None


def may_hold_personal(encoded: bytes) -> bool:
    """Return, in about a microsecond, whether any text inside a whole JSON value has to be looked at."""
    return b"@" in encoded or may_hold_phone(encoded) or may_hide_in(encoded)


def may_hold_phone(encoded: bytes) -> bool:
    """Return, in a fraction of a microsecond, whether UTF-8 text has enough digits for a phone number."""
    if LONG_RUN in encoded.translate(MASK, GAPS):
        return True
    return not encoded.isascii() and any(first in encoded for first in _FOREIGN_DIGITS)


def without_personal(text: str, own: tuple[str, ...]) -> str:
    """Return the text with each e-mail address and phone number replaced by one mark, however it is encoded."""
    text = _without_phones(without_emails(text), own)
    plain = unhidden(text) if is_marked(text) else text
    if plain != text and has_phone(plain, own):
        text = _without_phones(plain, own)
    return _without_runs(text, lambda said: has_email(said) or has_phone(said, own))


def without_emails(text: str) -> str:
    """Return the text with each e-mail address replaced by one mark, however it is encoded."""
    text = _EMAIL.sub(REDACTED, text) if has_email(text) else text
    plain = unhidden(text) if is_marked(text) else text
    if plain != text and has_email(plain):
        text = _EMAIL.sub(REDACTED, plain)
    return _without_runs(text, has_email)


def exposes(text: str, own: tuple[str, ...]) -> bool:
    """Return whether a text holds an e-mail address or phone number, however it is encoded."""
    if has_email(text) or has_phone(text, own):
        return True
    if is_marked(text) and (plain := unhidden(text)) != text:
        return exposes(plain, own)
    return hides(text, own)


def hides(text: str, own: tuple[str, ...]) -> bool:
    """Return whether a run of base64 or hexadecimal in a text says an e-mail address or phone number."""
    if not may_hold_run(text.encode()):
        return False
    return any(_says(run[0], lambda said: has_email(said) or has_phone(said, own)) for run in runs(text))


def decoded(text: str) -> str:
    """Undo percent-encoding; up to three times, because a link inside a link is encoded again."""
    for _ in range(3):
        if "%" not in text:
            break
        text = unquote(text)
    return text


def _without_phones(text: str, own: tuple[str, ...]) -> str:
    return _redacted(text, _phone_spans(text, own)) if may_hold_phone(text.encode()) else text


def _without_runs(text: str, is_personal: Callable[[str], bool]) -> str:
    if not may_hold_run(text.encode()):
        return text
    return _redacted(text, [run.span() for run in runs(text) if _says(run[0], is_personal)])


def _says(run: str, is_personal: Callable[[str], bool]) -> bool:
    """Return whether any reading of a run is personal; one that is encoded twice over too."""
    for said in readings(run):
        if is_personal(said):
            return True
        whole = said.isprintable()  # it was encoded, and may have been before
        if whole and is_marked(said) and is_personal(unhidden(said)):
            return True
        if whole and any(is_personal(inner) for again in runs(said) for inner in readings(again[0])):
            return True
    return False


def _digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))


def _phone_spans(text: str, own: tuple[str, ...]) -> list[tuple[int, int]]:
    plain = text if text.isascii() else text.translate(_ASCII)
    spans = [found.span() for found in _PHONE.finditer(plain)]
    if own:
        spans += [run.span() for run in _RUN.finditer(plain) if _is_own(run[0], own)]
    return spans


def _is_own(run: str, own: tuple[str, ...]) -> bool:
    digits = _digits(run)
    return any(tail in digits for tail in own)


def _redacted(text: str, spans: list[tuple[int, int]]) -> str:
    kept, end = [], 0
    for start, stop in sorted(spans):
        if start >= end:
            kept += [text[end:start], REDACTED]
        end = max(end, stop)
    return "".join((*kept, text[end:]))
