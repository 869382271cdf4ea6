"""The jobs that read much, on a connection and a thread of their own, joined."""

from collections.abc import Callable
from functools import partial

from twinbeam.app import weekly_reports
from twinbeam.app.alerts import FactReader, Reporter, Sending, alert_jobs
from twinbeam.app.checking import Checking
from twinbeam.app.known_time import Watch
from twinbeam.app.thread import Thread
from twinbeam.destinations.tiktok.verdicts import ACCESS_CODES
from twinbeam.engines.keyring import KeyRing
from twinbeam.engines.stores.sqlite.store import SqliteReader, SqliteStore
from twinbeam.jobs import pixel_weeks
from twinbeam.jobs.contract import Job
from twinbeam.observe.rejected_counts import rejected_counts_of
from twinbeam.pipeline.accept.directory import Directory
from twinbeam.settings import Settings


def counter_jobs(  # noqa: PLR0913 -- a parts list
    settings: Settings,
    ring: KeyRing,
    counter: SqliteReader,
    on_counter: Thread,
    store: SqliteStore,
    on_store: Thread,
    *,
    watch: Watch,
    lag_seconds: Callable[[], float],
    directory: Callable[[], Directory],
    reports: Reporter,
) -> list[Job]:
    """Return them."""
    clock = watch.clock
    facts = FactReader(
        settings=settings,
        ring=ring,
        reader=counter,
        on_reader=on_counter,
        watch=watch,
        lag_seconds=lag_seconds,
        directory=directory,
        backups=counter,
    )
    sending = Sending(settings=settings, store=store, on_store=on_store, clock=clock, reports=reports)
    return [
        pixel_weeks.job(counter, on_counter, store, on_store, clock),
        *weekly_reports.jobs(settings, counter, on_counter, store, on_store, clock),
        *alert_jobs(facts, sending),
        *Checking(
            store,
            counter,
            clock,
            ACCESS_CODES,
            partial(rejected_counts_of, settings.data),
            settings.pixel_requests_per_second,
        ).jobs(on_counter, on_store),
    ]
