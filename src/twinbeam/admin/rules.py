"""
Rules by their names and as text: `purchase_means` is `paid`, `value_without` is `tax,shipping`.

A value is checked when it is set, with the field and the fix, because nobody is there to be told when it is used.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from hashlib import sha256
from math import inf
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta, Struct, ValidationError

from twinbeam.admin.errors import Invalid, quoted
from twinbeam.core.names import Name, loose, understood
from twinbeam.core.rules import Part
from twinbeam.core.values import JSON, Properties, plain
from twinbeam.pipeline.accept.hosts import plain_host

Rules = TypeVar("Rules", bound=Struct)
Hint = Any

_SHA256 = re.compile(r"[0-9a-f]{64}")
_REGION = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")
_CURRENCY = re.compile(r"[A-Z]{3}")

#: What `twinbeam pixels test` sets, so that no code stays on by mistake.
_SET_ELSEWHERE = {
    "mapping": "twinbeam sources map",
    "test_code": "twinbeam pixels test",
    "test_until_ms": "twinbeam pixels test",
}


def changed(rules: Rules, wanted: Mapping[str, str]) -> Rules:
    """Return the rules with values put in by their names; an empty one puts the default back. Raises Invalid."""
    told: JSON = plain(rules)
    for name, text in wanted.items():
        _assign(told, type(rules), name.strip(), text.strip())
    return msgspec.convert(told, type(rules))


def lines(rules: Struct) -> Iterator[tuple[str, str, bool]]:
    """Return each rule with its value as text, and whether it is the default."""
    usual = dict(_flat(type(rules)(), ""))
    for name, value in _flat(rules, ""):
        yield name, shown(value), value == usual.get(name)


def shown(value: object) -> str:
    """Write a value as it is written in an assignment; an empty one as a dash."""
    match value:
        case bool():
            return "true" if value else "false"
        case tuple():
            return ",".join(value) or "-"
        case _:
            return str(value) if value not in ("", {}) else "-"


def allowed(hint: Hint) -> str:
    """Return which values a rule takes, in words."""
    if _kind(hint) is Literal:
        return _either(get_args(hint))
    if _kind(hint) is tuple:
        inner = get_args(hint)[0]
        return f"{allowed(inner)}, several with commas between" if inner is not str else "a list with commas between"
    if _kind(hint) is dict:
        return allowed(get_args(hint)[1])
    if hasattr(hint, "__metadata__"):
        bounds: Meta = hint.__metadata__[0]
        return f"a whole number from {bounds.ge} to {bounds.le}"
    return {bool: "true or false", int: "a whole number", float: "a number above 0"}.get(hint, "a text")


def hints(shape: type[Struct], path: str = "") -> Iterator[tuple[str, Hint]]:
    """Return every rule of a kind by its dotted name, with its type."""
    for name, hint in get_type_hints(shape, include_extras=True).items():
        if isinstance(hint, type) and issubclass(hint, Struct):
            yield from hints(hint, f"{path}{name}.")
        else:
            yield path + name, hint


def _flat(rules: Struct, path: str) -> Iterator[tuple[str, object]]:
    for name in rules.__struct_fields__:
        value = getattr(rules, name)
        if isinstance(value, Struct):
            yield from _flat(value, f"{path}{name}.")
        elif isinstance(value, dict) and value:
            yield from _entries(value, f"{path}{name}.")
        else:
            yield path + name, value


def _entries(value: Mapping[str, object], path: str) -> Iterator[tuple[str, object]]:
    for name, inner in value.items():
        if isinstance(inner, dict):
            yield from _entries(inner, f"{path}{name}.")
        else:
            yield path + name, inner


def _assign(told: JSON, shape: type[Struct], name: str, text: str) -> None:
    """Put one value where its name leads, or take it away."""
    rule, hint, keys = _found(shape, name)
    place = told
    *outer, last = [*rule.split("."), *keys]
    for step in outer:
        place = place.setdefault(step, {})
    if text:
        place[last] = _value(name, rule, hint, text)
    else:
        place.pop(last, None)


def _found(shape: type[Struct], name: str) -> tuple[str, Hint, list[str]]:
    """Find the rule a name begins with; what follows are keys, each checked."""
    if name in _SET_ELSEWHERE:
        raise Invalid(f"{name} is set by `{_SET_ELSEWHERE[name]}`.")
    for rule, hint in hints(shape):
        if name == rule and _kind(hint) is not dict:
            return rule, hint, []
        if name.startswith(f"{rule}.") and _kind(hint) is dict:
            return rule, *_keyed(name, rule, hint, name.removeprefix(f"{rule}.").split("."))
    known = ", ".join(_example(rule, hint) for rule, hint in hints(shape) if rule not in _SET_ELSEWHERE)
    raise Invalid(f"{name} is no rule. The rules are: {known}.")


def _keyed(name: str, rule: str, hint: Hint, keys: list[str]) -> tuple[Hint, list[str]]:
    checks = _KEYS[rule]
    if len(checks) != len(keys):
        raise Invalid(f"{name} is no rule: write {_example(rule, hint)}=....")
    for _ in keys:
        hint = get_args(hint)[1]
    return hint, [check(name, key) for (_, check), key in zip(checks, keys, strict=True)]


def _example(rule: str, hint: Hint) -> str:
    return ".".join([rule, *(word for word, _ in _KEYS[rule])]) if _kind(hint) is dict else rule


def _value(name: str, rule: str, hint: Hint, text: str) -> object:
    several = _kind(hint) is tuple
    written: Any = [part.strip() for part in text.split(",") if part.strip()] if several else text
    clean = _VALUES.get(rule)
    if clean is not None:
        written = [clean(name, each) for each in written] if several else clean(name, text)
    try:
        value = msgspec.convert(written, hint, strict=False)
    except ValidationError as error:
        raise Invalid(f"{name}={text}: it takes {allowed(hint)}.") from error
    if isinstance(value, float) and not 0 < value < inf:
        raise Invalid(f"{name}={text}: it takes {allowed(hint)}.")
    return plain(value)


def _kind(hint: Hint) -> object:
    """Return what a type is made of: Literal, tuple, dict, or None for a plain one."""
    return get_origin(hint)


def _either(words: tuple[str, ...]) -> str:
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last


def host(name: str, text: str) -> str:
    """Read a host."""
    found = plain_host(text)
    if not found:
        raise Invalid(
            f"{name}: {quoted(text)} is no host. Write it without https:// and path, such as shop.example; "
            "the hosts below it are meant as well."
        )
    return found


def event(name: str, text: str) -> str:
    """Read the name of an event in any spelling."""
    found = understood(text)
    if not isinstance(found, Name):
        raise Invalid(f"{name}: {text} can be no event. Write a name such as Purchase or Pageview.")
    return found.canonical


def _name(name: str, text: str) -> str:
    """Take a sender's own name without case and separators, as names are compared."""
    if not loose(text):
        raise Invalid(f"{name}: write the name that your sender uses, such as means.PlacedOrder=PlaceAnOrder.")
    return loose(text)


def _region(name: str, text: str) -> str:
    if not _REGION.fullmatch(text.upper()):
        raise Invalid(f"{name}: {text} is no region. Write a country such as DE, or a state such as US-CA.")
    return text.upper()


def currency(name: str, text: str) -> str:
    """Read a currency."""
    if not _CURRENCY.fullmatch(text.upper()):
        raise Invalid(f"{name}: {text} is no currency. Write its three letters, such as EUR.")
    return text.upper()


def _day(name: str, text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise Invalid(f"{name}: {text} is no day. Write it as 2026-11-21.") from error


def _parameter(name: str, text: str) -> str:
    sent = [field for field in Properties.__struct_fields__ if field not in {*get_args(Part), "content_id"}]
    if text not in sent:
        raise Invalid(f"{name}: {text} is no property of an event. The properties are: {', '.join(sent)}.")
    return text


def _address(name: str, text: str) -> str:
    """Take the SHA-256 of an address at once, so that the address itself is stored nowhere."""
    plain_text = text.lower()
    if _SHA256.fullmatch(plain_text):
        return plain_text
    if "@" not in plain_text:
        raise Invalid(f"{name}: write e-mail addresses, or their SHA-256 as 64 hexadecimal digits.")
    return sha256(plain_text.encode()).hexdigest()


Check = Callable[[str, str], str]

#: Of lists, what makes each value right.
_VALUES: Mapping[str, Check] = {
    "hosts": host,
    "staging_hosts": host,
    "parameters": _parameter,
    "test_emails": _address,
    "means": event,
}

#: Of rules with entries, what their keys are called and what makes them right.
_KEYS: Mapping[str, tuple[tuple[str, Check], ...]] = {
    "ways": (("EVENT", event),),
    "means": (("NAME", _name),),
    "consent.regions": (("REGION", _region),),
    "mapping": (("FIELD", _name),),
    "rates": (("CURRENCY", currency), ("DAY", _day), ("CURRENCY", currency)),
}
