"""What later copies of an event tell about the sender: other names, other bodies, too late (tiktok.md 5.2, 7.1)."""

from typing import Any

from tiktok_emulator.dedup import Fate
from tiktok_emulator.ledger import Counted, Received
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
    if bytes(earlier.raw) == bytes(copy.raw):
        return []
    before = dict(_leaves(earlier.body(), ""))
    after = dict(_leaves(body, ""))
    changed = sorted(path for path, value in after.items() if path in before and before[path] != value)
    if changed and before:
        return [Finding(Rule.CHANGED_BODY, changed[0], ", ".join(changed[:5]))]
    added = sorted(after.keys() - before.keys())
    return [Finding(Rule.REPEAT_WITH_MORE, added[0], ", ".join(added[:5]))] if added and before else []


def _leaves(value: object, path: str) -> list[tuple[str, object]]:
    if isinstance(value, dict):
        return [leaf for key, each in value.items() for leaf in _leaves(each, f"{path}.{key}" if path else key)]
    return [(path, value)]
