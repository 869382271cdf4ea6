"""Which UTC days a page of a pixel is about, and the days before them that it compares with. Pure."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from twinbeam.core.clock import day_of

CHOICES = (1, 7, 28)
USUAL = 7


class Period(Struct, frozen=True):
    """So many UTC days up to today, and as many before."""

    days: int
    today: int

    @property
    def since_day(self) -> int:
        """The first day."""
        return self.today - self.days + 1

    @property
    def before_day(self) -> int:
        """The first day of the period before."""
        return self.since_day - self.days

    @property
    def name(self) -> str:
        """The period in words."""
        return "today (UTC)" if self.days == 1 else f"the last {self.days} UTC days"

    @property
    def former(self) -> str:
        """The period before in words."""
        return "yesterday, all of it" if self.days == 1 else f"the {self.days} days before"

    def choices(self, address: str) -> Sequence[tuple[str, str, bool]]:
        """Return the address and the name of each period, and whether it is this one."""
        return [(f"{address}?days={days}", _name(days), days == self.days) for days in CHOICES]


def read_period(query: Mapping[str, str], now_ms: int) -> Period:
    """Return the period that is asked for; a week where none is, or one that is not offered."""
    asked = query.get("days", "")
    days = int(asked) if asked in map(str, CHOICES) else USUAL
    return Period(days, day_of(now_ms))


def _name(days: int) -> str:
    return "today" if days == 1 else f"{days} days"
