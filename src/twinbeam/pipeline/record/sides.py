"""
When each side of a pixel last reported an event, and how many the other side alone has opened since.

It tells a person that a side has fallen silent, and the join window whether a twin is to be expected.
"""

from twinbeam.core.names import STANDARD
from twinbeam.core.values import Side, Signal
from twinbeam.pipeline.record.known import Heard, Known, Writes

_OTHER = {Side.BROWSER: Side.SERVER, Side.SERVER: Side.BROWSER}


class Sides:
    """What one fold hears of the sides."""

    def __init__(self, known: Known, writes: Writes) -> None:
        self._last_seen = known.last_seen
        self._heard = writes.heard

    def saw(self, signal: Signal, *, opens: bool) -> None:
        """Take in a report, and whether it opens a conversion; custom events, of any number, share a record."""
        workspace, pixel, side, at_ms = signal.workspace, signal.pixel, signal.channel.side, signal.received_ms
        event = signal.event if signal.event in STANDARD else ""
        self._heard.setdefault((workspace, pixel, event, side), Heard()).reported(at_ms)
        if opens:
            self._heard.setdefault((workspace, pixel, event, _OTHER[side]), Heard()).alone += 1
        if at_ms > self._last_seen.get((workspace, pixel, side), 0):
            self._last_seen[workspace, pixel, side] = at_ms
