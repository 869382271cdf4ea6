"""Nothing is sent to a pixel that its owner stopped; all of it goes, once, when it is started."""

import asyncio

from builders import PIXEL, WORKSPACE
from sending import BAD, BUSY, NO_TOKEN, OK, SendingRoom, first, ids_in, in_turn, quiet, until

OTHER = "C0ANOTHERPIXELCODE20"


def test_a_stopped_pixel_gets_nothing_and_any_other_goes_on():
    async def story():
        room = SendingRoom()
        room.stopped.add(PIXEL)
        ids = room.add(3)
        room.add(2, pixel=OTHER)
        async with room.running() as sender:
            await until(lambda: room.states() == {"ready": 3, "delivered": 2})
            await quiet()
            assert room.destination.sizes() == []
            room.stopped.clear()
            await sender.resume(WORKSPACE, PIXEL)
            await until(lambda: room.states() == {"delivered": 5})
        assert [ids_in(lease) for lease in room.destination.sent if lease.lane.name == PIXEL] == [ids]

    asyncio.run(story())


def test_what_is_in_a_request_keeps_its_answer_and_what_is_to_be_tried_again_waits():
    async def story():
        answered = asyncio.Event()

        async def late(lease):
            await answered.wait()
            return NO_TOKEN if lease.lane.name == PIXEL else OK

        room = SendingRoom(late)
        room.add(2)
        room.add(1, pixel=OTHER)
        async with room.running() as sender:
            await until(lambda: len(room.destination.sent) == 2)
            room.stopped |= {PIXEL, OTHER}
            answered.set()
            await until(lambda: room.states() == {"waiting": 2, "delivered": 1})
            await sender.resume(WORKSPACE, PIXEL)  # another token makes it due; it is still stopped
            await quiet()
            assert room.destination.sizes() == [2]
            room.destination.answer = lambda lease: OK
            room.stopped.clear()
            await sender.resume(WORKSPACE, PIXEL)
            await until(lambda: room.states() == {"delivered": 3})
        assert room.destination.sizes() == [2, 2]

    asyncio.run(story())


def test_the_halves_of_a_refused_batch_go_back_to_the_store_where_a_refusal_reaches_them():
    async def story():
        def refuses(lease):
            room.stopped.add(PIXEL)
            return BAD

        room = SendingRoom(refuses)
        room.add(4)
        async with room.running():
            await until(lambda: room.states() == {"waiting": 4})
            assert [told["count"] for told in room.told("send.put_back")] == [2, 2]
            room.refuse(f"{PIXEL}-0")
            await quiet()
            assert room.states() == {"waiting": 3, "withdrawn": 1}

    asyncio.run(story())


def test_batches_of_a_dead_owner_wait_for_the_start():
    async def story():
        never = asyncio.Event()

        async def hang(lease):
            await never.wait()

        room = SendingRoom(hang, shutdown_grace_ms=1)
        room.add(3)
        async with room.running(owner="writer-1"):
            await until(lambda: len(room.destination.sent) == 1)
        room.stopped.add(PIXEL)
        async with room.running(owner="writer-2"):
            await until(lambda: room.states() == {"waiting": 3})
            assert room.destination.sizes() == [3]

    asyncio.run(story())


def test_an_answer_that_could_not_be_written_down_is_written_down_all_the_same():
    async def story():
        def taken(lease):
            room.stopped.add(PIXEL)
            return OK

        room = SendingRoom(taken, fails=first(1, "settle_delivered"))
        room.add(2)
        async with room.running() as sender:
            await until(lambda: room.told("send.crashed"))
            room.clock.advance(seconds=1)
            sender.wake()
            await until(lambda: room.states() == {"delivered": 2})
        assert room.destination.sizes() == [2]

    asyncio.run(story())


def test_a_drained_pixel_gets_what_waited_and_nothing_newer_until_it_is_resumed():
    async def story():
        room = SendingRoom()
        ids = room.add(3)
        room.clock.advance(seconds=1)
        room.drained[PIXEL] = room.clock.now_ms()
        room.clock.advance(seconds=1)
        room.add(2)
        async with room.running() as sender:
            await until(lambda: room.states() == {"delivered": 3, "ready": 2})
            await quiet()
            assert [ids_in(lease) for lease in room.destination.sent] == [ids]
            room.drained.clear()
            await sender.resume(WORKSPACE, PIXEL)
            await until(lambda: room.states() == {"delivered": 5})

    asyncio.run(story())


def test_what_a_drained_pixel_tried_is_tried_again():
    async def story():
        room = SendingRoom(in_turn(BUSY, OK))
        room.add(2)
        room.clock.advance(seconds=1)
        room.drained[PIXEL] = room.clock.now_ms()
        async with room.running() as sender:
            await until(lambda: room.states() == {"waiting": 2})
            room.clock.advance(seconds=120)
            sender.wake()
            await until(lambda: room.states() == {"delivered": 2})

    asyncio.run(story())
