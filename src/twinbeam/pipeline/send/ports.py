"""The parts a sender is given: its store, its destination, the room behind it, and time, chance and threads."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import Random
from typing import ParamSpec, Protocol, TypeVar

from twinbeam.core.clock import Clock
from twinbeam.core.delivery import Lane, Lease, Verdict
from twinbeam.pipeline.send.contract import Compose, Destination, Leases
from twinbeam.pipeline.send.policy import Policy
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
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
