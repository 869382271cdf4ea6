"""What a world tells about its changes, so that a data file can write them down; by default nobody listens."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tiktok_emulator.faults import Where
    from tiktok_emulator.requests import Logged
    from tiktok_emulator.rules import Finding
    from tiktok_emulator.world import Batch, Item, World


class ChangeListener:
    """Is called after each change was made; this one keeps nothing."""

    def on_events(self, batch: "Batch", items: "list[Item]") -> None:
        """Take note of events that were taken in."""

    def on_findings(self, where: "Where", findings: "list[Finding]") -> None:
        """Take note of what was found wrong outside the events taken in."""

    def on_call(self, call: "Logged") -> None:
        """Take note of a call that was answered."""

    def on_state(self, world: "World") -> None:
        """Take note that accounts, switches, time or dismissals changed."""

    def on_reset(self) -> None:
        """Take note that events, calls, faults and scripts were forgotten."""
