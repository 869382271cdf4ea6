"""No pixel delays another, and no backlog what is fresh: the real sender in simulated time."""

import asyncio

from simulated_sending import OK, World, a_lane, percentile
from tiktok_emulator.switches import Rates as TikTokRates
from twinbeam.pipeline.send.rates import Rates

MINUTE = 60_000


def test_of_200_lanes_one_hangs_one_is_slow_and_one_is_flooded_and_the_others_wait_less_than_two_seconds():
    hanging, slow, flooded, *others = lanes = [a_lane(number) for number in range(1, 201)]

    def answer(lease):
        return {hanging.id: 30.0, slow.id: 5.0}.get(lease.lane.id, 0.1), OK

    world = World(rates=Rates(300, 18_000), theirs=TikTokRates(300, 18_000), answer=answer)

    async def story():
        task, stop = world.start()
        world.add(flooded, 10_000)
        for step in range(300):
            for lane in lanes[step % 40 :: 40]:
                world.add(lane)
            world.add(flooded, 30)
            await asyncio.sleep(0.1)
        await asyncio.sleep(40)
        stop.set()
        await task

    world.run(story())
    waits = world.waits(others)
    assert len(waits) > 300 * 4
    assert percentile(waits) < 2.0
    assert len(world.waits([flooded])) > 19_000
    assert world.limits.sums()["app"].exceeded == 0


def test_after_an_outage_fresh_events_are_not_late_and_the_backlog_has_at_most_four_fifths():
    lanes = [a_lane(number) for number in range(1, 31)]
    world = World(
        rates=Rates(50), theirs=TikTokRates(50, 0), answer=lambda lease: (0.2, OK), batch_limit=20, gather_ms=0
    )

    async def story():
        for lane in lanes:
            world.queues.add(lane, 600, world.clock.now_ms() - 10 * MINUTE)
        task, stop = world.start()
        while len(world.waits(lanes)) < 15_000:
            for lane in lanes[:8]:
                world.add(lane)
            await asyncio.sleep(1)
        stop.set()
        await task

    world.run(story())
    old = [at for _, due, at in world.answered if at - due > 5 * MINUTE]
    fresh = sorted((at - due) / 1_000 for _, due, at in world.answered if at - due < 5 * MINUTE)
    assert percentile(fresh) < 2.0
    seconds = (max(old) - min(old)) / 1_000
    assert len(old) / 20 / seconds <= 0.8 * 50
    assert len(old) / 20 / seconds >= 0.2 * 50
    assert world.limits.sums()["app"].exceeded == 0


def test_a_test_stream_neither_waits_for_live_events_nor_delays_them():
    live, tests = [a_lane(number) for number in range(1, 21)], a_lane(99, test_code="TEST1")
    world = World(
        rates=Rates(40), theirs=TikTokRates(40, 0), answer=lambda lease: (0.1, OK), batch_limit=5, gather_ms=0
    )

    async def story():
        task, stop = world.start()
        for lane in live:
            world.queues.add(lane, 1_000, world.clock.now_ms() - 10 * MINUTE)
        for step in range(30):
            world.add(tests, 50 if step == 5 else 1)
            for lane in live[:5]:
                world.add(lane)
            await asyncio.sleep(1)
        await asyncio.sleep(30)
        stop.set()
        await task

    world.run(story())
    fresh = sorted((at - due) / 1_000 for lane, due, at in world.answered if not lane.test_code and at - due < MINUTE)
    assert percentile(world.waits([tests])) < 10.0
    assert percentile(world.waits([tests]), 0.5) < 2.0
    assert percentile(fresh) < 2.0
