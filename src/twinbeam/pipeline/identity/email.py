"""
E-mail addresses: trimmed, lower-cased, hashed, and nothing else (tiktok.md 6.1).

Gmail's dots and plus tags stay: TikTok hashes what the visitor typed, so removing them would lose the match.
Only what no address holds is taken off: invisible characters, `mailto:`, brackets and quotes around it.
"""

import re
from unicodedata import category, normalize
from urllib.parse import unquote

from twinbeam.pipeline.identity.characters import legible
from twinbeam.pipeline.identity.hashing import Several, hashed, sha256_hex
from twinbeam.pipeline.identity.notices import Told, Trouble

_EDGE, _INNER = r"[a-z0-9\x80-\U0010ffff]", r"[a-z0-9\x80-\U0010ffff-]"
_LABEL = rf"{_EDGE}(?:{_INNER}{{0,61}}{_EDGE})?"
_LAST = r"(?:[a-z\x80-\U0010ffff]{2,63}|xn--[a-z0-9-]{1,58}[a-z0-9])"
_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~\x80-\U0010ffff-]+"
#: An address that a mail server could know: dots between parts only, a host of labels, letters at its end (RFC 5321).
_ADDRESS = re.compile(rf"(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+{_LAST}")
_MOST_CHARS = 254
#: Two Japanese carriers once gave out addresses with dots side by side or at the end, and people keep them.
_DOTTED = re.compile(r"[a-z0-9_.-]{1,64}@(?:docomo|ezweb)\.ne\.jp")
_NAMED = re.compile(r"[^<>@]*<([^<>]+)>")  # Jane <jane@shop.example>
_AROUND = " \t\r\n\"'<>()[]{};,\u00ab\u00bb\u2018\u2019\u201a\u201c\u201d\u201e\u2039\u203a"
_BEHIND = f"{_AROUND}."


def hashed_email(raw: Several, told: Told) -> Several:
    """Hash one or several addresses as they were typed."""
    if isinstance(raw, str) and (digest := email_digest(raw)):
        return digest
    return hashed(raw, "user.email", told, email_digest, Trouble.EMAIL_INVALID)


def email_digest(text: str) -> str | None:
    """Return the SHA-256 of an address as it was typed, or None for what is not one."""
    address = normal_email(text)
    return sha256_hex(address) if address else None


def normal_email(text: str) -> str | None:
    """Return the form of an address that is hashed, or None for what is not one."""
    address = text.strip().lower()
    if not (address.isascii() and address.isprintable()):
        address = normalize("NFC", legible(address))
    if _is_address(address):
        return address
    address = _alone(address)
    return address if _is_address(address) or _DOTTED.fullmatch(address) else None


def _is_address(text: str) -> bool:
    """Return whether a text has the form of an address, and besides ASCII nothing but letters, marks and digits."""
    if len(text) > _MOST_CHARS or not _ADDRESS.fullmatch(text):
        return False
    return text.isascii() or all(char.isascii() or category(char)[0] in "LMN" for char in text)


def _alone(text: str) -> str:
    """Take off what stands around an address in a link, in a header or in a list."""
    if "%40" in text and "@" not in text:
        text = unquote(text)
    named = _NAMED.fullmatch(text.strip())
    address = (named[1] if named else text).strip(_AROUND).rstrip(_BEHIND)
    if address.startswith("mailto:"):
        address = address.removeprefix("mailto:").partition("?")[0].strip(_AROUND).rstrip(_BEHIND)
    return address
