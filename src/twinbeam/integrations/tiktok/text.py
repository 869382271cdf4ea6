"""Texts and ids as TikTok writes them, made fit for tables, terminals and pages."""

import re

MOST_CHARS = 200
_ID = re.compile(r"[A-Za-z0-9_.-]{1,64}")


def one_line(value: object) -> str:
    """Return a text as one line of at most 200 printable characters; what is no text is left out."""
    if not isinstance(value, str):
        return ""
    return "".join(each if each.isprintable() else " " for each in value[:MOST_CHARS]).strip()


def identifier(value: object) -> str:
    """Return an id, which TikTok writes as text and others as a number; "" for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value) if 0 <= value < 10**30 else ""
    return value if isinstance(value, str) and _ID.fullmatch(value) else ""
