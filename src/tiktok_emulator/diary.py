"""What a world tells about its changes, so that a data file can write them down; by default nobody listens."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tiktok_emulator.faults import Where
    from tiktok_emulator.requests import Logged
    from tiktok_emulator.rules import Finding
    from tiktok_emulator.world import Batch, Item, World


class Diary:
    """Hears of each change after it was made; this one keeps nothing."""

    def took(self, batch: "Batch", items: "list[Item]") -> None:
        """Hear that events were taken in."""

    def noted(self, where: "Where", findings: "list[Finding]") -> None:
        """Hear that something was found wrong outside the events taken in."""

    def answered(self, call: "Logged") -> None:
        """Hear that a call was answered."""

    def changed(self, world: "World") -> None:
        """Hear that accounts, switches, time or dismissals changed."""

    def forgot(self) -> None:
        """Hear that events, calls, faults and scripts were forgotten."""
