"""What the pages show of each pixel, added up over a week, so that five hundred of them are one small reading."""

from msgspec import Struct

WEEK_DAYS = 7  #: UTC days, today among them


class EventWeek(Struct, frozen=True, array_like=True):
    """One event of a pixel over a week."""

    event: str  #: empty where it stands for several
    browser: int = 0  #: conversions seen by the browser alone
    server: int = 0
    both: int = 0
    accepted: int = 0  #: conversions that TikTok accepted, without tests
    ttclid: int = 0  #: of those, how many carried it; so with the ones below
    email: int = 0
    phone: int = 0
    external_id: int = 0
    ttp: int = 0
    ip: int = 0
    mismatched: int = 0  #: conversions of which a copy came under another id when it had been sent
    delivered: int = 0  #: by its state, tests among them; so with the ones below
    refused: int = 0
    others: int = 0  #: how many rarer events it adds up

    @property
    def seen(self) -> int:
        """Conversions, whoever reported them."""
        return self.browser + self.server + self.both


class PixelWeek(Struct, frozen=True, array_like=True):
    """All of one pixel over a week."""

    workspace: str
    pixel: str
    days: list[int]  #: conversions of each UTC day, the oldest first
    outcomes: list[tuple[str, str, int]]  #: outcome, reason and number, over all events
    events: list[EventWeek]  #: the busiest first
    piled: int = 0  #: what is held of events of which fewer are delivered
    at_ms: int = 0  #: when it was counted
