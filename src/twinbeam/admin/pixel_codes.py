"""What the code of a pixel and the id of an event set look like, and what is said of anything else."""

import re

#: tiktok.md 2.1: a pixel's code is 20 upper-case letters and digits; ids, of pixels and event sets, are digits.
_CODE = re.compile(r"(?![0-9]+$)[A-Z0-9]{20}")
_CODE_LENGTH = 20
_SET_ID = re.compile(r"[0-9]{4,40}")
_EXAMPLE = "C4A5B6C7D8E9F0G1H2I3"


def why_no_code(code: str, event_source: str) -> str:
    """Return what is wrong with the code of a pixel or the id of an event set, and what it should be; "" if nothing."""
    if event_source != "web":
        return "" if _SET_ID.fullmatch(code) else _no_set_id(event_source)
    return "" if _CODE.fullmatch(code) else _no_code(code)


def _no_set_id(event_source: str) -> str:
    return (
        f"this is not the id of an event set ({event_source}): it has digits only, such as 7412345678901234567. "
        "For a pixel leave --source out."
    )


def _no_code(code: str) -> str:
    shape = f"{_CODE_LENGTH} capital letters and digits, such as {_EXAMPLE}"
    if code.isdecimal() and code.isascii():
        return (
            f"this is the pixel's numeric id; the code is the {_CODE_LENGTH}-character text beside it in TikTok's "
            f"Events Manager, such as {_EXAMPLE}. For an event set add --source offline or --source crm."
        )
    if _CODE.fullmatch(code.strip().upper()):
        return f"a pixel's code is written in capital letters: {code.strip().upper()}."
    if re.fullmatch(r"[A-Z0-9]+", code):
        return f"it has {len(code)} characters, and a pixel's code has {shape}."
    return f"this is not a pixel code, which has {shape}."
