"""
Page addresses without e-mails, phone numbers and secrets; everything else stays byte for byte.

A clean address, which most are, costs about 2 us: a few searches decide that nothing has to be taken apart.
TikTok reads `ttclid` from the address (tiktok.md 2.7, 8.1), so that parameter is never shortened.
"""

import re
from html import unescape
from urllib.parse import unquote

from twinbeam.pipeline.identity.hashing import Several
from twinbeam.pipeline.identity.hiding import may_hold_run
from twinbeam.pipeline.identity.parameters import SENSITIVE
from twinbeam.pipeline.identity.text import (
    GAPS,
    LONG_RUN,
    MASK,
    OWN_DIGITS,
    decoded,
    exposes,
    has_email,
    has_phone,
    hides,
    own_digits,
)

REDACTED = "redacted"  #: needs no encoding in any part of an address

_NAMES = re.compile(r"[?&;#]([^=&;#?]*)=")
_CLICK_ID = re.compile(r"ttclid=([^&;#]*)")
_USERINFO = re.compile(r"\A((?:[A-Za-z][A-Za-z0-9+.-]*:)?//)[^/]*@")
_QUERY_MARKS = re.compile(r"([&;?])")
_PATH_MARKS = re.compile(r"([/;])")
# '@', a second round of encoding, '=' (parameters inside a parameter), and the full-width forms of '@' and digits.
_HIDING = ("%40", "%25", "%3D", "%3d", "%EF%BC", "%ef%bc", "%u00", "%5C", "%5c", "%26")
_URL_GAPS = GAPS + b"%"  # digits around %20 melt into one run, which is all the first check needs
_CAMPAIGN_ID = b"0" * 16  # TikTok puts ids of 16 digits and more into landing pages; a phone number has at most 15
# Words and one short number: no room for an address, an encoding or a phone number of seven digits. Nothing is given
# back: where two equal classes share a long word, every way of sharing would be tried.
_HARMLESS = re.compile(r"[A-Za-z_.~-]*+(?:\d{1,6}[A-Za-z_.~-]*+)?")
_is_sensitive = SENSITIVE.__getitem__  # judges a name once, and remembers
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|commat|plus|period|percnt);")
_SPOKEN = re.compile(r"(?i:tel|phone|mobile|cell|telephone|msisdn|handy|telefon)")  #: what a path says before a number
_DIGITS = re.compile(r"/[^/;A-Za-z]*[0-9]{3}[^/;A-Za-z]*(?=[/;]|\Z)")  #: a segment of digits and signs
_SPOKEN_DIGITS = 6
_SHORTEST = 6  #: a@b.co


def scrubbed_url(url: str, phones: Several, order_id: str | None = None) -> str:
    """
    Return the address without personal data and secrets.

    `phones` are the visitor's own, as typed; a parameter that is just the event's order id needs no second look.
    """
    doubtful = _doubtful(url, order_id)
    if ";" in doubtful and _ENTITY.search(doubtful):
        url = doubtful = _ENTITY.sub(lambda found: unescape(found[0]), url)  # its own signs cut an address in pieces
    if _is_clean(doubtful) and not may_hold_run(doubtful.encode()):
        return url
    own = own_digits(phones)
    return url if _is_clean(doubtful) and not hides(doubtful, own) else _rebuilt(url, own)


def _doubtful(url: str, order_id: str | None) -> str:
    """Leave out the two long values nearly every address of a shop holds: its order id, and the click id."""
    if order_id and len(order_id) >= OWN_DIGITS:
        value = f"={order_id}"
        url = url.removesuffix(value).replace(f"{value}&", "=&")
    start = url.find("ttclid=")
    if start < 1 or url[start - 1] not in "?&":
        return url
    end = url.find("&", start)
    click_id, rest = (url[start:end], url[end:]) if end > 0 else (url[start:], "")
    return url if "@" in click_id or "%" in click_id or "#" in click_id else url[:start] + rest


def click_id_of(url: str) -> str | None:
    """Return the address's first `ttclid`, still encoded, if it has one."""
    for found in _CLICK_ID.finditer(url):
        if url[found.start() - 1] in "?&;#":
            return found[1]
    return None


def once_decoded(text: str) -> str:
    """Undo one round of percent-encoding, as TikTok asks for its click id (tiktok.md 8.1)."""
    return unquote(text) if "%" in text else text


def _is_clean(url: str) -> bool:
    if _may_expose(url):
        return False
    start = 0 if ";" in url or "#" in url else url.find("?")
    return start < 0 or not any(map(_is_sensitive, _NAMES.findall(url, start)))


def _may_expose(text: str) -> bool:
    if "@" in text or "\\" in text or not text.isascii() or ("%" in text and any(code in text for code in _HIDING)):
        return True
    encoded = text.encode()
    if LONG_RUN not in encoded.translate(MASK, _URL_GAPS):
        return False
    return LONG_RUN in encoded.translate(MASK).replace(_CAMPAIGN_ID, b"").translate(None, _URL_GAPS)


def _rebuilt(url: str, own: tuple[str, ...]) -> str:
    head, hash_mark, fragment = url.partition("#")
    base, question_mark, query = head.partition("?")
    if ";" in base or _may_expose(base) or hides(base, own):
        base = _pieces(_USERINFO.sub(r"\1", base), _PATH_MARKS, own)
        if has_phone(decoded(base), own):  # written with a slash in it
            base = _DIGITS.sub(f"/{REDACTED}", base)
    return "".join(
        (base, question_mark, _pieces(query, _QUERY_MARKS, own), hash_mark, _pieces(fragment, _QUERY_MARKS, own))
    )


def _pieces(text: str, marks: re.Pattern[str], own: tuple[str, ...]) -> str:
    kept, before = [], ""
    for piece in marks.split(text):
        kept.append(_piece(piece, own, before) if len(piece) > 1 else piece)
        before = piece if len(piece) > 1 else before
    return "".join(kept)


def _piece(piece: str, own: tuple[str, ...], before: str) -> str:
    name, equals, value = piece.partition("=")
    if not equals:
        spoken = _SPOKEN.fullmatch(before) and sum(map(str.isdigit, decoded(name))) >= _SPOKEN_DIGITS
        return REDACTED if spoken or _exposes(name, own) else piece
    if name == "ttclid":
        return f"ttclid={REDACTED}" if has_email(decoded(value)) else piece
    if value and (_is_sensitive(name) or _exposes(value, own)):
        value = REDACTED
    if (not name.isidentifier() or hides(name, own)) and _exposes(name, own):
        name = REDACTED
    return f"{name}={value}"


def _exposes(text: str, own: tuple[str, ...]) -> bool:
    if len(text) < _SHORTEST or (_HARMLESS.fullmatch(text) and not hides(text, own)):
        return False
    plain = decoded(text)
    if exposes(text, ()) or ("=" in plain and _nests_secret(plain)):
        return True
    return has_phone(decoded(_spaced(text)) if "+" in text else plain, own)


def _spaced(text: str) -> str:
    # In a query '+' is a space, except where a number starts with it: nobody sends a leading space.
    return text[:1] + text[1:].replace("+", " ")


def _nests_secret(text: str) -> bool:
    return any(map(_is_sensitive, _NAMES.findall(f"?{text}")))
