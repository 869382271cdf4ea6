"""The jobs that work on the writer's store alone, joined."""

from collections.abc import Callable
from functools import partial

from twinbeam.admin.delivered_counts import DeliveredCounting
from twinbeam.app.known_time import Watch
from twinbeam.app.opening import Reporter
from twinbeam.app.person_requests import carry_out_requests
from twinbeam.app.sending import resend_step
from twinbeam.app.thread import Thread
from twinbeam.app.token_words import learn_of_deliveries
from twinbeam.core.clock import Clock
from twinbeam.engines.keyring import KeyRing
from twinbeam.engines.stores.sqlite.store import SqliteStore
from twinbeam.jobs import (
    checkpoints,
    delivered_counts,
    housekeeping,
    lookups,
    order_retention,
    person_requests,
    removed,
    resends,
    restored,
    token_checks,
)
from twinbeam.jobs.contract import Job
from twinbeam.settings import Settings


def store_jobs(  # noqa: PLR0913 -- a parts list
    settings: Settings,
    ring: KeyRing,
    store: SqliteStore,
    on_store: Thread,
    time: Watch,
    *,
    sends: Callable[[], bool],
    wake: Callable[[], None],
    keep_orders_days_of: Callable[[str], int],
) -> list[Job]:
    """Return them; what ends or sends something waits until all is in force and the time is sure."""
    clock, is_sure = time.clock, time.is_sure

    def may_act() -> bool:
        return sends() and is_sure()

    return [
        checkpoints.job(store, on_store),
        housekeeping.job(store, on_store, clock, is_sure),
        lookups.job(store, on_store, clock),
        removed.job(store, on_store, clock, is_due=sends),
        resends.job(resend_step(store), clock, on_store, wake, is_due=may_act),
        restored.job(store, clock, on_store, wake, is_due=may_act),
        token_checks.job(partial(learn_of_deliveries, store), on_store),
        person_requests.job(partial(carry_out_requests, settings, ring, store, clock), on_store, is_due=sends),
        delivered_counts.job(lambda: DeliveredCounting(store.delivered_counts), on_store, clock),
        order_retention.job(store, on_store, clock, keep_orders_days_of, is_due=may_act),
    ]


async def hold_restored(store: SqliteStore, on_store: Thread, clock: Clock, reports: Reporter) -> None:
    """Hold what a backup brought back that is too old by now: it may have been sent since. Raises StorageError."""
    if held := await on_store(store.hold_restored, clock.now_ms()):
        reports.happening("restored.held", count=held)
