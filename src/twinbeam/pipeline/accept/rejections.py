"""What of a request was rejected, as the debugger shows it: who sent it and why, and no word of the request."""

from collections.abc import Iterator

from twinbeam.core.rejections import RejectedEvent
from twinbeam.core.values import Rejected
from twinbeam.pipeline.accept.contract import Acknowledgement, Answer
from twinbeam.pipeline.accept.directory import Sender
from twinbeam.pipeline.accept.known_paths import known_path
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
