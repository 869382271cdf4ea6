"""
Alerts: facts are judged, conversions are counted by the hour, and what is to be told goes to its channels.

A message is stored before it is sent, and sent until its channel takes it or a day has passed: whoever is killed in
between sends it again, under the same id. Channels are told side by side, each in order; none holds another up.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from twinbeam.alerts.measures import Measured
from twinbeam.alerts.retrying import AlertNotice
from twinbeam.core.clock import Clock
from twinbeam.core.errors import StorageError
from twinbeam.jobs.contract import Act, Job, OnStore

JUDGE_SECONDS = 10.0
TELL_SECONDS = 5.0
COUNT_SECONDS = 60.0
MOST_ROUNDS = 100  #: messages to one channel in one run
CHUNK = 50_000  #: conversions counted in one reading
KEPT_HOURS = 8 * 24
SETTLED_MS = 120_000  #: after its end an hour is recorded, where the recorder is in time
_MS_PER_HOUR = 3_600_000

Place = tuple[str, str]
Send = Callable[[AlertNotice], Awaitable[str]]
"""Send a message; tells why it was not taken, or nothing. Raises nothing but a cancellation."""


class Outbox(Protocol):
    """The part of a store that knows what is to be told. For the store's thread; raises StorageError."""

    def sendable(self, now_ms: int) -> Sequence[AlertNotice]:
        """Return the next message of each channel that may be tried now."""
        ...

    def note(self, it: AlertNotice, trouble: str, now_ms: int) -> None:
        """Note how a try went."""
        ...


class CountedHours(Protocol):
    """Where conversions are counted by the hour. Raises StorageError."""

    def counted_hour(self) -> int | None:
        """Return the newest hour that was counted; on the store's thread."""
        ...

    def keep(self, hour: int, counts: dict[Place, int], *, forget_before: int) -> None:
        """Keep the count of an hour; on the store's thread."""
        ...

    def ids_between(self, since_ms: int, until_ms: int) -> tuple[int, int]:
        """Return the ids of a span of time, from the first to the first behind it; on the reader's thread."""
        ...

    def count(self, first: int, behind: int) -> dict[Place, int]:
        """Count conversions of some ids; on the reader's thread."""
        ...


class AlertsFailed(StorageError):  # noqa: N818 -- reads as the state it reports
    """A fault in alerts; they are tried again, and events go on."""


def guarded(act: Act) -> Act:
    """Let no fault in alerts end the process: the scheduler reports it, and events go on."""

    async def guard() -> None:
        try:
            await act()
        except (StorageError, OSError):
            raise
        except Exception as error:
            raise AlertsFailed(f"{type(error).__name__} in the job of alerts") from error

    return guard


@dataclass(kw_only=True, eq=False)
class Telling:
    """Sends what waits; `asked` is set where something new waits."""

    outbox: Outbox
    send: Send
    on_store: OnStore
    clock: Clock
    asked: bool = False

    async def act(self) -> None:
        """Send what may be sent now, to all channels side by side."""
        self.asked = False
        for _ in range(MOST_ROUNDS):
            notices = await self.on_store(self.outbox.sendable, self.clock.now_ms())
            if not notices:
                return
            await asyncio.gather(*(self._tell(it) for it in notices))

    async def _tell(self, it: AlertNotice) -> None:
        try:
            trouble = await self.send(it)
        except (StorageError, OSError):
            raise
        except Exception as error:  # noqa: BLE001 -- one message that cannot be sent must not hold up the others
            trouble = f"It could not be sent ({type(error).__name__})."
        await self.on_store(self.outbox.note, it, trouble, self.clock.now_ms())

    def job(self) -> Job:
        """Return the job; it also runs as soon as something new waits."""
        return Job(
            name="alert_messages",
            every_seconds=TELL_SECONDS,
            act=guarded(self.act),
            is_asked=lambda: self.asked,
            may_be_cut_off=True,
        )


def judging(
    look: Callable[[], Awaitable[Measured]], judge: Callable[[Measured], int], on_store: OnStore, telling: Telling
) -> Job:
    """Return the job that judges what is measured at a moment."""

    async def act() -> None:
        if await on_store(judge, await look()):
            telling.asked = True

    return Job(name="alerts", every_seconds=JUDGE_SECONDS, act=guarded(act))


def counting(
    hours: CountedHours, on_reader: OnStore, on_store: OnStore, clock: Clock, in_time: Callable[[], bool]
) -> Job:
    """Return the job that counts the conversions of each hour once it is over, and recorded: `in_time` tells."""

    async def act() -> None:
        if not in_time():
            return
        over = (clock.now_ms() - SETTLED_MS) // _MS_PER_HOUR - 1
        newest = await on_store(hours.counted_hour)
        first = over - KEPT_HOURS + 1 if newest is None else max(newest + 1, over - KEPT_HOURS + 1)
        for hour in range(first, over + 1):
            counts = await _count(hours, on_reader, hour)
            await on_store(lambda hour=hour, counts=counts: hours.keep(hour, counts, forget_before=over - KEPT_HOURS))  # type: ignore[misc]

    return Job(name="alert_volumes", every_seconds=COUNT_SECONDS, act=guarded(act), may_be_cut_off=True)


async def _count(hours: CountedHours, on_reader: OnStore, hour: int) -> dict[Place, int]:
    """Count an hour, some at a time."""
    first, behind = await on_reader(hours.ids_between, hour * _MS_PER_HOUR, (hour + 1) * _MS_PER_HOUR)
    counts: dict[Place, int] = {}
    for begin in range(first, behind, CHUNK):
        for place, n in (await on_reader(hours.count, begin, min(begin + CHUNK, behind))).items():
            counts[place] = counts.get(place, 0) + n
    return counts
