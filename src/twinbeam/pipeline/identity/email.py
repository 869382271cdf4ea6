"""
E-mail addresses: trimmed, lower-cased, hashed, and nothing else (tiktok.md 6.1).

Gmail's dots and plus tags stay: TikTok hashes what the visitor typed, so removing them would lose the match.
"""

import re

from twinbeam.pipeline.identity.hashing import Several, hashed, sha256_hex
from twinbeam.pipeline.identity.notices import Told, Trouble

#: Wide on purpose: it has to tell an address from a name or a placeholder, not to prove that it receives mail.
_ADDRESS = re.compile(r"[^\s@,;<>\"()]{1,64}@[^\s@,;<>\"()]{1,190}\.[^\s@.,;<>\"()]{2,63}")


def hashed_email(raw: Several, told: Told) -> Several:
    """Hash one or several addresses as they were typed."""
    if isinstance(raw, str) and (digest := email_digest(raw)):
        return digest
    return hashed(raw, "user.email", told, email_digest, Trouble.EMAIL_INVALID)


def email_digest(text: str) -> str | None:
    """Give the SHA-256 of an address as it was typed, or None for what is not one."""
    address = text.strip().lower()
    return sha256_hex(address) if _ADDRESS.fullmatch(address) else None
