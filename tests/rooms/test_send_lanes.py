import asyncio
import json
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import NOW_MS, PIXEL
from sending import BAD, BUSY, NO_TOKEN, OK, SendingRoom, in_turn, quiet, until
from twinbeam.core.clock import SystemClock
from twinbeam.core.delivery import Answered, TryLater
from twinbeam.core.errors import StorageBusy

OTHER = "C0ANOTHERPIXELCODE20"


def ids_in(lease):
    return [event["event_id"] for event in json.loads(lease.body)["data"]]


def test_what_is_due_is_delivered_once():
    async def story():
        room = SendingRoom()
        ids = room.add(5)
        async with room.running():
            await until(lambda: room.states() == {"delivered": 5})
        assert [ids_in(lease) for lease in room.destination.sent] == [ids]

    asyncio.run(story())


def test_an_idle_lane_sends_a_lone_event_at_once():
    async def story():
        room = SendingRoom()
        async with room.running() as sender:
            for _ in range(3):
                (event_id,) = room.add(1)
                sender.wake()
                await until(lambda event_id=event_id: room.state(event_id) == "delivered")
        assert room.destination.sizes() == [1, 1, 1]
        assert room.slept == []

    asyncio.run(story())


def test_a_backlog_leaves_in_full_batches():
    async def story():
        room = SendingRoom()
        room.add(2_500)
        async with room.running():
            await until(lambda: room.states() == {"delivered": 2_500})
        assert room.destination.sizes() == [1_000, 1_000, 500]

    asyncio.run(story())


def test_no_batch_is_larger_than_the_policy_allows():
    async def story():
        room = SendingRoom(batch_limit=7)
        room.add(30)
        async with room.running():
            await until(lambda: room.states() == {"delivered": 30})
        assert room.destination.sizes() == [7, 7, 7, 7, 2]

    asyncio.run(story())


def test_events_gather_while_a_request_is_under_way():
    async def story():
        answered = asyncio.Event()

        async def late(lease):
            await answered.wait()
            return OK

        room = SendingRoom(late, gather_ms=50)
        room.add(1)
        async with room.running() as sender:
            await until(lambda: room.destination.sizes() == [1])
            for _ in range(3):
                room.add(1)
                sender.wake()
                await quiet()
            assert room.destination.sizes() == [1]
            room.clock.advance(ms=50)
            sender.wake()
            await until(lambda: room.destination.sizes() == [1, 3])
            answered.set()

    asyncio.run(story())


def test_an_answer_lets_the_gathered_events_go_before_their_time():
    async def story():
        answered = asyncio.Event()

        async def late(lease):
            await answered.wait()
            return OK

        room = SendingRoom(late, gather_ms=50)
        room.add(1)
        async with room.running() as sender:
            await until(lambda: room.destination.sizes() == [1])
            room.add(3)
            sender.wake()
            await quiet()
            answered.set()
            await until(lambda: room.states() == {"delivered": 4})
        assert room.destination.sizes() == [1, 3]

    asyncio.run(story())


def test_a_lane_that_lingers_sends_fuller_batches():
    async def story():
        room = SendingRoom(linger_ms=200)
        room.add(1)
        async with room.running():
            await until(lambda: room.states() == {"delivered": 1})
        assert room.slept == [0.2]

    asyncio.run(story())


def test_a_lane_never_has_more_requests_under_way_than_allowed():
    async def story():
        answered = asyncio.Event()

        async def late(lease):
            await answered.wait()
            return OK

        room = SendingRoom(late, batch_limit=10, in_flight=4)
        room.add(100)
        async with room.running() as sender:
            await until(lambda: len(room.destination.sent) == 4)
            sender.wake()
            await quiet()
            assert room.states() == {"leased": 40, "ready": 60}
            answered.set()
            await until(lambda: room.states() == {"delivered": 100})
        assert room.destination.most_under_way[PIXEL] == 4

    asyncio.run(story())


def test_a_hanging_pixel_delays_no_other():
    async def story():
        never = asyncio.Event()

        async def hang(lease):
            await never.wait()

        room = SendingRoom(lambda lease: hang(lease) if lease.lane.name == OTHER else OK, farewell_ms=1)
        room.add(5_000, pixel=OTHER)
        async with room.running() as sender:
            await until(lambda: len(room.destination.sizes(OTHER)) == 4)
            for _ in range(5):
                (event_id,) = room.add(1)
                sender.wake()
                await until(lambda event_id=event_id: room.state(event_id) == "delivered")

    asyncio.run(story())


def test_a_hanging_request_does_not_hold_up_later_events_of_its_own_lane():
    async def story():
        async def hang(lease):
            await asyncio.Event().wait()

        room = SendingRoom(hang, clock=SystemClock(), gather_ms=1, farewell_ms=1)
        room.add(1)
        async with room.running() as sender:
            await until(lambda: room.destination.sizes() == [1])
            await asyncio.sleep(0.02)  # the gathering is over, and nothing wakes the lane by itself any more
            room.destination.answer = lambda lease: OK
            room.add(3)
            sender.wake()
            await until(lambda: room.states() == {"leased": 1, "delivered": 3}, seconds=0.8)

    asyncio.run(story())


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


def test_a_wish_of_the_destination_is_honoured_for_the_events_and_for_the_lane():
    async def story():
        wish = TryLater(Answered(429, 40100), after_seconds=300.0, arrived=False)
        room = SendingRoom(in_turn(wish, OK))
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


@settings(deadline=None, max_examples=30)
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


def test_batches_of_a_dead_owner_are_sent_again_first_and_byte_for_byte():
    async def story():
        never = asyncio.Event()

        async def hang(lease):
            await never.wait()

        room = SendingRoom(hang, batch_limit=10, farewell_ms=1)
        room.add(30)
        async with room.running(owner="writer-1"):
            await until(lambda: len(room.destination.sent) == 3)
        lost = [lease.body for lease in room.destination.sent]
        room.add(10)
        room.destination.answer = lambda lease: OK
        async with room.running(owner="writer-2"):
            await until(lambda: room.states() == {"delivered": 40})
        again = room.destination.sent[3:]
        assert [lease.body for lease in again[:3]] == lost
        assert [lease.resent for lease in again] == [True, True, True, False]

    asyncio.run(story())


def test_a_store_that_is_busy_at_the_start_is_asked_until_it_hands_the_batches_over():
    async def story():
        room = SendingRoom(fails=_first(3, "reclaim"))
        room.add(2)
        async with room.running():
            await until(lambda: room.states() == {"delivered": 2})
        assert room.slept == [1.0, 1.0, 1.0]
        assert [told["error"] for told in room.told("send.crashed")] == ["StorageBusy"] * 3

    asyncio.run(story())


def test_a_store_that_is_busy_for_a_while_stops_nothing_for_good():
    async def story():
        room = SendingRoom(fails=_first(2, "due_lanes"))
        room.add(2)
        async with room.running():
            await until(lambda: room.states() == {"delivered": 2})

    asyncio.run(story())


def test_a_lane_that_crashes_starts_again_after_a_moment_and_the_others_go_on():
    async def story():
        room = SendingRoom(fails=_first(1, "lease", OTHER))
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
            await until(lambda: room.told("send.crashed"))
            assert room.states() == {"leased": 2}
            room.clock.advance(seconds=1)
            sender.wake()
            await until(lambda: room.states() == {"delivered": 2})
        first, second = room.destination.sent
        assert first.body == second.body

    asyncio.run(story())


@pytest.mark.parametrize(("verdict", "state"), [(OK, "delivered"), (BAD, "refused")])
def test_a_verdict_that_could_not_be_written_is_written_later_without_another_request(verdict, state):
    async def story():
        room = SendingRoom(lambda lease: verdict, fails=_first(3, "settle_"))
        room.add(1)
        async with room.running() as sender:
            for crash in (1, 2, 3):
                await until(lambda crash=crash: len(room.told("send.crashed")) == crash)
                room.clock.advance(seconds=1)
                sender.wake()
            await until(lambda: room.states() == {state: 1})
        assert len(room.destination.sent) == 1

    asyncio.run(story())


def test_a_stop_waits_for_the_answers_under_way():
    async def story():
        answered = asyncio.Event()

        async def late(lease):
            await answered.wait()
            return OK

        room = SendingRoom(late, batch_limit=1, in_flight=2)
        room.add(5)
        stop = asyncio.Event()
        task = asyncio.create_task(room.sender().run(stop))
        await until(lambda: len(room.destination.sent) == 2)
        stop.set()
        await quiet()
        assert not task.done()
        answered.set()
        await task
        assert room.states() == {"delivered": 2, "ready": 3}

    asyncio.run(story())


def test_a_stop_does_not_wait_forever_and_leaves_the_batch_to_the_next_owner():
    async def story():
        async def hang(lease):
            await asyncio.Event().wait()

        room = SendingRoom(hang, farewell_ms=10)
        room.add(5)
        async with room.running():
            await until(lambda: len(room.destination.sent) == 1)
        assert room.states() == {"leased": 5}
        assert room.destination.under_way[PIXEL] == 0

    asyncio.run(story())


def test_cancelling_a_sender_leaves_no_request_behind():
    async def story():
        async def hang(lease):
            await asyncio.Event().wait()

        room = SendingRoom(hang)
        room.add(5)
        task = asyncio.create_task(room.sender().run(asyncio.Event()))
        await until(lambda: len(room.destination.sent) == 1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert room.destination.under_way[PIXEL] == 0
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(story())


def test_work_is_found_without_a_call_at_the_next_look():
    async def story():
        room = SendingRoom(look_ms=20)
        async with room.running():
            await quiet()
            room.add(1)
            await until(lambda: room.states() == {"delivered": 1})

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


def test_an_event_that_becomes_due_while_its_lane_is_about_to_end_is_not_overlooked():
    async def story():
        late = []

        class Narrow(SendingRoom):
            async def on_store(self, fn, /, *args, **kwargs):
                found = await super().on_store(fn, *args, **kwargs)
                if found is None and kwargs.get("limit") and not late:
                    late.extend(self.add(1))
                    sender.wake()
                    await quiet()
                return found

        room = Narrow(look_ms=60_000)
        room.add(1)
        async with room.running() as sender:
            await until(lambda: room.states() == {"delivered": 2})

    asyncio.run(story())


@pytest.mark.parametrize("verdict", [OK, BUSY, NO_TOKEN])
def test_a_sender_with_nothing_to_do_rests(verdict):
    async def story():
        room = SendingRoom(lambda lease: verdict)
        room.add(2_000)
        async with room.running():
            await until(lambda: room.destination.sent and "leased" not in room.states())
            await quiet()
            before = room.looks
            await quiet(1_000)
            assert room.looks - before <= 1

    asyncio.run(story())


def test_a_lane_that_is_listed_but_hands_nothing_out_is_not_asked_over_and_over():
    async def story():
        class Stuck(SendingRoom):
            async def on_store(self, fn, /, *args, **kwargs):
                return None if "limit" in kwargs else await super().on_store(fn, *args, **kwargs)

        room = Stuck()
        room.add(1)
        async with room.running():
            await until(lambda: room.looks)
            await quiet(1_000)
            assert room.looks <= 2

    asyncio.run(story())


def test_requests_beyond_the_burst_wait_for_their_turn():
    async def story():
        room = SendingRoom(batch_limit=1, requests_per_second=10.0, burst=2)
        room.add(5)
        async with room.running():
            await until(lambda: room.states() == {"delivered": 5})
        assert room.slept
        assert room.clock.now_ms() - NOW_MS >= 200

    asyncio.run(story())


def test_each_attempt_is_told_with_its_answer_and_without_its_body():
    async def story():
        room = SendingRoom(in_turn(BAD, OK, BAD))
        room.add(2)
        async with room.running():
            await until(lambda: room.states() == {"delivered": 1, "refused": 1})
        whole, half, culprit = room.told("send.attempted")
        assert (whole["verdict"], whole["fate"], whole["count"]) == ("Refused", "split", 2)
        assert (half["verdict"], half["fate"]) == ("Accepted", "delivered")
        assert (culprit["fate"], culprit["code"], culprit["lane"]) == ("refused", 40002, PIXEL)
        assert not any(b"event_id" in str(value).encode() for told in (whole, half, culprit) for value in told.values())

    asyncio.run(story())


def _first(times, method, pixel=""):
    """Make the first calls of a method fail, for one pixel or all."""
    left = [times]

    def fails(name, args):
        if not name.startswith(method) or left[0] == 0 or (pixel and args[0].name != pixel):
            return None
        left[0] -= 1
        return StorageBusy("busy")

    return fails
