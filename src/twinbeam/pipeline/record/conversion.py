"""The record of one conversion, and the copies it was made of."""

from msgspec import Struct

from twinbeam.core.consent import LIMITABLE
from twinbeam.core.lifecycle import State
from twinbeam.core.order import CANCELLED, IGNORED
from twinbeam.core.outcomes import Finding, Reason
from twinbeam.core.values import Channel, Permission, Side, Signal
from twinbeam.pipeline.record.effective_consent import EffectiveConsent

#: What a conversion still lacks before it may be sent: bits, summed up in `Conversion.lacks`.
PERMISSION = 1
CONFIRMATION = 2
CONTEST = 4  #: a visit that nobody vouches for refused it: a later grant of the shop's server
OWNER = 8  #: its number was used before: a person has to look at it
RESTORED = 16  #: it came back with a backup too old to tell whether it was sent since: its owner decides

#: On which conditions its visits let it be sent: bits, summed up in `Conversion.conditions`.
LIMITED = 1  #: limited data use
BARE = 2  #: without identifiers

#: Why a held conversion waits, by what it lacks; of several the first is named.
WAITS = {
    RESTORED: Reason.RESTORED,
    OWNER: Reason.ORDER_REUSED,
    CONTEST: Reason.CONSENT_CONTESTED,
    PERMISSION: Reason.CONSENT_NOT_SAID,
    CONFIRMATION: Reason.NOT_CONFIRMED,
}
#: Why it ends when nobody brought that in time.
WAITED_IN_VAIN = {
    OWNER: Reason.ORDER_REUSED,
    CONTEST: Reason.CONSENT_CONTESTED,
    PERMISSION: Reason.CONSENT_NEVER_SAID,
    CONFIRMATION: Reason.NEVER_CONFIRMED,
}

#: Why what waits ends, by the stage of an order that is no purchase.
ORDER_ENDS = {CANCELLED: Reason.ORDER_CANCELLED, IGNORED: Reason.ORDER_IGNORED}

#: On whose word a conversion stands: bits, summed up in `Conversion.evidence`.
VOUCHED = 1  #: a server of the shop reported it
STRONG = 2  #: and a token that strangers cannot guess says of which visit it is: no other is heard
BELIEVED = 4  #: what browsers claimed of it stays within the limits of claims.py
GRANTED = 8  #: permitted by the server's own word or its own visit, and not only by a claim
CLAIMED = 16  #: only a claim says that TikTok's own script reported it
APART = 32  #: its ids led to what others reported or had sent, so no claim brings it another id
BY_ORDER = 64  #: the refusal that it remembers named an order, so it means nothing for another
REPORTER = 128  #: the other visit is the page's that reported it before a server did; it only claims

#: What a page says of TikTok's own script where that has not sent the event.
SILENT = frozenset({"blocked", "not_fired"})

#: What copies may disagree about: bits, summed up in `Conversion.found`, so that each counts once for a conversion.
#: They are stored: a new finding goes behind the others.
FOUND = {finding: 1 << place for place, finding in enumerate(Finding)}


class Copy(Struct, frozen=True, gc=False, array_like=True):
    """
    One reported copy as it is kept in a payload until it is merged for the wire.

    `arrival` orders copies that were accepted in the same millisecond; it is unique per arrival.
    """

    channel: str  #: a Channel, or "visit" for what an earlier visit left behind
    received_ms: int
    arrival: bytes
    source: str
    body: bytes
    event_time: int = 0
    minor: int | None = None
    currency: str = ""
    order_id: str = ""
    event_id: str = ""
    confirms: bool = True  #: False for a copy that tells of a purchase before it is one
    lookups: list[bytes] = []  #: of a copy that is held: nobody finds it by them before it is permitted
    adds: bool = False  #: it came after the first word was sent: it adds to that, and changes nothing of it
    visitor: bytes = b""  #: of which visit it is, as the store names visits; empty where nothing tells
    allowed: bool = True  #: it was permitted when it came
    fired: bool = False  #: TikTok's own script is proven to have sent this event under this id
    marks: list[bytes] = []  #: as in Signal
    silent: bool = False  #: TikTok's own script is proven not to have sent it under this id
    is_others_id: bool = False  #: the id was another conversion's when it came: it is sent once both are one
    revised_ms: int = 0  #: as in Signal


class Conversion(Struct, gc=False):
    """The row of one conversion while a transaction works on it; the only mutable value of the record room."""

    id: int
    key: bytes
    workspace: str
    pixel: str
    event_source: str
    event: str
    event_id: str
    event_time: int
    received_ms: int
    state: State
    reason: str  #: why it ended or waits; NO_CONSENT while LEASED notes a refusal that came too late for the request
    minor: int | None
    currency: str
    order_id: str
    channels: str  #: channels that reported it, the first one first, joined by "+"
    consent: str
    source: str
    frozen: bool  #: an attempt was made at some time: body and spelling stand
    due_ms: int = 0  #: when it may be sent, or for HELD when it ends; means something in HELD, READY and WAITING only
    copies: int = 1
    lacks: int = 0  #: what it still lacks before it may be sent: a sum of PERMISSION and the bits behind it
    browser_at: int | None = None  #: when TikTok's own script may first have reported it, ms since the epoch
    native_proven: bool = False  #: TikTok's own script certainly reported it
    match: int = 0  #: match keys of all copies: a sum of values.MATCH bits
    enriched: bool = False  #: after it was delivered an enrichment was sent, is on its way, or was forbidden
    test_code: str = ""  #: the test stream it goes to
    evidence: int = 0  #: on whose word it stands: a sum of VOUCHED and the bits behind it
    visitor: bytes = b""  #: whose it is: the visit its server named, else the one that reported it first
    other_visitor: bytes = b""  #: a second visit, known apart from the first, that a copy of its own named as well
    granter: bytes = b""  #: the visit whose word permitted it, where its server did not
    contested_ms: int = 0  #: when a visit that nobody vouches for last refused it
    united: int = 0  #: the conversion in which it is counted, where both turned out to be one order
    person: bytes = b""  #: the hash by which its server named the person, so that a number used twice is noticed
    conditions: int = 0  #: on which it may be sent: LIMITED, BARE or both
    found: int = 0  #: what its copies were found to disagree about: a sum of FOUND bits
    since_ms: int = (
        0  #: when it began to wait, for the first time or after it was held in vain: its age counts from here
    )
    shop: str = ""  #: that reported it; empty for the workspace's first


class Spoken(Struct, frozen=True, gc=False):
    """Whose words a conversion goes out with: what the merge asks of its row."""

    evidence: int = 0
    visitor: bytes = b""
    granter: bytes = b""
    conditions: int = 0
    other_visitor: bytes = b""


def belongs_to(row: Conversion, visitor: bytes) -> bool:
    """Return whether a conversion is a visit's own."""
    return bool(visitor) and (visitor == row.visitor or (visitor == row.other_visitor and not row.evidence & REPORTER))


def found_bit(finding: str) -> int:
    """Return the bit of a finding in `Conversion.found`; 0 for none."""
    return FOUND[Finding(finding)] if finding else 0


def is_proven(evidence: int) -> bool:
    """Return whether what a browser said of TikTok's own script was said by the conversion's own visit."""
    return not evidence & VOUCHED or bool(evidence & STRONG)


def spoken_of(row: Conversion) -> Spoken:
    """Return what the merge asks of a row."""
    return Spoken(row.evidence, row.visitor, row.granter, row.conditions, row.other_visitor)


def copy_of(
    signal: Signal,
    arrival: bytes,
    *,
    confirms: bool = True,
    held: bool = False,
    visitor: bytes = b"",
    allowed: bool = True,
) -> Copy:
    """Keep of a signal what the merge needs."""
    return Copy(
        signal.channel,
        signal.received_ms,
        arrival,
        signal.source,
        signal.body,
        signal.event_time,
        signal.minor,
        signal.currency,
        signal.order_id,
        signal.event_id,
        confirms,
        signal.lookups if held else [],
        visitor=visitor,
        allowed=allowed,
        fired=signal.native == "sent",
        marks=signal.marks,
        silent=signal.native in SILENT,
        revised_ms=signal.revised_ms,
    )


def conditions_of(said: EffectiveConsent | Permission, event_source: str) -> int:
    """Return the conditions on which something may be sent, as a conversion of that event source keeps them."""
    return LIMITED * (said.limited and event_source in LIMITABLE) | BARE * said.bare


def reason_to_wait(lacks: int) -> Reason:
    """Name what a held conversion waits for."""
    return next(reason for bit, reason in WAITS.items() if lacks & bit)


def reason_to_end(lacks: int) -> Reason:
    """Name why a held conversion ended unsent; what came back with a backup is opened by no later copy."""
    if lacks & RESTORED:
        return Reason.DEDUP_WINDOW
    return next(reason for bit, reason in WAITED_IN_VAIN.items() if lacks & bit)


def with_channel(channels: str, channel: str) -> str:
    """Add a channel to those that reported; the first one stays first."""
    return channels if channel in channels.split("+") else f"{channels}+{channel}"


def both_channels(channels: str) -> bool:
    """Return whether browser and server have both reported."""
    return "+" in channels and len({Channel(channel).side for channel in channels.split("+")}) == len(Side)
