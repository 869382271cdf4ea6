"""
Orders that nobody has told of for long are removed, and so is what was done: for persons, of files, of resends.

A run looks at a bounded number of rows and the next one goes on behind them, so no run holds the store for long: what
is late by a day is late enough.
"""

from collections.abc import Callable
from typing import Protocol

from twinbeam.core.clock import MS_PER_DAY, Clock
from twinbeam.jobs.contract import Job, OnStore
from twinbeam.orders.retention import KEEP_DAYS, AgingOrders, AgingRequests, AgingResends, KeepOrdersDays, ended

EVERY_SECONDS = 30.0
LOOKED_AT = 1_000  #: rows in a run: a million of them are looked through within nine hours


class OrderStore(Protocol):
    """The part of a store that keeps what shop systems said."""

    @property
    def orders(self) -> AgingOrders:
        """The ledger."""
        ...

    @property
    def person_requests(self) -> AgingRequests:
        """What persons asked for."""
        ...

    @property
    def resends(self) -> AgingResends:
        """Orders to send dead letters again."""
        ...


class OrderRetention:
    """Where the looking has come to."""

    def __init__(self, store: OrderStore, keep_days_of: KeepOrdersDays) -> None:
        self._store = store
        self._keep_days_of = keep_days_of
        self._after = 0

    def go_on(self, now_ms: int) -> None:
        """Look at the next rows, and remove what has come to its end; for the store's thread."""
        ages = self._store.orders.ages(after=self._after, limit=LOOKED_AT)
        if over := ended(ages, self._keep_days_of, now_ms):
            self._store.orders.forget(over)
        self._after = ages[-1].id if len(ages) == LOOKED_AT else 0
        before_ms = now_ms - KEEP_DAYS * MS_PER_DAY
        self._store.person_requests.forget_done(before_ms)
        self._store.orders.forget_imports(before_ms)
        self._store.resends.forget_done(before_ms)


def job(
    store: OrderStore, on_store: OnStore, clock: Clock, keep_days_of: KeepOrdersDays, *, is_due: Callable[[], bool]
) -> Job:
    """Return the job; it rests while nobody can be sure of the time."""
    retention = OrderRetention(store, keep_days_of)

    async def act() -> None:
        await on_store(retention.go_on, clock.now_ms())

    return Job(name="order_retention", every_seconds=EVERY_SECONDS, act=act, is_due=is_due)
