"""Which rows of the shops' orders have come to their end: those of orders that nobody has told of for long."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, Protocol

from twinbeam.core.clock import MS_PER_DAY

KEEP_DAYS = 400  #: what was done for persons, of files and of resends; as long as keys of orders

KeepOrdersDays = Callable[[str], int]
"""How long a workspace keeps its orders."""


class OrderAge(NamedTuple):
    """A row of the ledger, as far as its end goes."""

    id: int
    workspace: str
    heard_ms: int  #: when something of it last changed


class AgingOrders(Protocol):
    """The part of a store that forgets orders. Synchronous; called on the store's own thread."""

    def ages(self, *, after: int, limit: int) -> list[OrderAge]:
        """Return the next rows by their ids."""
        ...

    def forget(self, ids: Sequence[int]) -> None:
        """Remove rows, and what leads from them to conversions."""
        ...

    def forget_imports(self, before_ms: int) -> None:
        """Remove how far files were imported that nobody has gone on with since a moment."""
        ...


class AgingRequests(Protocol):
    """The part of a store that forgets what was carried out for persons."""

    def forget_done(self, before_ms: int) -> None:
        """Remove what was done before a moment; what is not done stays."""
        ...


class AgingResends(Protocol):
    """The part of a store that forgets resends."""

    def forget_done(self, before_ms: int) -> None:
        """Remove what was asked for before a moment, and is carried out."""
        ...


def ended(ages: Iterable[OrderAge], keep_days_of: KeepOrdersDays, now_ms: int) -> list[int]:
    """Return the rows that are older than their workspace keeps them."""
    return [it.id for it in ages if it.heard_ms < now_ms - keep_days_of(it.workspace) * MS_PER_DAY]
