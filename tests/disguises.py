"""
E-mail addresses and phone numbers in disguise, and a search that sees through every disguise.

It shares no code with the gateway: what it undoes it undoes by itself, again and again, in bytes of any kind.
"""

import base64
import html
import json
import re
from collections.abc import Iterator, Mapping
from unicodedata import normalize
from urllib.parse import quote, unquote_to_bytes

_WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
_ARABIC = {ord("0") + value: 0x0660 + value for value in range(10)}


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _url_safe(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _jwt(text: str) -> str:
    claims = json.dumps({"iss": "shop", "sub": text, "iat": 1_790_000_000})
    return ".".join((_url_safe('{"alg":"HS256","typ":"JWT"}'), _url_safe(claims), _url_safe("no signature")))


def _escaped(text: str) -> str:
    return "".join(f"\\u{ord(char):04x}" for char in text)


def _all_percent(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


#: Every disguise that either may wear.
_BOTH = {
    "plain": str,
    "percent": lambda text: quote(text, safe=""),
    "all percent": _all_percent,
    "double percent": lambda text: quote(quote(text, safe=""), safe=""),
    "triple percent": lambda text: quote(quote(quote(text, safe=""), safe=""), safe=""),
    "base64": _base64,
    "base64 without its end": lambda text: _base64(text).rstrip("="),
    "base64url": _url_safe,
    "base64 of base64": lambda text: _base64(_base64(text)),
    "base64 of percent": lambda text: _base64(quote(text, safe="")),
    "base64 in percent": lambda text: quote(_base64(text), safe=""),
    "base64 behind a word": lambda text: f"user_{_url_safe(text)}",
    "base64 of an object": lambda text: _base64(json.dumps({"id": 7, "who": text})),
    "hexadecimal": lambda text: text.encode().hex(),
    "capital hexadecimal": lambda text: text.encode().hex().upper(),
    "JWT": _jwt,
    "entities": lambda text: "".join(f"&#{ord(char)};" for char in text),
    "hexadecimal entities": lambda text: "".join(f"&#x{ord(char):X};" for char in text),
    "escapes": _escaped,
    "old escapes": lambda text: "".join(f"%u{ord(char):04X}" for char in text),
    "escapes in percent": lambda text: quote(_escaped(text), safe=""),
    "full-width": lambda text: text.translate(_WIDE),
    "full-width in percent": lambda text: quote(text.translate(_WIDE), safe=""),
    "a link in a link": lambda text: quote(
        f"https://a.example/?to={quote(f'https://b.example/?x={quote(text)}')}", safe=""
    ),
    "soft hyphens": lambda text: "\u00ad".join((text[:4], text[4:])),
}
EMAILS = _BOTH | {
    "capitals": str.upper,
    "NFD": lambda text: normalize("NFD", text.replace("quirren", "quirr\u00ebn")),
    "NFD host": lambda text: normalize("NFD", text.replace("beispiel", "b\u00e9ispiel")),
    "one entity": lambda text: text.replace("@", "&#64;"),
    "named entity": lambda text: text.replace("@", "&commat;"),
    "one escape": lambda text: text.replace("@", "\\u0040"),
    "zero width": lambda text: text.replace("@", "\u200b@\u200b").replace(".", ".\u2060"),
    "mailto": lambda text: f"mailto:{text}?subject=hi",
    "in words": lambda text: f"Ada <{text}>, please",
}
PHONES = _BOTH | {
    "national": lambda text: f"0{text[3:]}",
    "national in groups": lambda text: f"0{text[3:6]} {text[6:9]}-{text[9:]}",
    "national in base64": lambda text: _base64(f"0{text[3:]}"),
    "00": lambda text: f"00{text[1:]}",
    "brackets": lambda text: f"({text[:3]}) {text[3:6]}/{text[6:]}",
    "no-break spaces": lambda text: f"{text[:3]}\u00a0{text[3:6]}\u00a0{text[6:]}",
    "Arabic digits": lambda text: text.translate(_ARABIC),
    "one entity": lambda text: text.replace("+", "&#43;"),
}

_RUNS = re.compile(rb"[A-Za-z0-9+/_-]{8,}")
_HEX = re.compile(rb"(?:[0-9A-Fa-f]{2}){6,}")
_UNICODE = re.compile(r"(?:\\|%)u([0-9A-Fa-f]{4})")
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_MOST_DEPTH = 3


def found_in(data: bytes, needles: Mapping[str, str]) -> set[str]:
    """Give the names of all needles (regular expressions on lower-case text) that data holds in any disguise."""
    seen: set[str] = set()
    for text in _views(data, 0):
        plain = _UNSEEN.sub("", normalize("NFKC", text)).lower()
        bare = "".join(char for char in normalize("NFKD", plain) if char.isascii())
        digits = re.sub(r"[\s().\-/]", "", "".join(str(int(char)) if char.isdecimal() else char for char in plain))
        seen |= {found for found in needles if needles[found] in bare or needles[found] in digits}
    return seen


def _views(data: bytes, depth: int) -> Iterator[str]:
    """Give data as text, and whatever is encoded in it as text too."""
    for encoding in ("utf-8", "utf-16-le") if depth == 0 else ("utf-8",):
        text = data.decode(encoding, errors="replace")
        yield text
        plain = _undone(text)
        if plain != text:
            yield plain
    if depth < _MOST_DEPTH:
        for source in {data, _undone(data.decode(errors="replace")).encode()}:
            for inner in _inner(source):
                if any(_is_text(part) for part in re.findall(rb"[ -~\x80-\xff]{6,}", inner)):
                    yield from _views(inner, depth + 1)


def _undone(text: str) -> str:
    for _ in range(5):
        decoded = unquote_to_bytes(text.encode(errors="replace")).decode(errors="replace")
        decoded = _UNICODE.sub(lambda found: chr(int(found[1], 16)), html.unescape(decoded))
        if decoded == text:
            return text
        text = decoded
    return text


def _inner(data: bytes) -> Iterator[bytes]:
    for run in _HEX.findall(data):
        yield bytes.fromhex(run.decode())
    for run in _RUNS.findall(data):
        plain = run.translate(bytes.maketrans(b"-_", b"+/"))[:4_096]
        for start in range(4):
            part = plain[start:]
            part = part[:-1] if len(part) % 4 == 1 else part
            yield base64.b64decode(part + b"=" * (-len(part) % 4))


def _is_text(part: bytes) -> bool:
    """Tell what may be words from what chance makes; a search of chance would never end."""
    ascii_ = sum(0x20 <= byte < 0x7F for byte in part)
    return ascii_ >= 0.6 * len(part)
