"""
E-mail addresses and phone numbers inside other text: finding them, and taking them out.

Every check has a cheap first half, because nearly all text is clean. A phone number is recognised by how it is
written (a leading '+' or 00, a trunk zero, grouped digits) or because it is the visitor's own. A bare run of ten
digits is not enough: time stamps, ISBNs and article numbers look the same.
"""

import re
from urllib.parse import unquote

from twinbeam.pipeline.identity.hashing import is_hashed

REDACTED = "[redacted]"
OWN_DIGITS = 7  #: the last digits of a phone number are the same in every way to write it

# The local part is bounded (64 by RFC 5321), otherwise a long text without a match costs quadratic time.
_LOCAL = r"[^\s@\uff20,;:<>\"()\[\]{}|\\/?&=]"
_HOST = r"[@\uff20](?:[\w-]{1,63}\.){1,8}[^\W\d_][\w-]{1,62}"
_HAS_EMAIL = re.compile(f"(?<={_LOCAL}){_HOST}")
_EMAIL = re.compile(f"{_LOCAL}{{1,64}}{_HOST}")

_PHONE = re.compile(
    r"""
      \+[ (]{0,2}[1-9](?:GAP\d){7,14}(?!\d)        # +44 7911 123456: 8 to 15 digits
    | (?<![A-Za-z_\d])(?<!\d[.\-/])                # the others start on their own, not inside a longer number
      (?:
        00[ ]?[1-9](?:GAP\d){8,14}(?!\d)           # 0049 151 2345678
      | 0[1-9]\d{9}(?!\d)                          # 07911123456; one digit less may be an ISBN
      | (?!\d{1,2}[./\-]\d{1,2}[./\-]\d{2,4}\b)    # 01.02.2026 12:30 is a date
        \(?0(?=[1-9]\d{0,4}[ .\-()/])(?:GAP\d){9,11}(?!\d)             # 0151 2345678, (020) 7946-0958
      | (?:1[ .\-])?(?:\([2-9]\d\d\)[ .\-]{0,2}|[2-9]\d\d[ .\-])\d{3}[ .\-]?\d{4}(?!\d)  # (213) 373-4253
      )
    """.replace("GAP", r"[ .\-()/]{0,3}"),
    re.VERBOSE,
)
_ONE_INTERNATIONAL = re.compile(r"(?<![A-Za-z_\d])\+[ (]{0,2}[1-9](?:[ .\-()/]{0,3}\d){7,14}(?!\d)")
_RUN = re.compile(r"\d(?:[ .\-()/]{0,3}\d){6,}")

# All digits become '0' and what separates groups of digits goes, so seven zeros in a row may be a phone number.
MASK = bytes(ord("0") if char in b"0123456789" else char for char in range(256))
GAPS = b" .-()/+"
LONG_RUN = b"0" * OWN_DIGITS


def own_digits(phones: str | list[str] | None) -> tuple[str, ...]:
    """Give what all spellings of the visitor's own numbers have in common: their last digits."""
    written = [phones] if isinstance(phones, str) else phones or []
    runs = [_digits(phone) for phone in written if not is_hashed(phone.strip())]
    return tuple(run[-OWN_DIGITS:] for run in runs if len(run) >= OWN_DIGITS)


def has_email(text: str) -> bool:
    """Tell whether a text holds something shaped like an e-mail address."""
    return ("@" in text or "\uff20" in text) and _HAS_EMAIL.search(text) is not None


def has_phone(text: str, own: tuple[str, ...]) -> bool:
    """Tell whether a text holds something written like a phone number, or a number of the visitor's own."""
    if not may_hold_phone(text):
        return False
    return _PHONE.search(text) is not None or any(_is_own(run, own) for run in _RUN.finditer(text))


def has_international_phone(text: str) -> bool:
    """Tell whether a text holds a phone number with its leading '+', the one form no other number has."""
    return "+" in text and _ONE_INTERNATIONAL.search(text) is not None


def may_hold_phone(text: str) -> bool:
    """Tell in a fraction of a microsecond that a text has too few digits for a phone number."""
    if text.isascii():
        return LONG_RUN in text.encode().translate(MASK, GAPS)
    return _RUN.search(text) is not None


def may_hold_personal(encoded: bytes) -> bool:
    """Tell of a whole JSON value whether any text in it has to be looked at."""
    if b"@" in encoded:
        return True
    if encoded.isascii():
        return LONG_RUN in encoded.translate(MASK, GAPS)
    text = encoded.decode()
    return "\uff20" in text or _RUN.search(text) is not None


def without_personal(text: str, own: tuple[str, ...]) -> str:
    """Give the text with each e-mail address and phone number replaced by one mark."""
    text = without_emails(text)
    if not may_hold_phone(text):
        return text
    text = _PHONE.sub(REDACTED, text)
    return _RUN.sub(lambda run: REDACTED if _is_own(run, own) else run[0], text) if own else text


def without_emails(text: str) -> str:
    """Give the text with each e-mail address replaced by one mark."""
    return _EMAIL.sub(REDACTED, text) if has_email(text) else text


def decoded(text: str) -> str:
    """Undo percent-encoding; up to three times, because a link inside a link is encoded again."""
    for _ in range(3):
        if "%" not in text:
            break
        text = unquote(text)
    return text


def _digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))


def _is_own(run: re.Match[str], own: tuple[str, ...]) -> bool:
    digits = _digits(run[0])
    return any(tail in digits for tail in own)
