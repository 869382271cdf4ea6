"""
When each side of a pixel last reported an event, and how many the other side alone has opened since.

It tells a person that a side has fallen silent, and the join window whether a twin is to be expected.
"""

from twinbeam.core.names import STANDARD
from twinbeam.core.values import Channel, Side, Signal
from twinbeam.pipeline.record.read_set import ReadSet
from twinbeam.pipeline.record.write_set import SideReports, WriteSet

_OTHER = {Side.BROWSER: Side.SERVER, Side.SERVER: Side.BROWSER}


class Sides:
    """What one fold hears of the sides."""

    def __init__(self, read_set: ReadSet, write_set: WriteSet) -> None:
        self._last_seen = read_set.last_seen
        self._heard = write_set.heard
        self._pairs: dict[tuple[str, str, str, Channel], tuple[SideReports, SideReports]] = {}

    def saw(self, signal: Signal, *, opens: bool) -> None:
        """Take in a report, and whether it opens a conversion; custom events, of any number, share a record."""
        place = (signal.workspace, signal.pixel, signal.event, signal.channel)
        own, other = self._pairs.get(place) or self._pair(*place)
        own.alone = 0
        other.alone += opens
        if own.at_ms is None or signal.received_ms > own.at_ms:
            own.at_ms = signal.received_ms
            side = (signal.workspace, signal.pixel, signal.channel.side)
            self._last_seen[side] = max(own.at_ms, self._last_seen.get(side, 0))

    def _pair(self, workspace: str, pixel: str, event: str, channel: Channel) -> tuple[SideReports, SideReports]:
        """Find or make the records of a channel's side and of the other one."""
        counted, side = event if event in STANDARD else "", channel.side
        own, other = ((workspace, pixel, counted, which) for which in (side, _OTHER[side]))
        pair = (self._heard.setdefault(own, SideReports()), self._heard.setdefault(other, SideReports()))
        self._pairs[workspace, pixel, event, channel] = pair
        return pair
