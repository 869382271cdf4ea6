"""What two versions of rules differ in: one line of the audit for each."""

from collections.abc import Iterator

import msgspec

from twinbeam.core.values import JSON

_encode = msgspec.json.Encoder(order="deterministic").encode

#: Told by their number only: a hash of an address is personal data, and lines of the audit stay for ever.
_PERSONAL = frozenset({"test_emails"})


def as_text(value: object) -> str:
    """Write a value as JSON; of rules and routes, only what is not as by default."""
    return _encode(value).decode()


def differences(before: JSON, after: JSON, path: str = "") -> Iterator[tuple[str, str, str]]:
    """Return each difference as its dotted name and both values; "" stands for the default."""
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        if isinstance(old or new, dict) and isinstance(new or old, dict):
            yield from differences(old or {}, new or {}, f"{path}{name}.")
        elif old != new:
            yield path + name, _told(name, old), _told(name, new)


def _told(name: str, value: object) -> str:
    if value is None:
        return ""
    if name in _PERSONAL and isinstance(value, (list, tuple)):
        return f"{len(value)} listed"
    return value if isinstance(value, str) else as_text(value)
