"""The kept copies of a dead letter, shaped anew before it is sent again."""

from collections.abc import Callable, Sequence

from msgspec.structs import replace

from twinbeam.core.dead_letters import ShapedEvent
from twinbeam.pipeline.record.conversion import Conversion, Copy
from twinbeam.pipeline.record.merge import show_money


def shaped_copies(
    conversion: Conversion, copies: Sequence[Copy], shape: Callable[[bytes, int], ShapedEvent | None]
) -> list[Copy] | None:
    """Return copies as `shape` gives them, and let the row show what they are worth; None where none differs."""
    shaped = [_shaped(copy, shape) for copy in copies]
    if all(after is before for after, before in zip(shaped, copies, strict=True)):
        return None
    show_money(conversion, shaped)
    return shaped


def _shaped(copy: Copy, shape: Callable[[bytes, int], ShapedEvent | None]) -> Copy:
    found = shape(copy.body, copy.event_time)
    return copy if found is None else replace(copy, body=found.body, minor=found.minor, currency=found.currency)
