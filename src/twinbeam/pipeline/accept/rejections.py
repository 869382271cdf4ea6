"""What of a request was rejected, as the debugger shows it: who sent it and why, and no word of the request."""

from collections.abc import Iterator

from msgspec import Struct

from twinbeam.core import order, values, verticals
from twinbeam.core.rejections import RejectedEvent
from twinbeam.core.values import Rejected
from twinbeam.pipeline.accept.contract import Acknowledgement, Answer
from twinbeam.pipeline.accept.directory import Sender
from twinbeam.pipeline.accept.problems import Problem
from twinbeam.pipeline.accept.routing import Routing

MOST_OF_REQUEST = 5
_MOST_CHARS = 300


def is_rejecting(result: object) -> bool:
    """Return whether some of a request was rejected, or all of it."""
    return isinstance(result, Problem) or (isinstance(result, (Answer, Acknowledgement)) and bool(result.rejected))


def rejected_events(result: object, sender: Sender, routing: Routing, at_ms: int) -> Iterator[RejectedEvent]:
    """Yield the first events of a request that were rejected; of one that was rejected as a whole, one line."""
    pixel = routing.pixels[0].code if len(routing.pixels) == 1 else ""
    who = (at_ms, sender.workspace, sender.source, sender.channel.value)
    rejected = result.rejected if isinstance(result, (Answer, Acknowledgement, Problem)) else ()
    for one in rejected[:MOST_OF_REQUEST]:
        more = max(0, len(rejected) - MOST_OF_REQUEST)
        yield RejectedEvent(*who, *_why(one), field=known_path(one.field), pixel=pixel, more=more)
    if isinstance(result, Problem) and not rejected:
        yield RejectedEvent(*who, *_why(result), pixel=pixel)


def _why(one: Rejected | Problem) -> tuple[str, str, str]:
    return str(one.code), one.message[:_MOST_CHARS], one.fix[:_MOST_CHARS]


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
