"""How much each pixel may get by what its owner decided, as the sender asks for it."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from twinbeam.admin.token_check import OnStore
from twinbeam.core.clock import Clock
from twinbeam.core.delivery import Lane
from twinbeam.core.errors import StorageBusy, StorageError, StorageFull
from twinbeam.core.story import Flow
from twinbeam.pipeline.record.policy import Terms
from twinbeam.pipeline.send.contract import RequestCounts
from twinbeam.pipeline.send.rates import Rates
from twinbeam.pipeline.send.turns import APP
from twinbeam.settings import Settings

Flows = Mapping[tuple[str, str], Flow]
"""What is paused or drained, by workspace and code."""


class LiveFlows:
    """
    Which pixels are paused or drained; replaced as a whole.

    What was read last stays in force while it cannot be read: what is sent cannot be taken back, and what is held
    waits seven days. A start that cannot read it knows of no pause and sends, since nobody paused most pixels, and
    holding all of them would let their events expire for one damaged table.
    """

    def __init__(self, terms_of: Callable[[str, str], Terms]) -> None:
        self._terms_of = terms_of
        self._flows: Flows = {}

    @property
    def known(self) -> Flows:
        """What is in force, by workspace and code."""
        return self._flows

    def update(self, flows: Flows) -> set[tuple[str, str]]:
        """Take in what was decided; returns the pixels that go on or go otherwise than before."""
        before, self._flows = self._flows, flows
        return {place for place, flow in before.items() if self._flows.get(place) != flow}

    def is_paused(self, lane: Lane) -> bool:
        """Return whether nothing is sent to a pixel for now."""
        flow = self._flows.get((lane.workspace, lane.source_id))
        return flow is not None and flow.mode == "paused"

    def drained_since(self, lane: Lane) -> int | None:
        """Return since when a pixel is drained, or None where it is not."""
        flow = self._flows.get((lane.workspace, lane.source_id))
        return flow.since_ms if flow is not None and flow.mode == "draining" else None

    def rates(self, lane: Lane, per_second: int) -> Rates:
        """Return the limits of a pixel, with what a second's is unless its owner says."""
        rules = self._terms_of(lane.workspace, lane.source_id).rules
        return Rates(rules.requests_per_second or per_second, rules.requests_per_minute, rules.requests_per_day)


async def taken_flows(
    flows: LiveFlows, read: Callable[[], Flows], on_store: OnStore, trouble: Callable[..., None]
) -> set[tuple[str, str]]:
    """Take in what was decided, and return whom it changes; where it cannot be read, what was read before counts."""
    try:
        return flows.update(await on_store(read))
    except (StorageBusy, StorageFull):
        raise  # it passes, and the next look takes it in
    except StorageError as error:
        trouble("upkeep.crashed", what="pauses", error=type(error).__name__, detail=str(error))
        return set()


def pixel_rates(settings: Settings, flows: LiveFlows) -> Callable[[Lane], Rates]:
    """Return what tells the limits of a lane's pixel."""
    return lambda lane: flows.rates(lane, settings.pixel_requests_per_second)


def app_rates(settings: Settings) -> Rates:
    """Return the limits of all pixels together."""
    return Rates(settings.requests_per_second, settings.requests_per_minute, settings.requests_per_day)


def asking(counts: RequestCounts, settings: Settings, clock: Clock, on_store: OnStore) -> Callable[[], Awaitable[bool]]:
    """Return what notes one request beside those of the sender, and tells whether it may be made."""

    async def may_ask() -> bool:
        return await on_store(partial(note_requests, counts, settings, clock, 1, owner="token check"))

    return may_ask


def note_requests(counts: RequestCounts, settings: Settings, clock: Clock, count: int, *, owner: str) -> bool:
    """Note requests beside those of the sender before they are made, and return whether all of them may be."""
    noted = counts.note(APP, count, most=settings.requests_per_day, owner=owner, now_ms=clock.now_ms())
    return noted.more == count
