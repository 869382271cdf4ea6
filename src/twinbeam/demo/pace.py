"""How a day of the shop is squeezed into seconds: every delay of the plan is a multiple of the same day's length."""

from msgspec import Struct


class Pace(Struct, frozen=True):
    """
    One length that scales everything: visits begin in the first third, the last late copy ends the day.

    The gateway's join window shrinks with it, so that a late copy always comes after its twin was sent. At 24
    seconds it is the 10 s that the gateway has by default.
    """

    seconds: float

    @property
    def visiting(self) -> float:
        """Seconds during which visits begin."""
        return self.seconds * 0.32

    @property
    def late(self) -> float:
        """Seconds by which a late copy trails."""
        return self.seconds * 0.48

    @property
    def step(self) -> float:
        """Seconds between two ordinary things of one visit: a page and the next, an order and its webhook."""
        return self.seconds * 0.02

    @property
    def join_window(self) -> float:
        """Seconds for which the gateway lets a first copy wait for its twin; less than `late`."""
        return self.seconds / 2.4

    @property
    def rules(self) -> tuple[str, ...]:
        """The pixel's rules that go with it: TikTok's own script's copy is waited for as long as any twin."""
        return (f"native_wait_seconds={max(1, round(self.join_window))}",)
