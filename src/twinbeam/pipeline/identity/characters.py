"""
Characters that nobody sees or that only look different: taken out or written as usual before anything is hashed.

A zero-width space from a copied e-mail, the selector behind a heart, a postcode in full-width digits: each would
give another hash than what the visitor typed elsewhere.
"""

from unicodedata import category, decimal, normalize

#: Full-width forms of ASCII, as Japanese and Chinese keyboards write them, and the blank that goes with them.
_USUAL = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: ord(" ")}
#: What chooses how the character before it is drawn: variation selectors, also those of Mongolian and of supplements.
_SELECTORS = frozenset({*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0), *range(0x180B, 0x1810)})
_UNSEEN = frozenset({"Cc", "Cf", "Co", "Cn"})  # controls, formats such as U+200B and U+FEFF, and what means nothing


def legible(text: str) -> str:
    """Return text as it is read: nothing invisible in it, full-width letters and digits as usual ones, NFC, trimmed."""
    if text.isascii() and text.isprintable():
        return text.strip()
    return normalize("NFC", "".join(filter(_is_seen, text.translate(_USUAL)))).strip()


def ascii_digits(text: str) -> str:
    """Write the decimal digits of every script as 0 to 9."""
    return text if text.isascii() else "".join([str(decimal(char, char)) for char in text])


def is_selector(char: str) -> bool:
    """Return whether a character only chooses how another one is drawn."""
    return ord(char) in _SELECTORS


def _is_seen(char: str) -> bool:
    return char.isspace() or not (category(char) in _UNSEEN or is_selector(char))
