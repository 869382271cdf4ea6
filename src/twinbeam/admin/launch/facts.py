"""
What is looked at before money is spent: one value per pixel, read from a store's reading side in a few queries.

Everything in it was reported or answered; nothing is what somebody clicked.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from twinbeam.admin.events_api import events_api
from twinbeam.admin.reconciling import OrderScope, last_days, reconciliation
from twinbeam.admin.token_record import KnownTokens
from twinbeam.core.clock import MS_PER_DAY, day_of
from twinbeam.core.events_api import EventsApi
from twinbeam.core.lifecycle import State
from twinbeam.core.outcomes import Finding, Outcome, Reason
from twinbeam.core.story import LastAnswer, Listed, PixelRow, SideSeen, Story, Total
from twinbeam.core.values import Side
from twinbeam.orders.reconciliation import OrderReads
from twinbeam.orders.sums import OrderSums, tally

DAYS = 7  #: how far back is looked, in UTC days, today among them
SAMPLE = 200  #: of the newest conversions, how many are looked at one by one
NO_ORDERS = tally([])
_RECORDED = "recorded"
_FINDING = "finding"


class Observed(Protocol):
    """The reading side of a store. Synchronous; raises StorageError."""

    @property
    def token_checks(self) -> KnownTokens:
        """TikTok's newest word on the token of each pixel."""
        ...

    @property
    def orders(self) -> OrderReads:
        """The orders of the ledger with their purchases."""
        ...

    def pixels(self) -> list[PixelRow]:
        """Return the configured pixels."""
        ...

    def totals(self, *, since_day: int = 0) -> list[Total]:
        """Return all counters from a UTC day on, added up over the days."""
        ...

    def sides_seen(self) -> list[SideSeen]:
        """Return when each side of each pixel last reported each event."""
        ...

    def last_answers(self) -> list[LastAnswer]:
        """Return TikTok's newest answer with a code to each pixel."""
        ...

    def in_state(self, states: Collection[str], *, limit: int, pixel: tuple[str, str] | None = None) -> Listed:
        """Return the newest conversions in some states, without copies and attempts."""
        ...

    def by_id(self, conversion_id: int) -> Story | None:
        """Return one conversion with its copies and attempts."""
        ...


class LaunchFacts(Struct, frozen=True):
    """What is known of one pixel."""

    row: PixelRow
    api: EventsApi
    counts: Mapping[tuple[str, str, str], int]  #: by event, outcome and reason, of the last 7 UTC days
    seen: Mapping[Side, int]  #: when each side last reported, in ms
    sample: Sequence[Story]  #: the newest conversions of the last 7 days, without copies
    pair: Story | None  #: the newest conversion that both sides reported, with its copies
    hosts: Sequence[str]  #: whose pages may report; empty: any
    now_ms: int
    orders: OrderSums = NO_ORDERS  #: those of the last 7 UTC days

    def count(self, outcome: str, reason: str = "", event: str = "") -> int:
        """Add up arrivals or conversions; what is left empty stands for any."""
        wanted = (event, outcome, reason)
        return sum(n for key, n in self.counts.items() if all(w in ("", k) for w, k in zip(wanted, key, strict=True)))

    def recorded(self, event: str = "") -> int:
        """Return how many arrivals of an event, or of all, were recorded."""
        return self.count(_RECORDED, event=event)

    def found(self, *findings: Finding) -> int:
        """Return how often copies, or the tag on its page, showed one of these."""
        return sum(self.count(_FINDING, finding) for finding in findings)

    def dropped(self, reason: Reason) -> int:
        """Return how many arrivals were not kept for a reason."""
        return self.count(Outcome.DROPPED, reason)

    def named(self, *events: str) -> list[Story]:
        """Return the conversions of the sample that have one of these names."""
        return [story for story in self.sample if story.event in events]


def launch_facts(
    observed: Observed, row: PixelRow, hosts: Sequence[str], now_ms: int, access_codes: Collection[int] = ()
) -> LaunchFacts:
    """Read all that is known of one pixel; for the reader's thread."""
    place = (row.workspace, row.code)
    since_ms = now_ms - DAYS * MS_PER_DAY
    listed = observed.in_state(_LOOKED_AT, limit=SAMPLE, pixel=place).stories
    sample = [story for story in listed if story.received_ms >= since_ms]
    question = OrderScope(last_days(now_ms, DAYS, row.workspace), pixel=place)
    counts: Counter[tuple[str, str, str]] = Counter()
    for total in observed.totals(since_day=day_of(now_ms) - DAYS + 1):
        if (total.workspace, total.pixel) == place:
            counts[total.event, total.outcome, total.reason] += total.n
    return LaunchFacts(
        row=row,
        api=events_api(row, observed.token_checks.find(*place), _refusal(observed, row, access_codes)),
        counts=counts,
        seen=_seen(observed, place),
        sample=sample,
        pair=_pair(observed, sample),
        hosts=row.rules.hosts or hosts,
        now_ms=now_ms,
        orders=reconciliation(observed.orders, observed.pixels(), question).total,
    )


#: All but tombstones, of which nothing is kept that could be looked at.
_LOOKED_AT = frozenset(State) - {State.DROPPED, State.ERASED}


def is_pair(story: Story) -> bool:
    """Return whether both sides reported a conversion."""
    return "browser" in story.channels and len(story.channels) > 1


def _pair(observed: Observed, sample: Sequence[Story]) -> Story | None:
    newest = next((story for story in sample if is_pair(story)), None)
    return None if newest is None else observed.by_id(newest.id)


def _seen(observed: Observed, place: tuple[str, str]) -> dict[Side, int]:
    seen: dict[Side, int] = {}
    for it in observed.sides_seen():
        if (it.workspace, it.pixel) == place:
            seen[Side(it.side)] = max(it.at_ms, seen.get(Side(it.side), 0))
    return seen


def _refusal(observed: Observed, row: PixelRow, access_codes: Collection[int]) -> LastAnswer | None:
    """Return TikTok's newest answer where it refuses the token that the pixel has now."""
    place = (row.workspace, row.code)
    answers = (it for it in observed.last_answers() if (it.workspace, it.pixel) == place and it.code in access_codes)
    answer = next(answers, None)
    return answer if answer is not None and answer.at_ms >= (row.token_ms or 0) else None
