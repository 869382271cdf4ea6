"""The sender tells why nothing is sent just now, and until when: the real one in simulated time."""

import asyncio

from simulated_sending import OK, TOO_MANY, World, a_lane
from tiktok_emulator.switches import Rates as TikTokRates
from twinbeam.core.delivery import Answered, TryLater
from twinbeam.core.sending_waits import NOTHING_WAITS, WaitCause
from twinbeam.pipeline.send.rates import Rates

ANY = TikTokRates(0, 0)


def waits_after(seconds, lanes, **world):
    """Give the waits of a sender that had work for some lanes for so long, and the moment."""
    world = World(**{"rates": Rates(100), "theirs": ANY, "gather_ms": 0} | world)

    async def story():
        task, stop = world.start()
        for lane in lanes:
            world.add(lane, 40)
        await asyncio.sleep(seconds)
        seen = world.sender.waits(), world.clock.now_ms()
        stop.set()
        await task
        return seen

    return world.run(story())


def place(lane):
    return lane.workspace, lane.source_id


def test_after_too_many_requests_a_pixel_is_closed_until_its_door_opens():
    closed, other = a_lane(1), a_lane(2)
    busy = TryLater(TOO_MANY.answer, retry_after_seconds=600, arrived=False, too_many=True)
    waits, now_ms = waits_after(5, [closed, other], answer=lambda lease: (0.1, busy if lease.lane == closed else OK))
    wait = waits.of(place(closed))
    assert (wait.cause, wait.code, wait.of_all) == (WaitCause.TOO_MANY, 40100, False)
    assert 590_000 < wait.until_ms - now_ms <= 600_000
    assert waits.of(place(other)) is None


def test_once_two_pixels_were_refused_all_are_closed():
    busy = TryLater(TOO_MANY.answer, retry_after_seconds=600, arrived=False, too_many=True)
    waits, now_ms = waits_after(5, [a_lane(1), a_lane(2)], answer=lambda _: (0.1, busy))
    wait = waits.of(("another", "PIXEL"))
    assert (wait.cause, wait.code, wait.of_all) == (WaitCause.TOO_MANY, 40100, True)
    assert wait.until_ms > now_ms


def test_a_limit_that_is_reached_is_named_with_its_number():
    lane = a_lane(1)
    slow = {"answer": lambda _: (0.01, OK), "batch_limit": 1, "in_flight": 1}
    for rates, cause in (
        (Rates(1), WaitCause.SECOND),
        (Rates(0, 3), WaitCause.MINUTE),
        (Rates(0, 0, 3), WaitCause.DAY),
    ):
        of_pixel, _ = waits_after(5, [lane], pixel_rates={lane.source_id: rates}, **slow)
        wait = of_pixel.of(place(lane))
        assert (wait.cause, wait.limit, wait.of_all) == (
            cause,
            max(rates.per_second, rates.per_minute, rates.per_day),
            False,
        )
        of_all, _ = waits_after(5, [lane], rates=rates, pixel_rates={lane.source_id: Rates()}, **slow)
        assert (of_all.of(place(lane)).cause, of_all.of(place(lane)).of_all) == (cause, True)


def test_a_failure_keeps_its_lane_until_the_next_try_and_no_longer():
    lane, failed = a_lane(1), TryLater(Answered(503, None, "busy"), retry_after_seconds=60)
    waits, now_ms = waits_after(2, [lane], answer=lambda _: (0.1, failed))
    wait = waits.of(place(lane))
    assert (wait.cause, wait.code, wait.status) == (WaitCause.FAILED, None, 503)
    assert now_ms < wait.until_ms
    answers = iter([failed])
    waits, _ = waits_after(300, [lane], answer=lambda _: (0.1, next(answers, OK)))
    assert waits == NOTHING_WAITS


def test_a_test_stream_says_nothing_of_its_pixel():
    waits, _ = waits_after(2, [a_lane(1, test_code="T1")], answer=lambda _: (0.1, TryLater(Answered(503))))
    assert waits == NOTHING_WAITS
