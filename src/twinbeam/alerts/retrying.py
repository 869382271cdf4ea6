"""When a channel is tried again that did not take a message, and when it is given up; pure."""

from msgspec import Struct
from msgspec.structs import replace

from twinbeam.alerts.messages import Message
from twinbeam.core.clock import MS_PER_DAY, MS_PER_SECOND

GIVEN_UP_MS = MS_PER_DAY
_FIRST_SECONDS = 10
_LONGEST_SECONDS = 3_600


class AlertNotice(Struct, frozen=True, kw_only=True):
    """A message on its way to one channel; it is stored before it is sent."""

    channel: str
    message: Message
    made_ms: int
    next_ms: int  #: not to be tried before
    id: int = 0  #: a store gives it
    tries: int = 0
    done_ms: int | None = None  #: taken, or given up
    trouble: str = ""  #: why the newest try failed


def after_try(it: AlertNotice, trouble: str, now_ms: int) -> AlertNotice:
    """Return a notice after a try: taken, to be tried again, or given up after a day."""
    tried = replace(it, tries=it.tries + 1, trouble=trouble)
    if not trouble or now_ms - it.made_ms >= GIVEN_UP_MS:
        return replace(tried, done_ms=now_ms)
    wait = min(_LONGEST_SECONDS, _FIRST_SECONDS * 2 ** min(it.tries, 20))
    return replace(tried, next_ms=now_ms + wait * MS_PER_SECOND)
