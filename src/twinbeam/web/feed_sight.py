"""Product feeds as they may be seen: of one workspace, and by viewers without addresses."""

from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from twinbeam.admin.product_contract import FeedReads
from twinbeam.core.goods import Margin
from twinbeam.core.products import DayMatch, Feed, UnknownId
from twinbeam.products.ids import Candidate
from twinbeam.products.matching import Named


class FeedsOfWorkspace:
    """See admin.product_contract.FeedReads for the promises; all of it is of one workspace."""

    def __init__(self, reads: FeedReads, workspace: str) -> None:
        self._all = reads
        self._workspace = workspace

    def feeds(self) -> list[Feed]:
        """Return the feed of the workspace."""
        return [feed for feed in self._all.feeds() if feed.workspace == self._workspace]

    def matches(self, *, since_day: int) -> list[DayMatch]:
        """Return how many content ids were known, from a UTC day on."""
        return [it for it in self._all.matches(since_day=since_day) if it.workspace == self._workspace]

    def unknown(self, workspace: str, pixel: str, *, since_day: int, limit: int) -> list[UnknownId]:
        """Return the content ids that were not known."""
        own = workspace == self._workspace
        return self._all.unknown(workspace, pixel, since_day=since_day, limit=limit) if own else []

    def known(self, workspace: str, named: Iterable[Named]) -> frozenset[Named]:
        """Return which of some content ids the feed in force knows."""
        return self._all.known(workspace, named) if workspace == self._workspace else frozenset()

    def candidates(self, workspace: str, ids: Sequence[str]) -> Mapping[str, list[Candidate]]:
        """Return to which products the loose forms of some ids lead."""
        return self._all.candidates(workspace, ids) if workspace == self._workspace else {}

    def margins(self, conversions: Sequence[int]) -> Mapping[int, Margin]:
        """Return what the orders behind some conversions are worth; whoever asks has found these before."""
        return self._all.margins(conversions)


class FeedsWithoutAddresses:
    """See admin.product_contract.FeedReads for the promises; whoever may only look reads no address."""

    def __init__(self, reads: FeedReads) -> None:
        self._all = reads

    def feeds(self) -> list[Feed]:
        """Return the feeds, without where they come from."""
        return [replace(feed, host="", name="the shop") for feed in self._all.feeds()]

    def matches(self, *, since_day: int) -> list[DayMatch]:
        """Return how many content ids were known, from a UTC day on."""
        return self._all.matches(since_day=since_day)

    def unknown(self, workspace: str, pixel: str, *, since_day: int, limit: int) -> list[UnknownId]:
        """Return the content ids that were not known, but for those that are addresses."""
        found = self._all.unknown(workspace, pixel, since_day=since_day, limit=limit)
        return [it for it in found if "://" not in it.content_id]

    def known(self, workspace: str, named: Iterable[Named]) -> frozenset[Named]:
        """Return which of some content ids the feed in force knows."""
        return self._all.known(workspace, named)

    def candidates(self, workspace: str, ids: Sequence[str]) -> Mapping[str, list[Candidate]]:
        """Return to which products the loose forms of some ids lead."""
        return self._all.candidates(workspace, ids)

    def margins(self, conversions: Sequence[int]) -> Mapping[int, Margin]:
        """Return what the orders behind some conversions are worth; whoever asks has found these before."""
        return self._all.margins(conversions)
