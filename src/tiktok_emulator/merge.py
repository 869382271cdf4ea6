"""How two copies become one event (tiktok.md 7.3): missing values are filled in, identifiers are united."""

from typing import Any

UNITED = frozenset({"email", "phone", "external_id"})


def merged(first: dict[str, Any], later: dict[str, Any], *, later_wins: bool = False) -> dict[str, Any]:
    """Return the first copy enriched by the later one, leaf by leaf; `event_time` always stays the first's."""
    event = _deep(first, later, later_wins=later_wins)
    if "event_time" in first:
        event["event_time"] = first["event_time"]
    return event


def _deep(first: dict[str, Any], later: dict[str, Any], *, later_wins: bool) -> dict[str, Any]:
    result = dict(first)
    for key, value in later.items():
        mine = result.get(key)
        if _missing(value):
            continue
        if isinstance(mine, dict) and isinstance(value, dict):
            result[key] = _deep(mine, value, later_wins=later_wins)
        elif key in UNITED and not _missing(mine):
            result[key] = _union(mine, value)
        elif later_wins or _missing(mine):
            result[key] = value
    return result


def _missing(value: object) -> bool:
    """Empty strings and empty lists count as missing (tiktok.md 15.3)."""
    return value is None or value in ("", [], {})


def _union(first: object, later: object) -> object:
    known = listed(first)
    added = [each for each in listed(later) if each not in known and not _missing(each)]
    return [*known, *added] if added else first


def listed(value: object) -> list[object]:
    """Return an identifier that may be single or a list as a list."""
    return value if isinstance(value, list) else [value]
