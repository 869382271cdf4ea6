"""
Phone numbers: to E.164 with the leading '+', then hashed (tiktok.md 6.1).

Most senders write E.164 or something close, which a pattern settles in under a microsecond. A national number
needs the country of the visitor and its numbering plan, about 2 us. What is left is for libphonenumber's parser,
about 30 us, so its answer is remembered.
"""

import re
from functools import partial

import phonenumbers

from twinbeam.pipeline.identity.hashing import Several, hashed, sha256_hex
from twinbeam.pipeline.identity.national import plain_national_e164
from twinbeam.pipeline.identity.notices import Told, Trouble

REMEMBERED = 8_192  #: answers kept, about 2 MB

# A country code, then a national number that does not start with the trunk zero: '+44 07911...' is a common slip,
# while Italian numbers keep their zero, so whatever shows a zero there is left to libphonenumber. No country code
# begins with another, so '+4407...' cannot be read in a second way. The plans of +1 and +7 have ten digits.
_E164 = re.compile(
    r"\+(?=[0-9]{8,15}\Z)(?:[17][2-9][0-9]{9}|"
    r"(?:2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]"
    r"|2[1-689][0-9]|3[578][0-9]|42[0-9]|5[09][0-9]|6[789][0-9]|8[0578][0-9]|9[67][0-9]|99[2-8])"
    r"[1-9][0-9]{5,})"
)
_SEPARATORS = re.compile(r"[\s().\-/\u2010-\u2015]+")
_INTERNATIONAL = re.compile(r"\(?(\+|00)")


class Phones:
    """
    Resolves phone numbers for one process and remembers the answers to hard ones.

    The memory is bounded (least recently used goes first) and holds no number: its keys are Python's per-process
    salted 64-bit hashes, its values the digests that are sent anyway.
    """

    def __init__(self, default_region: str | None) -> None:
        self._default_region = default_region.upper() if default_region else None
        self._known: dict[int, str | None] = {}

    def hashed(self, raw: Several, country: str | None, told: Told) -> Several:
        """Hash one or several numbers; `country` is the visitor's two-letter code, if known."""
        if isinstance(raw, str) and _E164.fullmatch(raw):
            return sha256_hex(raw)
        if raw is None:
            return None
        return hashed(raw, "user.phone", told, partial(self._digest, country=country), Trouble.PHONE_UNRESOLVABLE)

    def _digest(self, text: str, country: str | None) -> str | None:
        easy = easy_e164(text)
        if easy is not None:
            return sha256_hex(easy)
        region = self._region(country)
        plain = plain_national_e164(text, region)
        return self._remembered(text, region) if plain is None else sha256_hex(plain)

    def _region(self, country: str | None) -> str | None:
        region = country.upper() if country else None
        return region if region in phonenumbers.SUPPORTED_REGIONS else self._default_region

    def _remembered(self, text: str, region: str | None) -> str | None:
        key = hash((text, region))
        digest = self._known.pop(key, "")
        if digest == "":
            number = hard_e164(text, region)
            digest = None if number is None else sha256_hex(number)
            if len(self._known) >= REMEMBERED:
                del self._known[next(iter(self._known))]
        self._known[key] = digest
        return digest


def easy_e164(text: str) -> str | None:
    """Give the number where its writing alone settles it: '+447911123456', '+44 7911-123456', '0049 151...'."""
    if _E164.fullmatch(text):
        return text
    if not _INTERNATIONAL.match(text) or "(0)" in text:
        return None
    compact = _SEPARATORS.sub("", text)
    number = f"+{compact[2:]}" if compact.startswith("00") else compact
    return number if _E164.fullmatch(number) else None


def hard_e164(text: str, region: str | None) -> str | None:
    """Ask libphonenumber, reading a number without country code as one of the region (ISO 3166, upper case)."""
    written = _INTERNATIONAL.sub("+", text, count=1) if text.startswith(("00", "(00")) else text
    try:
        number = phonenumbers.parse(written, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
