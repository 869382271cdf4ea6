"""What later copies of an event tell about the sender: other names, other bodies, too late (tiktok.md 5.2, 7.1)."""

from typing import Any

from tiktok_emulator.dedup import Fate
from tiktok_emulator.ledger import Counted, Received
from tiktok_emulator.merge import UNITED, listed
from tiktok_emulator.rules import Finding, Rule


def repeat_findings(counted: Counted, copy: Received, body: dict[str, Any]) -> list[Finding]:
    """Compare a copy with the earlier ones of its event."""
    found = []
    if copy.event != counted.spelling:
        found.append(Finding(Rule.EVENT_NAMES_DIFFER, "event", f"{counted.spelling}, {copy.event}"))
    earlier = next((each for each in counted.copies if each.channel is copy.channel), copy)
    if earlier is not copy:
        found += _changes(earlier, copy, body)
    elif copy.fate is Fate.DUPLICATE:
        found.append(Finding(Rule.LATE_SERVER_EVENT, "event_time", copy.channel.value))
    return found


def _changes(earlier: Received, copy: Received, body: dict[str, Any]) -> list[Finding]:
    before = dict(_leaves(earlier.body(), ""))
    if bytes(earlier.raw) == bytes(copy.raw) or not before:
        return []
    after = dict(_leaves(body, ""))
    changed = sorted(path for path, value in after.items() if path in before and not _keeps(path, before[path], value))
    if changed:
        return [Finding(Rule.CHANGED_BODY, changed[0], ", ".join(changed[:5]))]
    added = sorted(path for path, value in after.items() if before.get(path) != value)
    return [Finding(Rule.REPEAT_WITH_MORE, added[0], ", ".join(added[:5]))] if added else []


def _keeps(path: str, before: object, after: object) -> bool:
    """Return whether a later value keeps the earlier one: it is equal, or a longer list of identifiers."""
    if path.rpartition(".")[2] not in UNITED:
        return before == after
    return all(each in listed(after) for each in listed(before))


def _leaves(value: object, path: str) -> list[tuple[str, object]]:
    if isinstance(value, dict):
        return [leaf for key, each in value.items() for leaf in _leaves(each, f"{path}.{key}" if path else key)]
    return [(path, value)]
