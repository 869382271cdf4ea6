"""Tell a shop's server what became of each order of a request: an order is several events, or none that goes on."""

from collections.abc import Sequence

from twinbeam.core.values import Notice, Rejected
from twinbeam.pipeline.accept.contract import Answer, Reading
from twinbeam.pipeline.accept.event_checks import path_in
from twinbeam.pipeline.accept.fanout import Fanned


def of_orders(made: Answer, reading: Reading) -> Answer:
    """
    Return an answer by the positions of orders instead of those of their events.

    An order that was read is kept in the ledger whatever becomes of its events; where none goes to a pixel, a notice
    says so.
    """
    rejected = reading.items[len(reading.of) :]
    event_ids: list[str | None] = [None] * reading.count
    for position, event_id in zip(reading.of, made.event_ids, strict=False):
        event_ids[position] = event_ids[position] or event_id
    return Answer(
        accepted=len(reading.orders),
        dropped=[type(it)(reading.of[it.index], it.pixel, it.reason, it.message) for it in made.dropped],
        held=[type(it)(reading.of[it.index], it.pixel, it.reason, it.message) for it in made.held],
        rejected=[it for it in rejected if isinstance(it, Rejected)],
        notices=[_placed(it, reading.of) for it in made.notices],
        event_ids=event_ids,
    )


def left_alone(fanned: Fanned, reading: Reading) -> Fanned:
    """Return what goes on, with a notice where an order's event goes to no pixel: its facts are kept all the same."""
    alone = [it for it in fanned.rejected if it.index < len(reading.of)]
    notices = [Notice(it.index, it.field, it.code, f"{it.message} {it.fix}") for it in alone]
    return Fanned(fanned.arrivals, [], [*fanned.notices, *notices])


def _placed(notice: Notice, of: Sequence[int]) -> Notice:
    """Name the order instead of its event; what the dialect itself said names it already."""
    event = path_in(notice.index, "")
    if not notice.field.startswith(event) or notice.index >= len(of):
        return notice
    position = of[notice.index]
    return Notice(position, place(position, notice.field[len(event) :].lstrip(".")), notice.code, notice.message)


def place(index: int, field: str) -> str:
    """Return the dotted path of a field, seen from the request."""
    return f"orders[{index}].{field}" if field else f"orders[{index}]"
