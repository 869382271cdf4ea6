"""Tell a sender what became of each event of a request, by its position in it."""

from collections import Counter
from collections.abc import Sequence

import msgspec
from msgspec import UNSET, Struct, UnsetType

from twinbeam.core.outcomes import Reason
from twinbeam.core.values import Notice, Rejected
from twinbeam.pipeline.accept.asgi import Reply
from twinbeam.pipeline.accept.contract import Dropped, Taken
from twinbeam.pipeline.accept.fanout import Fanned
from twinbeam.pipeline.accept.rules import path_in


class DroppedEvent(Struct, frozen=True, gc=False):
    """An event that goes no further for one pixel: the visitor did not allow it, or it is foreign, a test, or left."""

    index: int
    pixel: str
    reason: Reason
    message: str


class HeldEvent(Struct, frozen=True, gc=False):
    """An event that waits, for one pixel, until the visitor's permission or the server's word on it is known."""

    index: int
    pixel: str
    reason: Reason
    message: str


class Answer(Struct, frozen=True, gc=False):
    """
    What became of the events of a request; everything that is not rejected is durable.

    `accepted` counts the events that were kept for at least one pixel, held ones among them. `event_ids` has one
    entry for each event of the request, null where it was rejected. `receipt` is what the visitor said, signed, for
    the shop to pass on; only answers to browser keys have it.
    """

    accepted: int
    dropped: list[DroppedEvent]
    held: list[HeldEvent]
    rejected: list[Rejected]
    notices: list[Notice]
    event_ids: list[str | None]
    receipt: str | UnsetType = UNSET


def answer(count: int, fanned: Fanned, taken: Taken) -> Answer:
    """Put together the answer to a request of `count` events."""
    event_ids: list[str | None] = [None] * count
    for arrival, event_id in zip(fanned.arrivals, taken.event_ids, strict=True):
        event_ids[arrival.index] = event_id
    return Answer(
        accepted=_accepted(count, fanned, taken.dropped),
        dropped=[DroppedEvent(drop.index, drop.pixel, drop.reason, drop.reason.sentence) for drop in taken.dropped],
        held=[HeldEvent(it.index, it.pixel, it.reason, it.reason.sentence) for it in taken.held],
        rejected=fanned.rejected,
        notices=[*fanned.notices, *map(_placed, taken.notices)],
        event_ids=event_ids,
        receipt=taken.receipt or UNSET,
    )


def _placed(notice: Notice) -> Notice:
    """Name the field as seen from the request; later rooms know only the event."""
    return Notice(notice.index, path_in(notice.index, notice.field), notice.code, notice.message)


def _accepted(count: int, fanned: Fanned, dropped: Sequence[Dropped]) -> int:
    taken = count - len(fanned.rejected)
    return taken - _dropped_everywhere(fanned, dropped) if dropped else taken


def _dropped_everywhere(fanned: Fanned, dropped: Sequence[Dropped]) -> int:
    """Count the events that no pixel keeps."""
    kept = Counter(arrival.index for arrival in fanned.arrivals)
    kept.subtract(drop.index for drop in dropped)
    return sum(left == 0 for left in kept.values())


_ENCODER = msgspec.json.Encoder()
_HEADERS = ((b"content-type", b"application/json"),)


def answer_reply(value: Answer) -> Reply:
    """Turn an answer into a 202: durable, but a later room may still refuse to send it."""
    return Reply(202, _HEADERS, _ENCODER.encode(value))
