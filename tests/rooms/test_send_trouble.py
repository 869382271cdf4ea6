import asyncio
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import NOW_MS
from sending import BAD, BUSY, NO_TOKEN, OK, SendingRoom, first, ids_in, in_turn, quiet, until
from twinbeam.core.clock import SystemClock
from twinbeam.core.delivery import Answered, TryLater

OTHER = "C0ANOTHERPIXELCODE20"


def test_a_refused_token_pauses_only_its_own_lane():
    async def story():
        room = SendingRoom(lambda lease: NO_TOKEN if lease.lane.name == OTHER else OK)
        (paused,), sent = room.add(1, pixel=OTHER), room.add(3)
        async with room.running() as sender:
            await until(lambda: room.states() == {"waiting": 1, "delivered": 3})
            for _ in range(5):
                later = room.add(1, pixel=OTHER) + room.add(1)
                sender.wake()
                await until(lambda later=later: room.state(later[1]) == "delivered")
            assert room.destination.sizes(OTHER) == [1]
        (story_of_paused,) = room.store.by_event_id("default", paused)
        assert story_of_paused.due_ms == NOW_MS + 60_000
        assert {room.state(event_id) for event_id in sent} == {"delivered"}

    asyncio.run(story())


def test_a_paused_lane_resumes_by_itself_once_the_token_is_good():
    async def story():
        room = SendingRoom(in_turn(NO_TOKEN, NO_TOKEN, OK))
        room.add(50)
        async with room.running() as sender:
            for attempt in (1, 2):
                await until(lambda attempt=attempt: len(room.destination.sent) == attempt)
                await until(lambda: "leased" not in room.states())
                room.clock.advance(ms=59_999)
                sender.wake()
                await quiet()
                assert len(room.destination.sent) == attempt
                room.clock.advance(ms=1)
                sender.wake()
            await until(lambda: room.states() == {"delivered": 50})
        assert room.destination.sizes() == [50, 20, 20, 30]

    asyncio.run(story())


def test_an_outage_costs_a_request_now_and_then_and_not_the_whole_backlog():
    async def story():
        room = SendingRoom(lambda lease: BUSY)
        room.add(8_000)
        async with room.running() as sender:
            await until(lambda: "waiting" in room.states())
            await until(lambda: "leased" not in room.states())
            first_wave = len(room.destination.sent)
            assert first_wave <= 4
            for _ in range(30):
                room.clock.advance(seconds=60)
                sender.wake()
                await quiet()
            probes = room.destination.sizes()[first_wave:]
            assert 5 <= len(probes) <= 30
            assert set(probes) == {20}
        assert room.states()["ready"] >= 8_000 - 4_000 - 30 * 20

    asyncio.run(story())


def test_the_end_of_an_outage_lets_everything_go():
    async def story():
        room = SendingRoom(in_turn(*[BUSY] * 5, OK))
        room.add(3_000)
        async with room.running() as sender:
            for _ in range(10):
                room.clock.advance(seconds=1_000)
                sender.wake()
                await quiet()
            await until(lambda: room.states() == {"delivered": 3_000})
        assert room.destination.sizes()[-1] > 20

    asyncio.run(story())


def test_what_the_destination_asks_for_in_retry_after_is_honoured_for_the_events_and_for_the_lane():
    async def story():
        later = TryLater(Answered(429, 40100), retry_after_seconds=300.0, arrived=False)
        room = SendingRoom(in_turn(later, OK))
        (asked_to_wait,) = room.add(1)
        async with room.running() as sender:
            await until(lambda: room.state(asked_to_wait) == "waiting")
            (story_of_it,) = room.store.by_event_id("default", asked_to_wait)
            assert NOW_MS + 300_000 <= story_of_it.due_ms <= NOW_MS + 301_000
            room.add(1)
            room.clock.advance(seconds=299)
            sender.wake()
            await quiet()
            assert room.destination.sizes() == [1]
            room.clock.advance(seconds=3)
            sender.wake()
            await until(lambda: room.states() == {"delivered": 2})

    asyncio.run(story())


def test_each_failure_of_an_event_makes_it_wait_longer():
    async def story():
        room = SendingRoom(lambda lease: BUSY)
        (event_id,) = room.add(1)
        waits = []
        async with room.running() as sender:
            for attempt in range(1, 9):
                await until(lambda attempt=attempt: len(room.destination.sent) == attempt)
                await until(lambda: room.state(event_id) == "waiting")
                (story_of_it,) = room.store.by_event_id("default", event_id)
                waits.append(story_of_it.due_ms - room.clock.now_ms())
                room.clock.advance(ms=max(waits[-1], 60_000))
                sender.wake()
        assert [lease.attempt for lease in room.destination.sent[:8]] == list(range(1, 9))
        assert all(wait <= 1_000 << number for number, wait in enumerate(waits))
        assert max(waits) > 4_000

    asyncio.run(story())


@settings(max_examples=30)
@given(st.data())
def test_a_poisoned_event_ends_alone_and_its_neighbours_are_delivered(data):
    count = data.draw(st.integers(1, 60))
    poison = data.draw(st.sets(st.integers(0, count - 1), max_size=5))

    async def story():
        bad = set()
        room = SendingRoom(lambda lease: BAD if bad & set(ids_in(lease)) else OK)
        ids = room.add(count)
        bad.update(ids[number] for number in poison)
        async with room.running():
            await until(lambda: set(room.states()) <= {"delivered", "refused"})
        assert {event_id for event_id in ids if room.state(event_id) == "refused"} == bad
        accepted = Counter(
            each for lease in room.destination.sent if not bad & set(ids_in(lease)) for each in ids_in(lease)
        )
        assert set(accepted.values()) <= {1}

    asyncio.run(story())


def test_one_poisoned_event_among_a_thousand_costs_about_twenty_requests():
    async def story():
        culprit = []
        room = SendingRoom(lambda lease: BAD if culprit[0] in lease.body else OK)
        ids = room.add(1_000)
        culprit.append(f'"{ids[600]}"'.encode())
        async with room.running():
            await until(lambda: room.states() == {"delivered": 999, "refused": 1})
        assert len(room.destination.sent) <= 21

    asyncio.run(story())


def test_a_store_that_is_busy_for_a_while_stops_nothing_for_good():
    async def story():
        room = SendingRoom(fails=first(2, "due_lanes"))
        room.add(2)
        async with room.running():
            await until(lambda: room.states() == {"delivered": 2})

    asyncio.run(story())


def test_a_lane_that_crashes_starts_again_after_a_moment_and_the_others_go_on():
    async def story():
        room = SendingRoom(fails=first(1, "lease", OTHER))
        room.add(2, pixel=OTHER)
        room.add(2)
        async with room.running() as sender:
            await until(lambda: room.states() == {"ready": 2, "delivered": 2})
            (told,) = room.told("send.crashed")
            assert (told["lane"], told["error"]) == (OTHER, "StorageBusy")
            sender.wake()
            await quiet()
            assert room.states()["ready"] == 2
            room.clock.advance(seconds=1)
            sender.wake()
            await until(lambda: room.states() == {"delivered": 4})

    asyncio.run(story())


def test_a_destination_that_raises_gets_the_same_bytes_again_later():
    async def story():
        answers = [ValueError("boom"), OK]

        def answer(lease):
            said = answers.pop(0)
            if isinstance(said, Exception):
                raise said
            return said

        room = SendingRoom(answer)
        room.add(2)
        async with room.running() as sender:
            await until(lambda: room.states() == {"waiting": 2})
            assert room.told("send.crashed")
            room.clock.advance(seconds=1)
            sender.wake()
            await until(lambda: room.states() == {"delivered": 2})
        first, second = room.destination.sent
        assert first.body == second.body

    asyncio.run(story())


def test_what_was_refused_while_it_waited_for_its_turn_is_not_sent():
    async def story():
        turn = asyncio.Event()

        async def answer(lease):
            if lease.count == 2:
                return BAD
            await turn.wait()
            return OK

        room = SendingRoom(answer, in_flight=1)
        ids = room.add(2)
        async with room.running():
            await until(lambda: len(room.destination.sent) == 2)
            room.refuse(ids[1])
            turn.set()
            await until(lambda: room.states() == {"delivered": 1, "withdrawn": 1})
        assert [ids_in(lease) for lease in room.destination.sent] == [ids, [ids[0]]]

    asyncio.run(story())


def test_what_was_refused_while_its_lane_was_paused_is_not_sent():
    """A refused batch was split, and its halves came back to a lane that another answer had paused meanwhile."""

    async def story():
        closed = asyncio.Event()

        async def answer(lease):
            if lease.count == 1:
                return BUSY
            await closed.wait()
            return BAD

        room = SendingRoom(answer, batch_limit=2, in_flight=2, gather_ms=0)
        halves, last = room.add(2), room.add(1)
        async with room.running() as sender:
            await until(lambda: room.state(last[0]) == "waiting")
            closed.set()
            await until(lambda: room.states() == {"waiting": 3})
            room.refuse(halves[0])
            room.destination.answer = lambda lease: OK
            room.clock.advance(seconds=3_600)
            sender.wake()
            await until(lambda: room.states() == {"withdrawn": 1, "delivered": 2})
        assert [halves[0] in ids_in(lease) for lease in room.destination.sent].count(True) == 1

    asyncio.run(story())


@pytest.mark.parametrize(("verdict", "state"), [(OK, "delivered"), (BAD, "refused")])
def test_a_verdict_that_could_not_be_written_is_written_later_without_another_request(verdict, state):
    async def story():
        room = SendingRoom(lambda lease: verdict, fails=first(3, "settle_"))
        room.add(1)
        async with room.running() as sender:
            for crash in (1, 2, 3):
                await until(lambda crash=crash: len(room.told("send.crashed")) == crash)
                room.clock.advance(seconds=1)
                sender.wake()
            await until(lambda: room.states() == {state: 1})
        assert len(room.destination.sent) == 1

    asyncio.run(story())


def test_a_retry_starts_when_it_is_due_and_not_at_the_next_look():
    async def story():
        clock = SystemClock()
        room = SendingRoom(in_turn(BUSY, BUSY, OK), clock=clock, look_ms=60_000, backoff_base_ms=10)
        room.add(1)
        async with room.running():
            await until(lambda: room.states() == {"delivered": 1})
        assert len(room.destination.sent) == 3

    asyncio.run(story())


def test_an_event_that_is_due_later_than_its_lane_opens_is_sent_when_it_is_due():
    async def story():
        policy = {"look_ms": 60_000, "backoff_base_ms": 100, "lane_cap_ms": 1}
        room = SendingRoom(in_turn(BUSY, OK), clock=SystemClock(), **policy)
        room.add(1)
        async with room.running():
            await until(lambda: room.states() == {"delivered": 1})
        assert len(room.destination.sent) == 2

    asyncio.run(story())
