"""What may be told of a path in a request: names of ours. A sender names a field as they like, also after a person."""

from collections.abc import Iterable
from functools import lru_cache

from msgspec import Struct

from twinbeam.core import order, values, verticals
from twinbeam.core.values import Notice


def remarks_of(notices: Iterable[Notice]) -> tuple[str, ...]:
    """Return fields and codes of notices, one after the other."""
    return tuple(word for it in notices for word in (_inside(it), it.code))


def _inside(notice: Notice) -> str:
    """Return a path inside its event."""
    return known_path(notice.field).removeprefix(f"events[{notice.index}]").removeprefix(".")


@lru_cache(maxsize=1024)
def known_path(field: str) -> str:
    """Return as much of a path as is of names of ours: a sender may name a field as they like."""
    kept = []
    for part in field.split("."):
        name, _, place = part.partition("[")
        if name not in _NAMES or (place and not place.removesuffix("]").isdigit()):
            break
        kept.append(part)
    return ".".join(kept)


def _names() -> frozenset[str]:
    kinds = [it for module in (values, order, verticals) for it in vars(module).values() if isinstance(it, type)]
    structs = [it for it in kinds if issubclass(it, Struct)]
    return frozenset(name for it in structs for name in it.__struct_fields__) | {"events", "orders", "statements"}


_NAMES = _names()
