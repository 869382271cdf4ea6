"""A feed's file on its way into a store: some products at a time, so that no lock is held for long."""

from collections.abc import Sequence
from itertools import islice
from typing import IO, Protocol

from twinbeam.core.products import Feed, FeedProduct, RowFault
from twinbeam.products.columns import product_of
from twinbeam.products.files import FeedUnreadable, opened

AT_ONCE = 500  #: products in one transaction
MOST_FAULTS = 100  #: that are told one by one


class Loads(Protocol):
    """The part of a store that takes products in."""

    def begin_load(self, workspace: str, now_ms: int) -> int:
        """Begin to take a file in."""
        ...

    def add(self, load: int, products: Sequence[FeedProduct]) -> set[str]:
        """Keep some products; returns the ids that were there already."""
        ...

    def finish_load(self, feed: Feed) -> bool:
        """Put a load in force; False where a later one was first."""
        ...


class FeedLoading:
    """One file; `read` and `keep` in turns until `read` returns nothing, then `finish`. Raises FeedUnreadable."""

    def __init__(self, file: IO[bytes], loads: Loads, workspace: str, name: str) -> None:
        self._loads, self._workspace, self._name = loads, workspace, name
        self._file = opened(file)
        self._load = 0
        self.rows = self.costed = self.faulty = 0
        self._faults: list[RowFault] = []

    def read(self) -> list[tuple[int, FeedProduct]]:
        """Return the next products with the numbers of their rows; nothing at the end of the file."""
        found: list[tuple[int, FeedProduct]] = []
        while not found and (rows := list(islice(self._file.rows, AT_ONCE))):
            for number, fields in rows:
                product, faults = product_of(number, fields)
                self._note(faults)
                if product is not None:
                    found.append((number, product))
        return found

    def keep(self, numbered: Sequence[tuple[int, FeedProduct]], now_ms: int) -> None:
        """Keep products; of an id that stands twice the first counts."""
        self._load = self._load or self._loads.begin_load(self._workspace, now_ms)
        first: dict[str, tuple[int, FeedProduct]] = {}
        twice = [(number, it.id) for number, it in numbered if first.setdefault(it.id, (number, it))[0] != number]
        there = self._loads.add(self._load, [product for _, product in first.values()])
        twice += [(first[id_][0], id_) for id_ in there]
        self._note([RowFault(number, id_, "id", _TWICE) for number, id_ in sorted(twice)])
        new = [product for _, product in first.values() if product.id not in there]
        self.rows += len(new)
        self.costed += sum(product.cost_micros is not None for product in new)

    def finish(self, now_ms: int, *, etag: str = "", modified: str = "") -> Feed:
        """Put the file's products in force and return the feed as it is now; raises FeedUnreadable."""
        if not self.rows:
            why = f" {self._faults[0].words}" if self._faults else ""
            raise FeedUnreadable(f"The file holds no product.{why}")
        feed = Feed(
            workspace=self._workspace,
            load=self._load,
            kind=self._file.kind,
            name=self._name,
            rows=self.rows,
            costed=self.costed,
            faulty=self.faulty,
            faults=tuple(self._faults),
            loaded_ms=now_ms,
            tried_ms=now_ms,
            etag=etag,
            modified=modified,
        )
        if not self._loads.finish_load(feed):
            raise FeedUnreadable("Another file was taken in meanwhile, and counts.")
        return feed

    def _note(self, faults: Sequence[RowFault]) -> None:
        self.faulty += len({fault.row for fault in faults})
        self._faults += faults[: MOST_FAULTS - len(self._faults)]


_TWICE = "Left out: a row before it has the same id. Give each product an id of its own."
