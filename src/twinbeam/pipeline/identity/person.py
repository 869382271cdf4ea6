"""
External ids, names and address parts, each by TikTok's rule for it (tiktok.md 6.1).

Letters of every script are kept. TikTok's rule asks for lower case and for spaces and punctuation to go; it says
nothing about transliteration, so 'São Paulo' is 'sãopaulo' and '東京' stays. Text is brought to NFC, because one
visible letter may be typed as one code point or as two, and the two would hash differently.

Names lose their blanks too: 'van der Berg' is 'vanderberg'. TikTok's rule for names does not tell, but Segment and
Meta, who make most of the hashes there are, drop them, and TikTok takes Meta's hashes as they are.
"""

import re
from unicodedata import category, normalize

from twinbeam.core.countries import country_code
from twinbeam.pipeline.identity.characters import ascii_digits, is_selector, legible
from twinbeam.pipeline.identity.hashing import HASH_LENGTH, NOTHING, Several, hashed, is_nothing, sha256_hex
from twinbeam.pipeline.identity.notices import Told, Trouble
from twinbeam.pipeline.identity.text import OWN_DIGITS, exposes
from twinbeam.pipeline.identity.us_states import us_state

_ZIP_PLUS_FOUR = re.compile(r"[0-9]{5}-[0-9]{4}")
_US_ZIP = re.compile(r"(?<![0-9])([0-9]{5})(?:[\s-]?[0-9]{4})?(?![0-9])")
_PUNCTUATION = re.compile(r"[^a-z0-9]+")  # of lower-case ASCII
_KEPT = frozenset("LMN")  # letters, marks (vowel signs of Indic scripts among them) and numbers
_COMPATIBLE = "\uf900"  #: from here on letters may be other forms of usual ones
_LONG_MARK = "\u30fc"  # of Japanese, typed for the dash of a postcode
_ENCLOSING = "Me"  # the box around a digit of an emoji


def hashed_external_id(raw: Several, told: Told) -> Several:
    """Hash ids of the shop's own, trimmed, in the case they were given, by one rule for every source."""
    if isinstance(raw, str) and 0 < len(raw) < HASH_LENGTH and not is_nothing(raw):
        return sha256_hex(raw.strip())
    return hashed(raw, "user.external_id", told, sha256_hex, Trouble.VALUE_EMPTY)


def hashed_name(raw: str | None, field: str, told: Told) -> str | None:
    """Hash a first or last name without its blanks and punctuation."""
    if raw is not None and raw.isalpha() and len(raw) < HASH_LENGTH:
        name = normal_name(raw)
        if name not in NOTHING:
            return sha256_hex(name)
    return hashed(raw, field, told, _name_digest, Trouble.VALUE_EMPTY)


def hashed_zip(raw: str | None, country: str | None, told: Told) -> str | None:
    """Hash a postcode; of a US one the first five digits."""
    if raw is None:
        return None
    if country != "us" and raw.isdecimal() and raw.isascii() and raw != "0" and len(raw) < HASH_LENGTH:
        return sha256_hex(raw)
    united_states = country == "us" or (country is None and _ZIP_PLUS_FOUR.fullmatch(raw.strip()) is not None)
    digest, trouble = (_us_zip_digest, Trouble.ZIP_INVALID) if united_states else (_zip_digest, Trouble.VALUE_EMPTY)
    return hashed(raw, "user.zip_code", told, digest, trouble)


def plain_country(raw: str | None, told: Told) -> str | None:
    """Return the lower-case two-letter code, however the country was written."""
    if raw is None:
        return None
    code = country_code(raw) or country_code(legible(raw))
    if code is None:
        told.append(("user.country", Trouble.VALUE_EMPTY if is_nothing(raw) else Trouble.COUNTRY_INVALID))
        return None
    return code.lower()


def plain_city(raw: str | None, told: Told) -> str | None:
    """Return a city in lower case without spaces and punctuation."""
    return None if raw is None else _place(raw, normal_city(raw), "user.city", told)


def plain_state(raw: str | None, country: str | None, told: Told) -> str | None:
    """Return a state or province in lower case; a US one as its two letters or not at all."""
    if raw is None:
        return None
    state = " ".join(normalize("NFC", legible(raw).lower()).split())
    if country == "us" and not is_nothing(raw):
        state = us_state(state) or ""
        if not state:
            told.append(("user.state", Trouble.PLACE_PERSONAL if exposes(raw, ()) else Trouble.STATE_INVALID))
            return None
    return _place(raw, state, "user.state", told)


def normal_name(text: str) -> str:
    """Return the form of a name that is hashed: lower case, letters, marks and digits only, NFC."""
    if text.isascii():
        return text.lower() if text.isalpha() else _PUNCTUATION.sub("", text.lower())
    if text.isalpha() and max(text) < _COMPATIBLE:
        return normalize("NFC", text.lower())
    return _letters(text)


def normal_city(text: str) -> str:
    """Return a city as it is sent: lower case, letters, marks and digits only, NFC."""
    return normal_name(text)


def normal_zip(text: str) -> str:
    """Return a postcode in lower case, letters and digits only, the digits as ASCII."""
    if text.isascii():
        return text.lower() if text.isalnum() else _PUNCTUATION.sub("", text.lower())
    return _letters(ascii_digits(legible(text)).replace(_LONG_MARK, "-"))


def _letters(text: str) -> str:
    return normalize("NFC", "".join(filter(_is_kept, normalize("NFC", legible(text).lower()))))


def _is_kept(char: str) -> bool:
    kind = category(char)
    return kind[0] in _KEPT and kind != _ENCLOSING and not is_selector(char)


def _name_digest(text: str) -> str | None:
    name = normal_name(text)
    return None if is_nothing(name) else sha256_hex(name)


def _zip_digest(text: str) -> str | None:
    code = normal_zip(text)
    return None if is_nothing(code) else sha256_hex(code)


def _us_zip_digest(text: str) -> str | None:
    """Hash the five digits that a text holds, also behind the state; of two such codes neither is certain."""
    found = _US_ZIP.findall(ascii_digits(legible(text)))
    return sha256_hex(found[0]) if len(found) == 1 else None


def _place(raw: str, place: str, field: str, told: Told) -> str | None:
    if raw.isalpha() and place not in NOTHING:
        return place  # nothing but letters, small ones by now: whatever was encoded in them is lost
    if is_nothing(raw) or is_nothing(place):
        told.append((field, Trouble.VALUE_EMPTY))
        return None
    if "@" in raw or exposes(raw, ()) or (not place.isalpha() and sum(map(str.isdigit, place)) >= OWN_DIGITS):
        told.append((field, Trouble.PLACE_PERSONAL))
        return None
    return place
