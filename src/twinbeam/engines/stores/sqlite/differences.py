"""How rules are stored, and what two versions of them differ in: one line of the audit for each."""

from collections.abc import Iterator

import msgspec

from twinbeam.core.values import JSON

_encode = msgspec.json.Encoder(order="deterministic").encode


def as_json(value: object) -> str:
    """Write a value as JSON; of rules, only what is not as by default."""
    return _encode(value).decode()


def differences(before: JSON, after: JSON, path: str = "") -> Iterator[tuple[str, str, str]]:
    """Give each difference as its dotted name and both values; "" stands for the default."""
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        if isinstance(old or new, dict) and isinstance(new or old, dict):
            yield from differences(old or {}, new or {}, f"{path}{name}.")
        elif old != new:
            yield path + name, _text(old), _text(new)


def _text(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else as_json(value)
