"""What jobs and their scheduler need from a store and from whoever joins them."""

from collections.abc import Awaitable, Callable, Sequence
from typing import ParamSpec, Protocol, TypeVar

from msgspec import Struct

P = ParamSpec("P")
T = TypeVar("T")

Act = Callable[[], Awaitable[None]]
Report = Callable[[str, Exception], None]
"""Take note of trouble with a job, by its name; must not raise."""


def _always() -> bool:
    return True


def _never() -> bool:
    return False


class OnStore(Protocol):
    """Runs a synchronous call of the store in the store's own thread."""

    async def __call__(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what the call returns, raise what it raises."""
        ...


class Job(Struct, frozen=True, kw_only=True):
    """Something to do again and again."""

    name: str
    every_seconds: float  #: from the end of one run to the begin of the next, give or take a tenth
    act: Act
    alone: bool = True  #: of all processes of an installation, only the one that holds the lease does it
    is_due: Callable[[], bool] = _always  #: whether there is anything to do yet; asked before each run
    is_asked: Callable[[], bool] = _never  #: whether it is to run before its time
    may_be_cut_off: bool = False  #: it goes on where it was, so that a stop need not wait for its end


class Run(Struct, frozen=True, kw_only=True):
    """What is known of a job's runs; times in ms since the epoch."""

    name: str
    every_ms: int
    last_ms: int | None = None  #: when the last run began
    took_ms: int = 0
    next_ms: int | None = None  #: about when the next one begins; None while nobody runs it
    trouble: str = ""  #: what kept the last run from its end


class RunLedger(Protocol):
    """The part of a store that knows who runs the jobs. Synchronous; called from the store's own thread."""

    def lead(self, owner: str, *, now_ms: int, until_ms: int, runs: Sequence[Run]) -> bool:
        """
        Take the lease, or renew it, and note the runs in the same transaction.

        False, with nothing changed, while another owner holds it.
        """
        ...

    def resign(self, owner: str, *, runs: Sequence[Run]) -> None:
        """Give the lease back and note the runs, unless another owner has it."""
        ...
