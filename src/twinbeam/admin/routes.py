"""Routes as people write them: `CODE host=shop.example,www.shop.example country=DE currency=EUR event=Purchase`."""

import re
from collections.abc import Callable, Mapping

from twinbeam.admin.errors import Invalid
from twinbeam.admin.rules import currency, event, host
from twinbeam.core.rules import Route

_COUNTRY = re.compile(r"[A-Z]{2}")


def route_of(text: str) -> Route:
    """Read a route; raises Invalid."""
    code, *conditions = text.split() or [""]
    if not code:
        raise Invalid("A route begins with the code of its pixel, such as C4A5B6C7D8E9F0G1H2I3.")
    found: dict[str, tuple[str, ...]] = {}
    for condition in conditions:
        name, separator, values = condition.partition("=")
        if name not in _CONDITIONS or not separator or not values:
            raise Invalid(f"{condition} is no condition of a route. Write host=, country=, currency= or event=.")
        field, check = _CONDITIONS[name]
        if field in found:
            raise Invalid(f"{name}= stands twice in a route; write several values with commas between.")
        found[field] = tuple(check(name, value) for value in values.split(","))
    return Route(code, **found)


def written(route: Route) -> str:
    """Write a route as it is read."""
    conditions = [(name, getattr(route, field)) for name, (field, _) in _CONDITIONS.items()]
    return " ".join([route.pixel, *(f"{name}={','.join(values)}" for name, values in conditions if values)])


def _country(name: str, text: str) -> str:
    code = {"UK": "GB"}.get(text.upper(), text.upper())
    if not _COUNTRY.fullmatch(code):
        raise Invalid(f"{name}: {text} is no country. Write its two letters, such as DE.")
    return code


_CONDITIONS: Mapping[str, tuple[str, Callable[[str, str], str]]] = {
    "host": ("hosts", host),
    "country": ("countries", _country),
    "currency": ("currencies", currency),
    "event": ("events", event),
}
