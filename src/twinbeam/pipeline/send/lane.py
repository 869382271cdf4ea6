"""
One lane at work: it takes batches, keeps a few requests under way, and ends when nothing is due.

Natural batching: an idle lane sends whatever is there at once. While requests are under way, work accumulates and
leaves in fuller batches.
"""

import asyncio
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace

from twinbeam.core.clock import MS_PER_SECOND
from twinbeam.core.delivery import Accepted, Answered, Lane, Lease, Refused, TokenRejected, TryLater, Verdict
from twinbeam.core.sending_waits import SendingWait, WaitCause
from twinbeam.pipeline.send.backoff import Backoff
from twinbeam.pipeline.send.bisection import Names, parts_of
from twinbeam.pipeline.send.circuit_breaker import CircuitBreaker
from twinbeam.pipeline.send.lane_turns import LaneTurns
from twinbeam.pipeline.send.order import Urgency, stretches
from twinbeam.pipeline.send.ports import Ports
from twinbeam.pipeline.send.report import surprise
from twinbeam.pipeline.send.turns import Turn, Turns

#: What the attempt log says; the batch may have been under way before, so nothing is known of what TikTok has.
_PUT_BACK = Answered(message="put back, because the lane is paused")


@dataclass(eq=False)
class LeasedBatch:
    """
    A leased batch, and what became of it so far.

    A verdict that could not be written down stays here, so that only the writing is tried again.
    """

    lease: Lease
    verdict: Verdict | None = None
    seconds: float = 0.0  #: how long the destination took
    names: Names = field(default_factory=Names)  #: shared by all parts of one refused batch
    turn: Turn | None = None  #: for its request, until that is over


class LaneRun:
    """
    Sends what is due in one lane.

    It outlives its own runs: leased batches, requests under way and circuit breaker stay when a run ends or crashes.
    """

    def __init__(self, lane: Lane, ports: Ports, turns: Turns, stop: asyncio.Event) -> None:
        self.lane = lane
        self.breaker = CircuitBreaker(backoff=_lane_backoff(ports), clock=ports.clock, rng=ports.rng)
        self._backoff = _event_backoff(ports)
        self._ports = ports
        self._turns = LaneTurns(lane, turns, self.wake)
        self._stop = stop
        self._leased: deque[LeasedBatch] = deque()
        self._requests: set[asyncio.Task[None]] = set()
        self._wakeup = asyncio.Event()
        self._gathers_until = ports.clock.monotonic()
        self._failure: TryLater | None = None  # what the last request came to, where it may be made again

    def wait(self) -> SendingWait | None:
        """Return why it sends nothing now, where its last request failed by nothing of the events or of the token."""
        if self._failure is None or not self.breaker.is_open:
            return None
        cause, answer = WaitCause.TOO_MANY if self._failure.too_many else WaitCause.FAILED, self._failure.answer
        until_ms = self._ports.clock.now_ms() + round(self.breaker.seconds_open() * MS_PER_SECOND)
        return SendingWait(cause, until_ms, answer.code, answer.status)

    @property
    def has_leased_work(self) -> bool:
        """Whether batches are leased here that are not under way."""
        return bool(self._leased)

    def take(self, leases: Iterable[Lease]) -> None:
        """Put batches that are leased already in front of everything else, in their order."""
        self._take([LeasedBatch(lease) for lease in leases])

    def look_for_backlog(self, found: bool) -> None:  # noqa: FBT001
        """Say whether the store holds backlog of this lane."""
        self._turns.has_backlog = found

    def wake(self) -> None:
        """Say that something may have become due."""
        self._wakeup.set()

    async def run(self) -> bool:
        """
        Send until nothing is due or the lane is paused; raises what the store raises.

        Tells whether anything was sent: a lane that had nothing must not make the sender look again at once.
        """
        await self._delay_batch()
        sent = False
        while True:
            self._wakeup.clear()
            leased = await self._next()
            if leased is not None:
                self._start_request(leased)
                sent = True
            elif self._requests or self._turns.are_awaited:
                await self._rest()
            else:
                return sent

    def crashed(self, error: Exception) -> None:
        """Report an unexpected error and pause the lane for a moment."""
        self._turns.give_all_back()
        self._ports.report("send.crashed", lane=self.lane.name, **surprise(error))
        self.breaker.trip(self._ports.policy.restart_ms)

    async def abandon(self) -> None:
        """Give up waiting for answers; whoever takes the batches over sends them again."""
        requests = list(self._requests)
        for request in requests:
            request.cancel()
        await asyncio.gather(*requests, return_exceptions=True)
        self._turns.give_all_back()

    def _take(self, leased: list[LeasedBatch]) -> None:
        self._leased.extendleft(leased[::-1])

    async def _delay_batch(self) -> None:
        if self._ports.policy.batch_delay_ms and not self._leased:
            await self._ports.sleep(self._ports.policy.batch_delay_ms / MS_PER_SECOND)

    async def _next(self) -> LeasedBatch | None:
        """Take the next batch, or None while nothing may start."""
        if not await self._may_start():
            self._turns.give_all_back()
            return None
        if self._leased and self._leased[0].verdict is not None:
            return self._leased.popleft()  # it has its answer already
        if self._gathers_for() and not self._leased:
            return None
        drained_ms = self._ports.drained_since(self.lane)
        for part in self._turns.parts(self._slots(), drained=drained_ms is not None):
            if self._turns.has(part) and (leased := await self._take_in_turn(part, drained_ms)):
                return leased
        return None

    async def _take_in_turn(self, part: Urgency, drained_ms: int | None) -> LeasedBatch | None:
        """Take a batch in a turn that has come, or give it back."""
        leased = await self._from_leased() or await self._lease(part, drained_ms)
        if leased is None:
            self._turns.found_none(part)
        elif leased.verdict is not None:
            self._turns.give_back(part)
        else:
            leased.turn = self._turns.use(part, leased.lease.count)
        return leased

    async def _may_start(self) -> bool:
        """Return whether a request may start; what the breaker or a stop holds back goes back to the store."""
        if self._stop.is_set() or len(self._requests) >= self._slots():
            return False
        if self.breaker.is_open:
            await self._put_back()
            return False
        if self._ports.is_stopped(self.lane):
            await self._put_back()
            return bool(self._leased)  # what is left has its answer already
        return True

    async def _from_leased(self) -> LeasedBatch | None:
        """Take the next batch that is leased here, less what was refused or erased while it waited here."""
        ports = self._ports
        while self._leased:
            leased = self._leased.popleft()
            if leased.verdict is not None:
                return leased
            try:
                renew, now_ms = ports.leases.renew, ports.clock.now_ms()
                lease = await ports.on_store(
                    renew, leased.lease, owner=ports.owner, now_ms=now_ms, compose=ports.compose
                )
            except BaseException:
                self._leased.appendleft(leased)
                raise
            if lease is not None:
                return replace(leased, lease=lease)
        return None

    async def _put_back(self) -> None:
        """Let what the breaker or a stop holds back wait in the store, where a refusal or an erasure reaches it."""
        for leased in [it for it in self._leased if it.verdict is None]:
            due_ms = self._ports.clock.now_ms() + round(self.breaker.seconds_open() * MS_PER_SECOND)
            await self._ports.settle(leased.lease, TryLater(_PUT_BACK), due_ms=due_ms)
            self._leased.remove(leased)
            batch, count = leased.lease.batch, leased.lease.count
            self._ports.report("send.put_back", lane=self.lane.name, batch=batch, count=count)

    def _slots(self) -> int:
        return 1 if self.breaker.is_half_open else self._ports.policy.in_flight

    def _gathers_for(self) -> float:
        """Return the seconds until a batch that is not full may follow the ones under way."""
        left = self._gathers_until - self._ports.clock.monotonic()
        return max(0.0, left) if self._requests else 0.0

    async def _lease(self, part: Urgency, drained_ms: int | None) -> LeasedBatch | None:
        """Lease what goes first of a part."""
        ports, policy = self._ports, self._ports.policy
        limit = policy.probe_limit if self.breaker.is_half_open else policy.batch_limit
        now_ms = ports.clock.now_ms()
        lease = await ports.on_store(
            ports.leases.lease,
            self.lane,
            limit=limit,
            owner=ports.owner,
            now_ms=now_ms,
            compose=ports.compose,
            stretches=stretches(part, now_ms, ports.ages, drained_ms),
        )
        if lease is None:
            return None
        if lease.count < limit:
            self._gathers_until = ports.clock.monotonic() + policy.gather_ms / MS_PER_SECOND
        return LeasedBatch(lease)

    def _start_request(self, leased: LeasedBatch) -> None:
        request = asyncio.create_task(self._send(leased), name=f"send {self.lane.name}")
        self._requests.add(request)
        request.add_done_callback(self._request_done)

    def _request_done(self, request: asyncio.Task[None]) -> None:
        self._requests.discard(request)
        self._wakeup.set()

    async def _rest(self) -> None:
        """Wait until a request is answered, `wake` is called, or the gathering is over."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._gathers_for() or None):
                await self._wakeup.wait()

    async def _send(self, leased: LeasedBatch) -> None:
        """Send one batch and settle it; after an unexpected error it is leased here again, with what is known of it."""
        try:
            verdict = leased.verdict or await self._deliver(leased)
            result = await self._settle(leased, verdict)
        except Exception as error:  # noqa: BLE001 -- whatever it is, it must not take the batch or the lane with it
            self._leased.appendleft(leased)
            self.crashed(error)
        else:
            self._report(leased, verdict, result)

    async def _deliver(self, leased: LeasedBatch) -> Verdict:
        ports, turn = self._ports, leased.turn
        began = ports.clock.monotonic()
        try:
            leased.verdict = self._capped(leased.lease, await ports.destination.deliver(leased.lease))
        finally:
            leased.turn = None
            if turn is not None:
                self._turns.ended(turn)
        leased.seconds = ports.clock.monotonic() - began
        leased.names.hear(leased.lease.batch, leased.verdict)
        self._update_breaker(leased.verdict)
        if turn is not None:
            self._turns.heard(turn, leased.verdict)
        return leased.verdict

    def _capped(self, lease: Lease, verdict: Verdict) -> Verdict:
        """Take an answer that nobody knows for a refusal once it has come too often: nothing is tried without end."""
        too_often = (
            isinstance(verdict, TryLater) and verdict.unknown and lease.attempt >= self._ports.policy.most_unknown
        )
        return Refused(verdict.answer) if too_often else verdict

    def _update_breaker(self, verdict: Verdict) -> None:
        """Tell the circuit breaker what the answer means for the lane."""
        match verdict:
            case TokenRejected():
                self._failure = None
                self.breaker.trip(self._ports.policy.token_pause_ms)
            case TryLater():
                self.breaker.record_failure(verdict.retry_after_seconds)
                self._failure = verdict
            case Accepted() | Refused():
                self._failure = None
                self.breaker.record_success()

    async def _settle(self, leased: LeasedBatch, verdict: Verdict) -> str:
        lease = leased.lease
        if isinstance(verdict, Refused) and lease.count > 1:
            return await self._split(lease, verdict, leased.names)
        return await self._ports.settle(lease, verdict, due_ms=self._due_ms(lease, verdict))

    async def _split(self, lease: Lease, verdict: Refused, names: Names) -> str:
        """Send parts in the place of a refused batch, until every culprit stands alone."""
        ports, named = self._ports, names.believed(verdict, lease.count)
        parts = await ports.on_store(
            ports.leases.split,
            lease.batch,
            verdict.answer,
            parts_of(lease.count, named),
            owner=ports.owner,
            now_ms=ports.clock.now_ms(),
            compose=ports.compose,
        )
        if named is not None and parts and parts[0] is not None:
            names.ask(parts[0].batch)
        self._take([LeasedBatch(part, names=names) for part in parts if part is not None])
        return "split"

    def _due_ms(self, lease: Lease, verdict: Verdict) -> int:
        """Return when the batch may be tried again, should it have to be."""
        now_ms = self._ports.clock.now_ms()
        match verdict:
            case TryLater():
                return now_ms + self._backoff.delay_ms(lease.attempt, self._ports.rng, verdict.retry_after_seconds)
            case TokenRejected():
                return now_ms + self._ports.policy.token_pause_ms
            case Accepted() | Refused():
                return now_ms

    def _report(self, leased: LeasedBatch, verdict: Verdict, result: str) -> None:
        lease, answer = leased.lease, verdict.answer
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
            seconds=leased.seconds,
            result=result,
        )


def _event_backoff(ports: Ports) -> Backoff:
    policy = ports.policy
    return Backoff(
        base_ms=policy.backoff_base_ms,
        cap_ms=policy.backoff_cap_ms,
        longest_retry_after_ms=policy.longest_retry_after_ms,
    )


def _lane_backoff(ports: Ports) -> Backoff:
    policy = ports.policy
    return Backoff(
        base_ms=policy.backoff_base_ms, cap_ms=policy.lane_cap_ms, longest_retry_after_ms=policy.longest_retry_after_ms
    )
