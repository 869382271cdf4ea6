"""How rules are stored, and what two versions of them differ in: one line of the audit for each."""

from collections.abc import Iterator

import msgspec

from twinbeam.core.values import JSON

_encode = msgspec.json.Encoder(order="deterministic").encode


def as_json(value: object) -> str:
    """Write a value as JSON; of rules, only what is not as by default."""
    return _encode(value).decode()


#: Told by their number only: a hash of an address is personal data, and lines of the audit stay for ever.
_PERSONAL = frozenset({"test_emails"})


def differences(before: JSON, after: JSON, path: str = "") -> Iterator[tuple[str, str, str]]:
    """Give each difference as its dotted name and both values; "" stands for the default."""
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        if isinstance(old or new, dict) and isinstance(new or old, dict):
            yield from differences(old or {}, new or {}, f"{path}{name}.")
        elif old != new:
            yield path + name, _text(name, old), _text(name, new)


def _text(name: str, value: object) -> str:
    if value is None:
        return ""
    if name in _PERSONAL and isinstance(value, list):
        return f"{len(value)} listed"
    return value if isinstance(value, str) else as_json(value)
