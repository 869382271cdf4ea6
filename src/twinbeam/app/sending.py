"""Sending and settling, joined: what is due in the store goes to TikTok, and its answers go into the store."""

from collections.abc import Callable
from functools import partial
from random import Random

from twinbeam.admin.dead_letters import ResendTerms, carry_out
from twinbeam.app.flows import LiveFlows, app_rates, pixel_rates
from twinbeam.app.known_time import Watch
from twinbeam.app.thread import Thread
from twinbeam.core.clock import Clock
from twinbeam.core.dead_letters import Resend
from twinbeam.core.delivery import Lane
from twinbeam.destinations.tiktok.client import TikTok
from twinbeam.destinations.tiktok.verdicts import NOT_TAKEN
from twinbeam.destinations.tiktok.wire import compose
from twinbeam.engines.stores.sqlite.store import SqliteStore
from twinbeam.jobs.overdue import Overdue
from twinbeam.pipeline.send.lanes import Sender
from twinbeam.pipeline.send.policy import Policy
from twinbeam.pipeline.settle.settle import Settler
from twinbeam.settings import Settings

#: What decides whether a dead letter may be sent again, for the pages and commands as well.
RESEND_TERMS = ResendTerms(never_taken=NOT_TAKEN)
LONGEST_TWIN_MS = 300_000  #: a first copy waits for TikTok's script at most 270 s (core/rules.py)


def joined_sender(  # noqa: PLR0913 -- a parts list
    store: SqliteStore,
    destination: TikTok,
    settings: Settings,
    *,
    owner: str,
    clock: Clock,
    on_store: Thread,
    report: Callable[..., None],
    is_stopped: Callable[[Lane], bool],
    flows: LiveFlows,
) -> Sender:
    """Join the sender of one writer with what it reads from and writes to."""
    settler = Settler(ledger=store, owner=owner, clock=clock, on_store=on_store, not_taken=NOT_TAKEN)
    return Sender(
        leases=store,
        settle=settler.settle,
        destination=destination,
        compose=compose,
        clock=clock,
        rng=Random(),  # noqa: S311 -- jitter, not secrets
        policy=Policy(in_flight=settings.in_flight, batch_delay_ms=settings.batch_delay_ms),
        owner=owner,
        on_store=on_store,
        report=report,
        is_stopped=lambda lane: is_stopped(lane) or flows.is_paused(lane),
        drained_since=flows.drained_since,
        rates=app_rates(settings),
        pixel_rates=pixel_rates(settings, flows),
        counts=store.request_counts,
    )


def resend_step(store: SqliteStore) -> Callable[[int], Resend | None]:
    """Join what carries orders to send again out, a step at a time."""
    return partial(carry_out, store, RESEND_TERMS)


def joined_end(sender: Sender, store: SqliteStore, settings: Settings, time: Watch, on_store: Thread) -> Overdue:
    """Join what lets conversions end that have waited for too long."""
    return Overdue(
        store=store,
        on_store=on_store,
        clock=time.clock,
        is_sure=time.is_sure,
        wake=sender.wake,
        longest_wait_ms=max(sender.policy.longest_wait_ms, settings.join_window_ms) + LONGEST_TWIN_MS,
    )
