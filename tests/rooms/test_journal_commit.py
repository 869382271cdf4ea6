"""Group commit: one seal and one append for all that two turns of the loop bring, and an answer for every caller."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import pytest

from signals import NOW, a_signal
from twinbeam.core.clock import HandClock
from twinbeam.core.errors import StorageBehind, StorageFull
from twinbeam.core.values import Sealed
from twinbeam.engines.memory import MemoryJournal
from twinbeam.pipeline.journal.codec import decode
from twinbeam.pipeline.journal.commit import GroupCommit


class SlowJournal(MemoryJournal):
    """A journal whose appends take time, and that can be told to refuse."""

    def __init__(self, clock: HandClock) -> None:
        super().__init__()
        self.clock = clock
        self.refusal: Exception | None = None

    def append(self, at_ms: int, count: int, body: bytes) -> int:
        self.clock.advance(seconds=0.25)
        if self.refusal is not None:
            raise self.refusal
        return super().append(at_ms, count, body)


class Desk:
    """A group commit with everything around it."""

    def __init__(self) -> None:
        self.clock = HandClock(NOW)
        self.journal = SlowJournal(self.clock)
        self.reports: list[dict[str, float]] = []
        self.sealed: list[str] = []  #: what went through the seal at once
        self.commit = GroupCommit(self.journal, clock=self.clock, report=lambda **said: self.reports.append(said))

    async def append(self, names: str) -> list[str]:
        """Bring an event for each letter; gives the ids that came back."""
        return [sealed.signal.event_id for sealed in await self.commit.append(names, self.seal)]

    def seal(self, names: Sequence[str]) -> list[Sealed]:
        self.sealed.append("".join(names))
        if "!" in names:
            raise ValueError("cannot be sealed")
        return [Sealed(a_signal(name), []) for name in names]

    def groups(self) -> list[list[str]]:
        return [[signal.event_id for signal in decode(group.body)] for group in self.journal.read(0, limit=2**62)]


def run(act: Callable[[Desk], Awaitable[object]]) -> Desk:
    async def on_a_loop() -> Desk:
        desk = Desk()
        async with asyncio.timeout(5):
            await act(desk)
        return desk

    return asyncio.run(on_a_loop())


def test_callers_of_one_turn_share_one_group() -> None:
    desk = run(
        lambda d: asyncio.gather(
            d.append("ab"),
            d.append("c"),
        )
    )
    assert desk.groups() == [["a", "b", "c"]]


def test_what_comes_in_the_next_turn_joins_the_group() -> None:
    async def act(desk: Desk) -> None:
        first = asyncio.create_task(desk.append("a"))
        await asyncio.sleep(0)  # the turn in which the first comes
        await asyncio.sleep(0)  # and the next one
        await desk.append("b")
        await first

    assert run(act).groups() == [["a", "b"]]


def test_what_comes_after_the_sync_makes_the_next_group() -> None:
    async def act(desk: Desk) -> None:
        await desk.append("a")
        await desk.append("b")

    assert run(act).groups() == [["a"], ["b"]]


def test_a_caller_returns_only_after_the_append() -> None:
    async def act(desk: Desk) -> None:
        waiting = asyncio.ensure_future(desk.append("a"))
        await asyncio.sleep(0)
        assert (waiting.done(), desk.groups()) == (False, [])
        await waiting
        assert desk.groups() == [["a"]]

    run(act)


def test_callers_of_one_group_are_sealed_together_and_each_gets_its_own() -> None:
    async def act(desk: Desk) -> None:
        assert await asyncio.gather(desk.append("ab"), desk.append("c")) == [["a", "b"], ["c"]]

    assert run(act).sealed == ["abc"]


def test_what_is_sealed_another_way_shares_the_group() -> None:
    def otherwise(names: Sequence[str]) -> list[Sealed]:
        return [Sealed(a_signal(name.upper()), []) for name in names]

    desk = run(lambda d: asyncio.gather(d.append("a"), d.commit.append("b", otherwise), d.append("c")))
    assert (desk.sealed, desk.groups()) == (["ac"], [["a", "B", "c"]])


def test_a_caller_whose_own_cannot_be_sealed_is_told_alone() -> None:
    async def act(desk: Desk) -> None:
        calls = [desk.append("a"), desk.append("b!"), desk.append("c")]
        one, culprit, other = await asyncio.gather(*calls, return_exceptions=True)
        assert (one, repr(culprit), other) == (["a"], "ValueError('cannot be sealed')", ["c"])

    assert run(act).groups() == [["a", "c"]]


def test_where_nothing_can_be_sealed_nothing_is_appended() -> None:
    async def act(desk: Desk) -> None:
        with pytest.raises(ValueError, match="cannot be sealed"):
            await desk.append("!")

    desk = run(act)
    assert (desk.groups(), desk.reports) == ([], [])


def test_each_group_is_reported_with_its_count_size_and_time() -> None:
    async def act(desk: Desk) -> None:
        await desk.append("ab")

    desk = run(act)
    (group,) = desk.journal.read(0, limit=2**62)
    assert (group.at_ms, group.count) == (NOW, 2)
    assert desk.reports == [{"count": 2, "size_bytes": len(group.body), "seconds": 0.25}]


@pytest.mark.parametrize("refusal", [StorageFull("full"), StorageBehind("behind"), ValueError("a surprise")])
def test_every_caller_of_a_group_that_failed_is_told(refusal: Exception) -> None:
    async def act(desk: Desk) -> None:
        desk.journal.refusal = refusal
        calls = [desk.append(name) for name in "ab"]
        told = await asyncio.gather(*calls, return_exceptions=True)
        assert told == [refusal, refusal]

    desk = run(act)
    assert (desk.groups(), desk.reports) == ([], [])


def test_after_a_failure_the_next_group_is_taken() -> None:
    async def act(desk: Desk) -> None:
        desk.journal.refusal = StorageFull("full")
        with pytest.raises(StorageFull):
            await desk.append("a")
        desk.journal.refusal = None
        await desk.append("b")

    assert run(act).groups() == [["b"]]


def test_a_caller_that_hangs_up_takes_nobody_along() -> None:
    async def act(desk: Desk) -> None:
        gone = asyncio.ensure_future(desk.append("a"))
        stays = asyncio.ensure_future(desk.append("b"))
        await asyncio.sleep(0)
        gone.cancel()
        await stays
        assert gone.cancelled()

    assert run(act).groups() == [["a", "b"]]


def test_nobody_has_to_hear_of_a_failure() -> None:
    """A warning about an exception that was never fetched would fail this test."""

    async def act(desk: Desk) -> None:
        desk.journal.refusal = StorageFull("full")
        gone = asyncio.ensure_future(desk.append("a"))
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.gather(gone, return_exceptions=True)
        await asyncio.sleep(0)

    assert run(act).groups() == []


def test_what_takes_long_is_sealed_in_smaller_steps_over_several_turns_and_written_as_it_gets_ready() -> None:
    desk = Desk()
    cost = 0.02  # of each event, in seconds

    def slow(names: Sequence[str]) -> list[Sealed]:
        desk.clock.advance(seconds=cost * len(names))
        return desk.seal(names)

    async def act() -> list[list[str]]:
        letters = ["abcdefghijklmnopqrst", "ABCDEFGH", "yz"]
        came = await asyncio.gather(*[desk.commit.append(names, slow) for names in letters])
        return [[one.signal.event_id for one in sealed] for sealed in came]

    assert asyncio.run(act()) == desk.groups() == [list("abcdefghijklmnopqrst"), list("ABCDEFGH"), ["y", "z"]]
    assert [len(names) for names in desk.sealed] == [16, 8, 4, 2]


def test_many_callers_are_sealed_in_growing_steps_and_written_as_one_group() -> None:
    desk = run(lambda d: asyncio.gather(*[d.append(letter) for letter in "abcdefghijklmnopqrstuvwxyz" * 10]))
    assert [len(names) for names in desk.sealed] == [16, 32, 64, 128, 20]
    assert len(desk.groups()) == 1


def test_who_cannot_be_sealed_in_a_later_step_is_told_alone() -> None:
    async def act(desk: Desk) -> None:
        good, bad = await asyncio.gather(
            desk.append("a"), desk.append("bcdefghijklmnopqrstuvw!"), return_exceptions=True
        )
        assert good == ["a"]
        assert isinstance(bad, ValueError)
        assert await desk.append("z") == ["z"]

    assert run(act).groups() == [["a"], ["z"]]
