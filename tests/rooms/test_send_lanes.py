import asyncio

import pytest

from builders import NOW_MS, PIXEL, WORKSPACE
from sending import BAD, BUSY, NO_TOKEN, OK, SendingRoom, ids_in, in_turn, quiet, until
from twinbeam.core.clock import SystemClock
from twinbeam.pipeline.send.rates import Rates

OTHER = "C0ANOTHERPIXELCODE20"


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


def test_a_lane_that_delays_its_batches_sends_fuller_batches():
    async def story():
        room = SendingRoom(batch_delay_ms=200)
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

        room = SendingRoom(lambda lease: hang(lease) if lease.lane.name == OTHER else OK, shutdown_grace_ms=1)
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

        room = SendingRoom(hang, clock=SystemClock(), gather_ms=1, shutdown_grace_ms=1)
        room.add(1)
        async with room.running() as sender:
            await until(lambda: room.destination.sizes() == [1])
            await asyncio.sleep(0.02)  # the gathering is over, and nothing wakes the lane by itself any more
            room.destination.answer = lambda lease: OK
            room.add(3)
            sender.wake()
            await until(lambda: room.states() == {"leased": 1, "delivered": 3}, seconds=0.8)

    asyncio.run(story())


def test_work_is_found_without_a_call_at_the_next_look():
    async def story():
        room = SendingRoom(look_ms=20)
        async with room.running():
            await quiet()
            room.add(1)
            await until(lambda: room.states() == {"delivered": 1})

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
        room = SendingRoom(batch_limit=1, rates=Rates(per_second=10))
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
        assert (whole["verdict"], whole["result"], whole["count"]) == ("Refused", "split", 2)
        assert (half["verdict"], half["result"]) == ("Accepted", "delivered")
        assert (culprit["result"], culprit["code"], culprit["lane"]) == ("refused", 40002, PIXEL)
        assert not any(b"event_id" in str(value).encode() for told in (whole, half, culprit) for value in told.values())

    asyncio.run(story())


def test_a_lane_that_waits_for_a_token_goes_on_at_once_when_it_is_there():
    async def story():
        room = SendingRoom(lambda lease: OK if mended.is_set() else NO_TOKEN)
        room.add(2)
        room.add(1, pixel=OTHER)
        async with room.running() as sender:
            await until(lambda: room.states() == {"waiting": 3})
            mended.set()
            await sender.resume(WORKSPACE, PIXEL)
            await until(lambda: room.states() == {"delivered": 2, "waiting": 1})

    mended = asyncio.Event()
    asyncio.run(story())
