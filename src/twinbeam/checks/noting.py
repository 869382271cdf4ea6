"""What is noted of a conversion once its copies have come, for the checks; pure. Nothing noted is about a person."""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

from msgspec import Struct

from twinbeam.core.clock import MS_PER_SECOND, day_of
from twinbeam.core.lifecycle import State
from twinbeam.core.names import STANDARD
from twinbeam.core.outcomes import Finding, Reason
from twinbeam.pipeline.record.conversion import FOUND

MOST_SAMPLES = 5  #: numbers of conversions that are kept of what was noted of one event on one day
LATE_SECONDS = 300  #: TikTok merges copies for 5 minutes (tiktok.md 7.1)
MERGE_MS = LATE_SECONDS * MS_PER_SECOND
_BY_SHOP = frozenset({"server", "webhook"})


class Noting(StrEnum):
    """What may be noted beside the findings of its copies."""

    SALE = "sale"
    VALUE_MISSING = "value_missing"
    CURRENCY_MISSING = "currency_missing"
    VALUE_ZERO = "value_zero"
    PAIR = "pair"  #: browser and shop's server reported it
    SERVER_LATE = "server_late"
    CONSENT_DIFFERS = "consent_differs"
    ENRICHED = "enriched"
    PLACEHOLDER = "placeholder"
    WITH_EMAIL = "with_email"
    ONE_EMAIL = "one_email"  #: the most that one address stands behind
    WITH_ADDRESS = "with_address"
    ONE_ADDRESS = "one_address"
    CHECKOUTS = "checkouts"
    CHECKOUT_VISITORS = "checkout_visitors"


#: What is no sum: the largest number of a day counts.
MOST_OF_DAY = frozenset({Noting.ONE_EMAIL, Noting.ONE_ADDRESS, Noting.CHECKOUTS, Noting.CHECKOUT_VISITORS}) | {
    Noting.WITH_EMAIL,
    Noting.WITH_ADDRESS,
}

#: What keeps no value any more.
_EMPTIED = frozenset({State.WITHDRAWN, State.ERASED})

NoteKey = tuple[int, str, str, str, str, str]
"""(UTC day, workspace, pixel, standard event or "", what, currency)"""


class LaterCopy(Struct, frozen=True):
    """A second or later copy of a conversion."""

    channel: str
    at_ms: int
    consent: str


class LookedAt(Struct, frozen=True):
    """A conversion as it is looked at once."""

    id: int
    workspace: str
    pixel: str
    event_source: str
    event: str
    event_time: int
    received_ms: int
    state: str
    reason: str
    minor: int | None
    currency: str
    channels: str
    consent: str
    found: int
    visitor: int
    enriched: bool
    counts: bool  #: it is no test, and not counted in another
    copies: Sequence[LaterCopy] = ()


class DayNote(Struct):
    """How many, worth how much, and some of them."""

    n: int = 0
    minor: int = 0
    samples: list[int] = []

    def add(self, id_: int, minor: int | None) -> None:
        """Count one more."""
        self.n += 1
        self.minor += minor or 0
        if len(self.samples) < MOST_SAMPLES:
            self.samples.append(id_)


def key_of(row: LookedAt, what: str, currency: str = "") -> NoteKey:
    """Return under which key something is noted of a conversion."""
    event = row.event if row.event in STANDARD else ""
    return day_of(row.received_ms), row.workspace, row.pixel, event, what, currency


def noted(rows: Iterable[LookedAt]) -> dict[NoteKey, DayNote]:
    """Add up what is noted of some conversions."""
    notes: dict[NoteKey, DayNote] = {}
    for row in rows:
        if row.counts and row.state != State.DROPPED:
            for what in what_of(row):
                notes.setdefault(key_of(row, what, row.currency), DayNote()).add(row.id, row.minor)
    return notes


def what_of(row: LookedAt) -> list[str]:
    """Return what is to be noted of one conversion."""
    told = [finding.value for finding, bit in FOUND.items() if row.found & bit]
    if row.event == "Purchase" and row.state not in _EMPTIED:
        told += _of_sale(row)
    if row.event_source == "web":
        told += _of_pair(row)
    if row.enriched:
        told.append(Noting.ENRICHED)
    if row.reason == Reason.DENIED_BY_ANOTHER_COPY or _differ([row.consent, *(it.consent for it in row.copies)]):
        told.append(Noting.CONSENT_DIFFERS)
    return told


def _of_sale(row: LookedAt) -> list[str]:
    told: list[str] = [Noting.SALE]
    if not row.currency:
        told.append(Noting.CURRENCY_MISSING)  # an amount without one is unknown, so whether there was one is as well
    elif row.minor is None:
        told.append(Noting.VALUE_MISSING)
    elif row.minor == 0:
        told.append(Noting.VALUE_ZERO)
    return told


def _of_pair(row: LookedAt) -> list[str]:
    """Note of what both sides reported whether the shop's server was too late to be merged with the browser."""
    first, *_ = row.channels.split("+")
    came = [(first, row.received_ms), *((it.channel, it.at_ms) for it in row.copies)]
    browser = min((at for channel, at in came if channel == "browser"), default=None)
    server = min((at for channel, at in came if channel in _BY_SHOP), default=None)
    if browser is None or server is None:
        return []
    return [Noting.PAIR, Noting.SERVER_LATE] if server - browser > MERGE_MS else [Noting.PAIR]


def _differ(said: Sequence[str]) -> bool:
    """Return whether one copy says that consent was given and another that it was declined."""
    return any("=denied" in it for it in said) and any("=granted" in it and "=denied" not in it for it in said)


#: Whose money is told: by what was noted.
FINDINGS: Mapping[str, Finding] = {finding.value: finding for finding in Finding}
