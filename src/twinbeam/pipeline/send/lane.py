"""
One lane at work: it takes batches, keeps a few requests under way, and ends when nothing is due.

Natural batching: an idle lane sends whatever is there at once. While requests are under way, work accumulates and
leaves in fuller batches.
"""

import asyncio
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from twinbeam.core.clock import MS_PER_SECOND
from twinbeam.core.delivery import Accepted, Answered, Lane, Lease, Refused, TokenRejected, TryLater, Verdict
from twinbeam.pipeline.send.backoff import Backoff
from twinbeam.pipeline.send.brake import Brake
from twinbeam.pipeline.send.pace import Pace
from twinbeam.pipeline.send.ports import Ports
from twinbeam.pipeline.send.report import surprise

#: What the attempt log says; the batch may have been under way before, so nothing is known of what TikTok has.
_PUT_BACK = Answered(message="put back, because the lane is closed")


@dataclass(eq=False)
class Attempt:
    """
    A leased batch on its way to its fate.

    A verdict that could not be written down stays here, so that only the writing is tried again.
    """

    lease: Lease
    verdict: Verdict | None = None
    seconds: float = 0.0  #: how long the destination took


class LaneRun:
    """
    Sends what is due in one lane.

    It outlives its own runs: batches in hand, requests under way and the brake stay when a run ends or crashes.
    """

    def __init__(self, lane: Lane, ports: Ports, pace: Pace, stop: asyncio.Event) -> None:
        self.lane = lane
        self.brake = Brake(backoff=_lane_backoff(ports), clock=ports.clock, rng=ports.rng)
        self._backoff = _event_backoff(ports)
        self._ports = ports
        self._pace = pace
        self._stop = stop
        self._in_hand: deque[Attempt] = deque()
        self._flights: set[asyncio.Task[None]] = set()
        self._stirred = asyncio.Event()
        self._gathers_until = ports.clock.monotonic()

    @property
    def has_work_in_hand(self) -> bool:
        """Whether batches are leased here that are not under way."""
        return bool(self._in_hand)

    def take(self, leases: Iterable[Lease]) -> None:
        """Put batches that are leased already in front of everything else, in their order."""
        self._in_hand.extendleft([Attempt(lease) for lease in leases][::-1])

    def nudge(self) -> None:
        """Say that something may have become due."""
        self._stirred.set()

    async def run(self) -> bool:
        """
        Send until nothing is due or the lane is closed; raises what the store raises.

        Tells whether anything was sent: a lane that had nothing must not make the sender look again at once.
        """
        await self._linger()
        sent = False
        while True:
            self._stirred.clear()
            attempt = await self._next()
            if attempt is not None:
                self._launch(attempt)
                sent = True
            elif self._flights:
                await self._rest()
            else:
                return sent

    def crashed(self, error: Exception) -> None:
        """Report a surprise and keep the lane closed for a moment."""
        self._ports.report("send.crashed", lane=self.lane.name, **surprise(error))
        self.brake.pause(self._ports.policy.restart_ms)

    async def abandon(self) -> None:
        """Give up waiting for answers; whoever takes the batches over sends them again."""
        flights = list(self._flights)
        for flight in flights:
            flight.cancel()
        await asyncio.gather(*flights, return_exceptions=True)

    async def _linger(self) -> None:
        if self._ports.policy.linger_ms and not self._in_hand:
            await self._ports.sleep(self._ports.policy.linger_ms / MS_PER_SECOND)

    async def _next(self) -> Attempt | None:
        """Take the next batch, or None while nothing may start."""
        if self._stop.is_set() or len(self._flights) >= self._slots():
            return None
        if self.brake.closed:
            await self._put_back()
            return None
        if self._ports.is_stopped(self.lane):
            await self._put_back()
            return self._in_hand.popleft() if self._in_hand else None  # what is left has its answer already
        if attempt := await self._from_hand():
            return attempt
        return None if self._gathers_for() else await self._lease()

    async def _from_hand(self) -> Attempt | None:
        """Take the next batch in hand, less what was refused or erased while it waited here."""
        ports = self._ports
        while self._in_hand:
            attempt = self._in_hand.popleft()
            if attempt.verdict is not None:
                return attempt
            try:
                renew, now_ms = ports.leases.renew, ports.clock.now_ms()
                lease = await ports.on_store(
                    renew, attempt.lease, owner=ports.owner, now_ms=now_ms, compose=ports.compose
                )
            except BaseException:
                self._in_hand.appendleft(attempt)
                raise
            if lease is not None:
                return Attempt(lease)
        return None

    async def _put_back(self) -> None:
        """Let what would wait here for brake or start wait in the store, where refusals and erasures still reach it."""
        for attempt in [attempt for attempt in self._in_hand if attempt.verdict is None]:
            due_ms = self._ports.clock.now_ms() + round(self.brake.opens_in() * MS_PER_SECOND)
            await self._ports.settle(attempt.lease, TryLater(_PUT_BACK), due_ms=due_ms)
            self._in_hand.remove(attempt)
            batch, count = attempt.lease.batch, attempt.lease.count
            self._ports.report("send.put_back", lane=self.lane.name, batch=batch, count=count)

    def _slots(self) -> int:
        return 1 if self.brake.probing else self._ports.policy.in_flight

    def _gathers_for(self) -> float:
        """Give the seconds until a batch that is not full may follow the ones under way."""
        left = self._gathers_until - self._ports.clock.monotonic()
        return max(0.0, left) if self._flights else 0.0

    async def _lease(self) -> Attempt | None:
        ports, policy = self._ports, self._ports.policy
        limit = policy.probe_limit if self.brake.probing else policy.batch_limit
        lease = await ports.on_store(
            ports.leases.lease,
            self.lane,
            limit=limit,
            owner=ports.owner,
            now_ms=ports.clock.now_ms(),
            compose=ports.compose,
        )
        if lease is None:
            return None
        if lease.count < limit:
            self._gathers_until = ports.clock.monotonic() + policy.gather_ms / MS_PER_SECOND
        return Attempt(lease)

    def _launch(self, attempt: Attempt) -> None:
        flight = asyncio.create_task(self._fly(attempt), name=f"send {self.lane.name}")
        self._flights.add(flight)
        flight.add_done_callback(self._landed)

    def _landed(self, flight: asyncio.Task[None]) -> None:
        self._flights.discard(flight)
        self._stirred.set()

    async def _rest(self) -> None:
        """Wait until a request lands, somebody nudges, or the gathering is over."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._gathers_for() or None):
                await self._stirred.wait()

    async def _fly(self, attempt: Attempt) -> None:
        """Carry one batch to its fate; after a surprise it is back in hand, with what is known of it."""
        try:
            verdict = attempt.verdict or await self._deliver(attempt)
            fate = await self._conclude(attempt.lease, verdict)
        except Exception as error:  # noqa: BLE001 -- whatever it is, it must not take the batch or the lane with it
            self._in_hand.appendleft(attempt)
            self.crashed(error)
        else:
            self._tell(attempt, verdict, fate)

    async def _deliver(self, attempt: Attempt) -> Verdict:
        ports = self._ports
        if seconds := self._pace.reserve():
            await ports.sleep(seconds)
        began = ports.clock.monotonic()
        attempt.verdict = await ports.destination.deliver(attempt.lease)
        attempt.seconds = ports.clock.monotonic() - began
        self._feel(attempt.verdict)
        return attempt.verdict

    def _feel(self, verdict: Verdict) -> None:
        """Let the answer set the pace of the lane."""
        match verdict:
            case TokenRejected():
                self.brake.pause(self._ports.policy.token_pause_ms)
            case TryLater():
                self.brake.slow(verdict.after_seconds)
            case Accepted() | Refused():
                self.brake.clear()

    async def _conclude(self, lease: Lease, verdict: Verdict) -> str:
        if isinstance(verdict, Refused) and lease.count > 1:
            return await self._split(lease)
        return await self._ports.settle(lease, verdict, due_ms=self._due_ms(lease, verdict))

    async def _split(self, lease: Lease) -> str:
        """Send the halves in the place of a refused batch, until the culprit stands alone."""
        ports = self._ports
        halves = await ports.on_store(
            ports.leases.split,
            lease.batch,
            owner=ports.owner,
            now_ms=ports.clock.now_ms(),
            compose=ports.compose,
        )
        self.take(halves)
        return "split"

    def _due_ms(self, lease: Lease, verdict: Verdict) -> int:
        """Say when the batch may be tried again, should that be its fate."""
        now_ms = self._ports.clock.now_ms()
        match verdict:
            case TryLater():
                return now_ms + self._backoff.delay_ms(lease.attempt, self._ports.rng, verdict.after_seconds)
            case TokenRejected():
                return now_ms + self._ports.policy.token_pause_ms
            case Accepted() | Refused():
                return now_ms

    def _tell(self, attempt: Attempt, verdict: Verdict, fate: str) -> None:
        lease, answer = attempt.lease, verdict.answer
        self._ports.report(
            "send.attempted",
            lane=self.lane.name,
            batch=lease.batch,
            count=lease.count,
            attempt=lease.attempt,
            resent=lease.resent,
            verdict=type(verdict).__name__,
            status=answer.status,
            code=answer.code,
            request_id=answer.request_id,
            seconds=attempt.seconds,
            fate=fate,
        )


def _event_backoff(ports: Ports) -> Backoff:
    policy = ports.policy
    return Backoff(base_ms=policy.backoff_base_ms, cap_ms=policy.backoff_cap_ms, longest_wish_ms=policy.longest_wish_ms)


def _lane_backoff(ports: Ports) -> Backoff:
    policy = ports.policy
    return Backoff(base_ms=policy.backoff_base_ms, cap_ms=policy.lane_cap_ms, longest_wish_ms=policy.longest_wish_ms)
