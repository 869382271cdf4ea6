"""No limit is ever exceeded: as TikTok counts, in any second and minute and on any day, over kills as well."""

import asyncio
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limited_shop import limits_exceeded
from simulated_sending import OK, TOO_MANY, World, a_lane
from tiktok_emulator.switches import Rates as TikTokRates
from twinbeam.core.clock import MS_PER_DAY
from twinbeam.core.errors import StorageBusy
from twinbeam.pipeline.send.rates import Rates


def most_within(moments, ms):
    """Give how many moments lie within any window."""
    first, most = 0, 0
    for last, moment in enumerate(moments):
        while moments[first] <= moment - ms:
            first += 1
        most = max(most, last - first + 1)
    return most


def most_on_a_day(moments):
    days = [moment // MS_PER_DAY for moment in moments]
    return max(map(days.count, set(days)), default=0)


@settings(max_examples=12)
@given(st.data())
def test_no_second_minute_or_day_has_more_requests_than_its_limit_whatever_is_killed(data):
    per_second = data.draw(st.integers(1, 12))
    per_minute = data.draw(st.integers(per_second, per_second * 40))
    per_day = data.draw(st.integers(per_minute, per_minute * 3))
    of_one = Rates(data.draw(st.integers(1, per_second)), 0, data.draw(st.integers(1, per_day)))
    slow = data.draw(st.floats(0.0, 3.0))
    lives = data.draw(st.lists(st.floats(0.3, 90.0), min_size=1, max_size=5))
    lanes = [a_lane(number) for number in range(1, 6)]
    world = World(
        rates=Rates(per_second, per_minute, per_day),
        theirs=TikTokRates(per_second, per_minute, per_day),
        answer=lambda lease: (world.rng.uniform(0, slow), OK),
        pixel_rates={lanes[0].source_id: of_one},
        batch_limit=1,
        gather_ms=0,
    )

    async def story():
        for lane in lanes:
            world.queues.add(lane, 2_000, world.clock.now_ms() - 100_000)
        for life in lives:
            task, _ = world.start()
            await asyncio.sleep(life)
            task.cancel()  # as a kill: nothing is written down any more
            await asyncio.gather(task, return_exceptions=True)

    world.run(story())
    moments = [moment for moment, _ in world.arrived]
    assert most_within(moments, 1_000) <= per_second
    assert most_within(moments, 60_000) <= per_minute
    assert most_on_a_day(moments) <= per_day
    of_first = [moment for moment, lane in world.arrived if lane is lanes[0]]
    assert most_within(of_first, 1_000) <= of_one.per_second
    assert most_on_a_day(of_first) <= of_one.per_day
    assert world.limits.sums()["app"].exceeded == 0
    assert moments, "nothing was sent at all"


def test_the_backlog_leaves_a_fifth_of_the_day_and_a_day_that_is_used_up_ends_at_midnight():
    lane = a_lane(1)
    world = World(
        rates=Rates(10, 0, 50),
        theirs=TikTokRates(10, 0, 50),
        answer=lambda lease: (0.05, OK),
        batch_limit=1,
        gather_ms=0,
    )
    world.clock._start_ms = 20_000 * MS_PER_DAY - 60_000

    async def story():
        world.queues.add(lane, 200, world.clock.now_ms() - 100_000)
        task, stop = world.start()
        await asyncio.sleep(30)
        assert len(world.arrived) == 40
        world.add(lane, 20)
        await asyncio.sleep(20)
        assert len(world.arrived) == 50
        await asyncio.sleep(60)
        assert len(world.arrived) == 100
        stop.set()
        await task

    world.run(story())
    assert world.limits.sums()["app"].exceeded == 0
    assert dict(world.counts.throttled(20_000)), "events that waited are told"


def test_after_three_refusals_in_a_row_nothing_is_sent_for_five_minutes():
    lane, other = a_lane(1), a_lane(2)
    world = World(rates=Rates(10), theirs=TikTokRates(10, 0), answer=lambda lease: (0.05, TOO_MANY), batch_limit=1)

    async def story():
        world.queues.add(lane, 500, world.clock.now_ms())
        world.queues.add(other, 500, world.clock.now_ms())
        task, stop = world.start()
        await asyncio.sleep(600)
        stop.set()
        await task

    world.run(story())
    moments = sorted(moment for moment, _ in world.arrived)
    assert max(later - earlier for earlier, later in pairwise(moments)) >= 299_000
    assert len(moments) < 60


def test_it_stands_in_the_store_until_when_a_pixel_is_closed_and_no_more_once_a_request_is_taken():
    lane, other = a_lane(1), a_lane(2)
    place, seen = (lane.workspace, lane.source_id), {}
    answers = {lane: TOO_MANY, other: OK}
    world = World(rates=Rates(10), theirs=TikTokRates(10, 0), answer=lambda lease: (0.05, answers[lease.lane]))

    async def story():
        world.counts.keep_closed({("left", "BEFORE"): world.clock.now_ms() + 3_600_000})
        task, stop = world.start()
        await asyncio.sleep(2)
        seen["start"] = dict(world.counts.closed(0))
        world.add(lane, 3)
        while not (closed := dict(world.counts.closed(world.clock.now_ms()))):
            world.add(other)
            await asyncio.sleep(5)
        seen["left"] = closed[place] - world.clock.now_ms()
        seen["closed"] = set(closed)
        answers[lane] = OK
        await asyncio.sleep(400)
        seen["taken"] = dict(world.counts.closed(0))
        stop.set()
        await task

    world.run(story())
    assert (seen["start"], seen["closed"], seen["taken"]) == ({}, {place}, {})
    assert 290_000 <= seen["left"] <= 300_000


def test_what_is_closed_is_written_down_again_where_the_store_failed(monkeypatch):
    lane, other = a_lane(1), a_lane(2)
    answers, failed = {lane: TOO_MANY, other: OK}, []
    world = World(rates=Rates(10), theirs=TikTokRates(10, 0), answer=lambda lease: (0.05, answers[lease.lane]))
    keep = world.counts.keep_closed

    def fails_once(closed):
        if closed and not failed:
            failed.append(closed)
            raise StorageBusy("no")
        keep(closed)

    monkeypatch.setattr(world.counts, "keep_closed", fails_once)

    async def story():
        task, stop = world.start()
        world.add(lane, 3)
        while not failed:
            world.add(other)
            await asyncio.sleep(5)
        await asyncio.sleep(30)
        stop.set()
        await task

    world.run(story())
    assert set(world.counts.closed(0)) == {(lane.workspace, lane.source_id)}


@pytest.mark.journey
@pytest.mark.delivery("limits", "overrun")
def test_with_low_limits_the_emulator_counts_none_too_many_over_a_kill(tmp_path, record_property):
    exceeded = limits_exceeded(tmp_path)
    record_property("figures", f"limits exceeded {exceeded}")
    assert exceeded == 0
