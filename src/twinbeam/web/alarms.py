"""What there is to mend, as values: an issue of a pixel, and the alarm that an urgent one raises on the first page."""

from enum import StrEnum

from msgspec import Struct

from twinbeam.core.story import PixelRow


class Weight(StrEnum):
    """How much an issue hurts."""

    BROKEN = "broken"  #: nothing is delivered
    LOSING = "losing"  #: some conversions are lost
    IDLE = "idle"  #: not finished, but nothing is lost


class Issue(Struct, frozen=True):
    """One thing to mend."""

    weight: Weight
    what: str
    fix: str
    command: str = ""
    link: str = ""  #: to the conversions it is about
    is_alarm: bool = False  #: stands on the first page, too


class Alarm(Struct, frozen=True):
    """One thing to mend that stands on the first page."""

    pixel: PixelRow
    issue: Issue
