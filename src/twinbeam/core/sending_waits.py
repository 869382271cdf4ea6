"""Why nothing is sent to a pixel at a moment, and until when, as values; `pipeline/send/` finds it out."""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct


class WaitCause(StrEnum):
    """What keeps requests."""

    TOO_MANY = "too_many"  #: TikTok refused one as one too many
    FAILED = "failed"  #: the last one was not taken, for another reason that ends
    SECOND = "second"  #: a limit of ours on requests in any second; so with the two below
    MINUTE = "minute"
    DAY = "day"


class SendingWait(Struct, frozen=True):
    """Why no request is made now."""

    cause: WaitCause
    until_ms: int | None = None  #: None while that takes an answer
    code: int | None = None  #: TikTok's
    status: int = 0  #: of HTTP; 0 where there was no answer
    limit: int = 0  #: how many requests there may be
    of_all: bool = False  #: it keeps the requests to all pixels together


class SendingWaits(Struct, frozen=True):
    """What keeps requests at one moment."""

    of_all: SendingWait | None = None
    pixels: Mapping[tuple[str, str], SendingWait] = {}  #: by workspace and code

    def of(self, place: tuple[str, str]) -> SendingWait | None:
        """Return what keeps those to a pixel."""
        return self.of_all or self.pixels.get(place)


NOTHING_WAITS = SendingWaits()


def longer(one: SendingWait | None, other: SendingWait | None) -> SendingWait | None:
    """Return the one that lasts longer."""
    if one is None or other is None:
        return one or other
    return other if (other.until_ms or 0) > (one.until_ms or 0) else one
