import asyncio

import pytest

from builders import PIXEL
from sending import OK, SendingRoom, first, quiet, until


def test_batches_of_a_dead_owner_are_sent_again_first_and_byte_for_byte():
    async def story():
        never = asyncio.Event()

        async def hang(lease):
            await never.wait()

        room = SendingRoom(hang, batch_limit=10, shutdown_grace_ms=1)
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
        room = SendingRoom(fails=first(3, "reclaim"))
        room.add(2)
        async with room.running():
            await until(lambda: room.states() == {"delivered": 2})
        assert room.slept == [1.0, 1.0, 1.0]
        assert [told["error"] for told in room.told("send.crashed")] == ["StorageBusy"] * 3

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

        room = SendingRoom(hang, shutdown_grace_ms=10)
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
