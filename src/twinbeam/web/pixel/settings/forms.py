"""The rules of a pixel as the fields of a form, and the assignment that a form means. Pure."""

from collections.abc import Mapping, Sequence
from typing import Literal, get_args, get_origin

from msgspec import Struct

from twinbeam.admin.errors import Invalid
from twinbeam.admin.rules import allowed, hints, lines, shown
from twinbeam.core.rules import DEFAULT_RULES, PixelRules
from twinbeam.web.pixel.settings.sentences import GROUPS, HIDDEN

_UNSET = "-"


class RuleField(Struct, frozen=True):
    """One rule as it stands."""

    name: str
    means: str
    takes: str
    value: str  #: as it is written in an assignment; empty for nothing
    usual: str  #: the default
    is_usual: bool
    choices: Sequence[str] = ()
    entries: Sequence[tuple[str, str]] = ()  #: of a rule that has entries: key and value
    has_entries: bool = False
    is_hidden: bool = False

    @property
    def example(self) -> str:
        """What an entry may be for."""
        return "DE" if self.name == "consent.regions" else "Purchase"


def fields(rules: PixelRules) -> list[tuple[str, list[RuleField]]]:
    """Return all rules that the page sets, by their groups."""
    kinds = dict(hints(PixelRules))
    told, usual = _told(rules), _told(DEFAULT_RULES)
    return [
        (group, [_field(name, means, kinds[name], told, usual) for name, means in sentences.items()])
        for group, sentences in GROUPS.items()
    ]


def wanted(form: Mapping[str, str]) -> dict[str, str]:
    """Return what a form wants to be decided; an empty value puts the default back. Raises Invalid."""
    name, key = form.get("name", ""), form.get("key", "").strip()
    kinds = dict(hints(PixelRules))
    if name not in kinds:
        raise Invalid("The form is not one of this page. Reload it and try again.")
    if get_origin(kinds[name]) is dict:
        if not key:
            raise Invalid(f"{name} has entries: say for which, such as Purchase or DE.")
        name = f"{name}.{key}"
    return {name: form.get("value", "")}


def _field(name: str, means: str, hint: object, told: Mapping[str, str], usual: Mapping[str, str]) -> RuleField:
    has_entries, is_hidden = get_origin(hint) is dict, name in HIDDEN
    value = told.get(name, "")
    entries = [(it.removeprefix(f"{name}."), text) for it, text in told.items() if it.startswith(f"{name}.")]
    return RuleField(
        name,
        means,
        allowed(hint),
        "" if is_hidden else value,
        usual.get(name, ""),
        not entries if has_entries else value == usual.get(name, ""),
        _choices(hint),
        entries,
        has_entries,
        is_hidden,
    )


def _told(rules: PixelRules) -> dict[str, str]:
    return {name: "" if value == _UNSET else value for name, value, _ in lines(rules)}


def _choices(hint: object) -> Sequence[str]:
    if hint is bool:
        return (shown(value=False), shown(value=True))
    kind = get_args(hint)[1] if get_origin(hint) is dict else hint
    return get_args(kind) if get_origin(kind) is Literal else ()
