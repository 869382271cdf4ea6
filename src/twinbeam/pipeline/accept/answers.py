"""Tell a sender what became of each event of a request, by its position in it."""

from collections import Counter
from collections.abc import Sequence

from msgspec import UNSET

from twinbeam.core.values import Notice
from twinbeam.pipeline.accept.contract import Answer, Dropped, DroppedEvent, HeldEvent, Taken
from twinbeam.pipeline.accept.event_checks import path_in
from twinbeam.pipeline.accept.fanout import Fanned


def answer(count: int, fanned: Fanned, taken: Taken) -> Answer:
    """Put together the answer to a request of `count` events."""
    event_ids: list[str | None] = [None] * count
    for arrival, event_id in zip(fanned.arrivals, taken.event_ids, strict=True):
        event_ids[arrival.index] = event_id
    return Answer(
        accepted=_accepted(fanned, taken.dropped),
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


def _accepted(fanned: Fanned, dropped: Sequence[Dropped]) -> int:
    taken = len({arrival.index for arrival in fanned.arrivals})
    return taken - _dropped_everywhere(fanned, dropped) if dropped else taken


def _dropped_everywhere(fanned: Fanned, dropped: Sequence[Dropped]) -> int:
    """Count the events that no pixel keeps."""
    kept = Counter(arrival.index for arrival in fanned.arrivals)
    kept.subtract(drop.index for drop in dropped)
    return sum(left == 0 for left in kept.values())
