"""The parts a sender is given: its store, its destination, the room behind it, and time, chance and threads."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import Random
from typing import ParamSpec, Protocol, TypeVar

from twinbeam.core.clock import Clock
from twinbeam.core.delivery import Lane, Lease, Verdict
from twinbeam.pipeline.send.contract import Compose, Destination, Leases, RequestCounts
from twinbeam.pipeline.send.limits import Ages
from twinbeam.pipeline.send.policy import Policy
from twinbeam.pipeline.send.rates import Rates
from twinbeam.pipeline.send.report import Report, silent

P = ParamSpec("P")
T = TypeVar("T")


class OnStore(Protocol):
    """Runs a synchronous call of the store in the store's own thread."""

    async def __call__(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what the call returns, raise what it raises."""
        ...


class Settle(Protocol):
    """The room behind this one."""

    async def __call__(self, lease: Lease, verdict: Verdict, *, due_ms: int) -> str:
        """Write a verdict down durably and name what happened; `due_ms` is when to try again, if it has to be."""
        ...


def never(_lane: Lane) -> bool:
    """Stop no lane."""
    return False


def not_drained(_lane: Lane) -> int | None:
    """Drain no lane."""
    return None


AGES = Ages()

APP_RATES = Rates(1_000, 600_000, 86_400_000)
"""What TikTok lets an app have (tiktok.md 4.6)."""

PIXEL_RATES = Rates(per_second=100)
"""What one pixel may have of it, where its owner says nothing else: all of them share the app's."""


def pixel_rates(_lane: Lane) -> Rates:
    """Return what a pixel may have by default."""
    return PIXEL_RATES


@dataclass(kw_only=True, eq=False)
class Ports:
    """Everything outside of this room that sending uses."""

    leases: Leases
    settle: Settle
    destination: Destination
    compose: Compose
    clock: Clock
    rng: Random
    policy: Policy
    owner: str  #: names this process in its leases; a restarted process takes a new name
    on_store: OnStore
    report: Report = silent
    is_stopped: Callable[[Lane], bool] = never  #: whether the lane's owner lets nothing be sent for now
    drained_since: Callable[[Lane], int | None] = not_drained  #: what waited then is sent, and nothing else
    ages: Ages = AGES
    rates: Rates = APP_RATES
    pixel_rates: Callable[[Lane], Rates] = pixel_rates
    counts: RequestCounts | None = None  #: where requests are noted; without, limits hold while the process lives
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
