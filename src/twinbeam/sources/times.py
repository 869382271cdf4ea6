"""Understand the times that senders write: seconds, milliseconds, or ISO 8601 with its zone."""

import re
from datetime import UTC, datetime

from twinbeam.sources.strict import MOST_SECONDS

_QUOTED = re.compile(r"[0-9]{9,14}(?:\.[0-9]{1,9})?")  # of 1973 or later, or milliseconds


def seconds_of(written: object) -> int | None:
    """
    Return whole seconds since 1970-01-01 UTC, rounded down, or None where nothing certain can be said.

    A number of 10^11 or more is in milliseconds: as seconds it would lie beyond the year 5138.
    """
    match written:
        case bool():
            return None
        case int() | float():
            return _of_number(written)
        case str():
            return _of_text(written)
        case _:
            return None


def _of_number(written: float) -> int | None:
    seconds = int(written if written <= MOST_SECONDS else written // 1_000)
    return seconds if 0 < seconds <= MOST_SECONDS else None


def _of_text(written: str) -> int | None:
    if _QUOTED.fullmatch(written.strip()):
        return _of_number(float(written))
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        return None
    return None if moment.tzinfo is None else _of_number(moment.timestamp())


def ms_of(written: object) -> int | None:
    """Return milliseconds since 1970-01-01 UTC from what `seconds_of` reads, with the fraction that it leaves out."""
    whole = seconds_of(written)
    if whole is None:
        return None
    if isinstance(written, str) and not _QUOTED.fullmatch(written.strip()):
        return int(datetime.fromisoformat(written).timestamp() * 1_000)
    number = float(written) if isinstance(written, str | int | float) else 0.0
    return int(number if number > MOST_SECONDS else number * 1_000)


def iso(seconds: int) -> str:
    """Write a time for people; `seconds` must lie before the year 10000."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def whole_age(written: object) -> int | None:
    """Return an age in whole milliseconds, rounded down and never below 0, or None where it is no number."""
    if isinstance(written, bool) or not isinstance(written, int | float):
        return None
    return max(0, int(written))
