"""
Understand numbers that senders write as text, where they can be read in one way only.

`149.97`, `20,50` and `1.299,90` can. `1.299` may be a price or a thousand times as much, so nobody guesses.
"""

import re
from decimal import Decimal
from unicodedata import category

_WHOLE = re.compile(r"[+-]?\d{1,15}")
_POINTED = re.compile(r"([+-]?\d{1,15})[.,](\d{1,10})")
#: Thousands by points, commas, blanks or apostrophes, then what is left behind the other sign.
_GROUPED = re.compile(r"([+-]?\d{1,3}(?:([., '])\d{3})(?:\2\d{3}){0,4})(?:(?!\2)([.,])(\d{1,10}))?")
_LAKHS = re.compile(r"([+-]?\d{1,2}(?:,\d{2}){1,5},\d{3})(?:\.(\d{1,10}))?")  # 1,29,900.00 as in India
_BLANKS = str.maketrans(dict.fromkeys("\xa0\u2009\u202f\u2007", " ") | {"\u2019": "'", "\u2212": "-"})
_USUAL = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_LONGEST = 40
_THOUSAND = 3  #: digits of a group


def number_in(text: str, currency: str = "") -> float | int | None:
    """Return the number a text holds, beside the sign or code of its currency at most; None where it is not certain."""
    if len(text) > _LONGEST:
        return None
    digits = "".join(char for char in text.translate(_USUAL) if category(char) != "Sc")
    written = _without_code(digits.translate(_BLANKS).strip(), currency)
    if not written.isascii():
        return None
    if _WHOLE.fullmatch(written):
        return int(written)
    pointed = _POINTED.fullmatch(written)
    if pointed:
        return None if _may_be_thousands(*pointed.groups()) else _exact(*pointed.groups())
    grouped = _GROUPED.fullmatch(written)
    if grouped:
        return _exact(grouped[1], grouped[4] or "")
    lakhs = _LAKHS.fullmatch(written)
    return _exact(lakhs[1], lakhs[2] or "") if lakhs else None


def _without_code(text: str, currency: str) -> str:
    if not currency:
        return text
    return re.sub(rf"\A{re.escape(currency)}\s*|\s*{re.escape(currency)}\Z", "", text, flags=re.IGNORECASE)


def _may_be_thousands(whole: str, rest: str) -> bool:
    digits = whole.lstrip("+-")
    return len(rest) == _THOUSAND and len(digits) <= _THOUSAND and digits.strip("0") != "" and digits[0] != "0"


def _exact(whole: str, rest: str) -> float | int:
    digits = re.sub(r"[., ']", "", whole)
    return float(Decimal(f"{digits}.{rest}")) if rest else int(digits)
