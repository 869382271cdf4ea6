"""
What was rejected on arrival, before anything of it was stored: samples for the debugger, without a word of it.

Of each sender the newest are kept, so that whoever floods pushes out nobody else's.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from twinbeam.core.clock import MS_PER_DAY

KEEP_DAYS = 30  #: as what the debugger keeps of other arrivals
MOST_OF_SENDER = 20
MOST_SENDERS = 200


class RejectedEvent(Struct, frozen=True, gc=False):
    """An event, or a whole request, that was rejected: by whom it was sent, and why."""

    at_ms: int
    workspace: str
    source: str
    channel: str
    code: str
    message: str  #: a sentence of ours
    fix: str = ""
    field: str = ""  #: a path of names of ours
    pixel: str = ""  #: where the sender leads to one alone
    more: int = 0  #: further events of the same request, for whatever reason
    number: str = ""  #: which process saw it, and its how-manieth that was

    @property
    def side(self) -> str:
        """The side it came from."""
        return "browser" if self.channel == "browser" else "server"


class RejectedOfSender(Struct, frozen=True):
    """The newest of one sender, the newest first, and how many there were."""

    last: tuple[RejectedEvent, ...] = ()
    count: int = 0


Known = Mapping[str, RejectedOfSender]


def sender_of(one: RejectedEvent) -> str:
    """Name a sender: no name of a workspace has a slash."""
    return f"{one.workspace}/{one.source}"


def noted(known: Known, events: Sequence[RejectedEvent]) -> dict[str, RejectedOfSender]:
    """Add what was rejected, the oldest first, and forget what has no room: of a sender, and whole senders."""
    changed = dict(known)
    for one in events:
        before = changed.pop(sender_of(one), RejectedOfSender())
        changed[sender_of(one)] = RejectedOfSender((one, *before.last)[:MOST_OF_SENDER], before.count + 1)
    while len(changed) > MOST_SENDERS:
        del changed[next(iter(changed))]  # who was longest silent
    return changed


def still_kept(known: Known, now_ms: int) -> dict[str, RejectedOfSender]:
    """Return what is young enough to be kept."""
    oldest_ms = now_ms - KEEP_DAYS * MS_PER_DAY
    left = {sender: tuple(one for one in of.last if one.at_ms >= oldest_ms) for sender, of in known.items()}
    return {sender: replace(known[sender], last=last) for sender, last in left.items() if last}
