"""
External ids, names and address parts, each by TikTok's rule for it (tiktok.md 6.1).

Letters of every script are kept. TikTok's rule asks for lower case and for spaces and punctuation to go; it says
nothing about transliteration, so 'São Paulo' is 'sãopaulo' and '東京' stays. Text is brought to NFC, because one
visible letter may be typed as one code point or as two, and the two would hash differently.
"""

import re
from unicodedata import category, normalize

from twinbeam.pipeline.identity.hashing import HASH_LENGTH, NOTHING, Several, hashed, is_nothing, sha256_hex
from twinbeam.pipeline.identity.notices import Told, Trouble
from twinbeam.pipeline.identity.text import OWN_DIGITS
from twinbeam.pipeline.identity.us_states import US_STATES

_COUNTRY = re.compile(r"[A-Za-z]{2}")
_COUNTRY_SLIPS = {"uk": "gb"}  # written everywhere, yet ISO 3166 says GB
_ZIP_PLUS_FOUR = re.compile(r"[0-9]{5}-[0-9]{4}")
_PUNCTUATION = re.compile(r"[^a-z0-9\s]+")  # of lower-case ASCII
_KEPT = frozenset("LMN")  # letters, marks (vowel signs of Indic scripts among them) and numbers


def hashed_external_id(raw: Several, told: Told) -> Several:
    """Hash ids of the shop's own, trimmed, in the case they were given, by one rule for every source."""
    if isinstance(raw, str) and 0 < len(raw) < HASH_LENGTH and (text := raw.strip()).lower() not in NOTHING:
        return sha256_hex(text)
    return hashed(raw, "user.external_id", told, sha256_hex, Trouble.VALUE_EMPTY)


def hashed_name(raw: str | None, field: str, told: Told) -> str | None:
    """Hash a first or last name without its punctuation."""
    if raw is not None and raw.isalpha() and len(raw) < HASH_LENGTH:
        name = normal_name(raw)
        if name not in NOTHING:
            return sha256_hex(name)
    return hashed(raw, field, told, _name_digest, Trouble.VALUE_EMPTY)


def hashed_zip(raw: str | None, country: str | None, told: Told) -> str | None:
    """Hash a postcode; of a US one the first five digits."""
    if raw is None:
        return None
    if country != "us" and raw.isdecimal() and raw.isascii() and raw not in NOTHING and len(raw) < HASH_LENGTH:
        return sha256_hex(raw)
    united_states = country == "us" or (country is None and _ZIP_PLUS_FOUR.fullmatch(raw.strip()) is not None)
    digest = _us_zip_digest if united_states else _zip_digest
    return hashed(raw, "user.zip_code", told, digest, Trouble.VALUE_EMPTY)


def plain_country(raw: str | None, told: Told) -> str | None:
    """Give the lower-case two-letter code."""
    if raw is None:
        return None
    text = raw.strip()
    if not _COUNTRY.fullmatch(text):
        told.append(("user.country", Trouble.VALUE_EMPTY if is_nothing(text) else Trouble.COUNTRY_INVALID))
        return None
    code = text.lower()
    return _COUNTRY_SLIPS.get(code, code)


def plain_city(raw: str | None, told: Told) -> str | None:
    """Give a city in lower case without spaces and punctuation."""
    return None if raw is None else _place(raw, normal_city(raw), "user.city", told)


def plain_state(raw: str | None, country: str | None, told: Told) -> str | None:
    """Give a state or province in lower case; a US one as its two letters."""
    if raw is None:
        return None
    state = normalize("NFC", raw.strip().lower())
    if country == "us":
        state = US_STATES.get(state.removeprefix("us-"), state.removeprefix("us-"))
    return _place(raw, state, "user.state", told)


def normal_name(text: str) -> str:
    """Give the form of a name that is hashed: lower case, no punctuation, single spaces between words."""
    if text.isalpha():
        return _word(text)
    if text.isascii():
        return " ".join(_PUNCTUATION.sub("", text.lower()).split())
    return " ".join(filter(None, map(_letters, text.lower().split())))


def normal_city(text: str) -> str:
    """Give a city as it is sent: lower case, letters, marks and digits only, NFC."""
    return _word(text) if text.isalpha() else _letters(text.lower())


def normal_zip(text: str) -> str:
    """Give a postcode in lower case, without spaces and dashes."""
    return "".join(text.lower().replace("-", "").split())


def _word(text: str) -> str:
    """Give the form of text that is nothing but letters: what `_letters` would, without a look at each."""
    return text.lower() if text.isascii() else normalize("NFC", text.lower())


def _letters(text: str) -> str:
    return normalize("NFC", "".join([char for char in text if category(char)[0] in _KEPT]))


def _name_digest(text: str) -> str | None:
    name = normal_name(text)
    return sha256_hex(name) if name else None


def _zip_digest(text: str) -> str | None:
    code = normal_zip(text)
    return sha256_hex(code) if code else None


def _us_zip_digest(text: str) -> str | None:
    return _zip_digest(normal_zip(text)[:5])


def _place(raw: str, place: str, field: str, told: Told) -> str | None:
    if not place or is_nothing(place):
        told.append((field, Trouble.VALUE_EMPTY))
        return None
    if "@" in raw or (not place.isalpha() and sum(map(str.isdigit, place)) >= OWN_DIGITS):
        told.append((field, Trouble.PLACE_PERSONAL))
        return None
    return place
