"""What the functions about product feeds need of a store. Synchronous; all raise StorageError."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from twinbeam.core.goods import Margin
from twinbeam.core.products import DayMatch, Feed, FeedProduct, UnknownId
from twinbeam.products.ids import Candidate
from twinbeam.products.matching import Named


class FeedReads(Protocol):
    """What pages and commands read."""

    def feeds(self) -> list[Feed]:
        """Return the feeds of all workspaces."""
        ...

    def matches(self, *, since_day: int) -> list[DayMatch]:
        """Return how many content ids were known, by day, workspace and pixel, from a UTC day on."""
        ...

    def unknown(self, workspace: str, pixel: str, *, since_day: int, limit: int) -> list[UnknownId]:
        """Return the content ids that were not known, those that came most often first, without advice."""
        ...

    def known(self, workspace: str, named: Iterable[Named]) -> frozenset[Named]:
        """Return which of some content ids the feed in force knows."""
        ...

    def candidates(self, workspace: str, ids: Sequence[str]) -> Mapping[str, list[Candidate]]:
        """Return to which products the loose forms of some ids lead."""
        ...

    def margins(self, conversions: Sequence[int]) -> Mapping[int, Margin]:
        """Return what the orders behind some conversions are worth, as far as that is kept."""
        ...


class FeedStore(FeedReads, Protocol):
    """What takes feeds in. Each change is durable when its call returns, or when the transaction it stands in does."""

    def address(self, workspace: str) -> str:
        """Return the address that is read on a schedule; "" for none."""
        ...

    def save_address(self, workspace: str, url: str, host: str, every_hours: int) -> None:
        """Keep the address, sealed; an empty one is forgotten."""
        ...

    def ask(self, workspace: str, *, asked: bool) -> None:
        """Ask that a feed is read as soon as may be, or note that it is being read."""
        ...

    def note_try(self, workspace: str, *, trouble: str, now_ms: int) -> None:
        """Note that a feed was looked at, and why nothing came of it; what is in force stays."""
        ...

    def begin_load(self, workspace: str, now_ms: int) -> int:
        """Begin to take a file in, beside what is in force."""
        ...

    def add(self, load: int, products: Sequence[FeedProduct]) -> set[str]:
        """Keep some products of a file; of an id that is there already the first stays. Returns those ids."""
        ...

    def finish_load(self, feed: Feed) -> bool:
        """Put a load in force; False where a later one was first."""
        ...

    def drop_some(self, now_ms: int, *, limit: int) -> bool:
        """Remove some products that are in force no more; tells whether there were any."""
        ...

    def remove_feed(self, workspace: str) -> None:
        """Forget a feed; its products go by and by."""
        ...
