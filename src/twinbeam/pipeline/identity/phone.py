"""
Phone numbers: to E.164 with the leading '+', then hashed (tiktok.md 6.1), if such a number can exist.

Most senders write E.164 or something close, and a national number needs the country of the visitor; the numbering
plans settle both in about 2 us. What is left is for libphonenumber's parser, about 60 us, so its answer is remembered.
Every answer is a number that libphonenumber calls valid: a wrong hash would match nobody and hide the mistake.
"""

import re
from functools import partial

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat

from twinbeam.pipeline.identity.hashing import Several, hashed, sha256_hex
from twinbeam.pipeline.identity.national import (
    calling_code_of,
    dials_00,
    plain_e164,
    plain_national_e164,
    trunk_of,
)
from twinbeam.pipeline.identity.notices import Told, Trouble

REMEMBERED = 8_192  #: answers kept, about 2 MB

_E164 = re.compile(r"\+[1-9][0-9]{5,14}")
_SEPARATORS = re.compile(r"[\s().\-/\u2010-\u2015]+")
_INTERNATIONAL = re.compile(r"\(?(\+|00)")
_PLUS = re.compile(r"[^\w+\uff0b]*(?:tel:)?[^\w+\uff0b]*[+\uff0b]", re.IGNORECASE)  # whatever stands before the number
_DIGIT = re.compile(r"\d")


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
        """Hash one or several numbers; `country` is the visitor's two letters, if known: XK too, which ISO has not."""
        if raw is None:
            return None
        if isinstance(raw, str) and raw.startswith("+") and raw.isascii() and raw[1:].isdecimal() and plain_e164(raw):
            return sha256_hex(raw)
        return hashed(raw, "user.phone", told, partial(self._digest, country=country), Trouble.PHONE_UNRESOLVABLE)

    def _digest(self, text: str, country: str | None) -> str | None:
        region = self._region(country)
        plain = easy_e164(text, region) or plain_national_e164(text, region)
        return self._remembered(text, region) if plain is None else sha256_hex(plain)

    def _region(self, country: str | None) -> str | None:
        region = country.strip().upper() if country else None
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


def easy_e164(text: str, region: str | None = None) -> str | None:
    """Return the number where its writing and the plans settle it: '+44 7911-123456', '0049 151...'."""
    if not _INTERNATIONAL.match(text) or "(0)" in text:
        return None
    number = _SEPARATORS.sub("", text)
    if number.startswith("00"):
        if region and not dials_00(number, region):
            return None  # dialled there, it may be something else
        number = f"+{number[2:]}"
    return plain_e164(number) if _E164.fullmatch(number) else None


def hard_e164(text: str, region: str | None) -> str | None:
    """
    Ask libphonenumber for the one valid number that a text can be; `region` (ISO 3166) is for one that shows none.

    Without a plus there are several readings: as dialled in the region, with 00 for the plus, and with the region's
    own country code in front, as shop systems store it. Where a region has a trunk prefix, digits that begin with
    its country code instead are such a number. Two readings that stay are two people, so neither is taken.
    """
    text = text.replace("_", "-")
    if _PLUS.match(text):
        return _written(_read(text, None))
    digit = _DIGIT.search(text)
    if digit is None:
        return None
    rest = text[digit.start() :]
    dialled, code = _read(text, region), calling_code_of(region)
    readings = {_written(dialled), _without_zero(dialled), _written(_read(f"+{code}{rest}", None)) if code else None}
    digits = phonenumbers.normalize_digits_only(rest)
    if digits.startswith("00"):
        readings.add(_written(_read(f"+{_SEPARATORS.sub('', rest)[2:]}", None)))
    if region and digits.startswith(code):
        coded = _written(_read(f"+{rest}", None))
        if coded and trunk_of(region):
            return coded
        readings.add(coded)
    readings.discard(None)
    return readings.pop() if len(readings) == 1 else None


def _read(text: str, region: str | None) -> PhoneNumber | None:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_valid_number(number) else None


def _written(number: PhoneNumber | None) -> str | None:
    return None if number is None else phonenumbers.format_number(number, PhoneNumberFormat.E164)


def _without_zero(number: PhoneNumber | None) -> str | None:
    """Return the other number that a leading zero may stand for, where both can exist: a trunk prefix or a digit."""
    if number is None or not number.italian_leading_zero:
        return None
    other = PhoneNumber(country_code=number.country_code, national_number=number.national_number)
    return _written(other) if phonenumbers.is_valid_number(other) else None
