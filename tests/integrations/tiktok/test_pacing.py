"""The pace of an import: its own limit, and what it does when TikTok asks for fewer requests or does not answer."""

import asyncio
from itertools import pairwise
from random import Random

import pytest

from twinbeam.core.accounts import AccountProblem, AccountTrouble, PixelPage
from twinbeam.integrations.tiktok.pacing import A_SECOND, MOST_TRIES, Limiter, PacedCalls

PAGE = PixelPage(())
BUSY = AccountTrouble(AccountProblem.RATE_LIMITED, "40100")
AWAY = AccountTrouble(AccountProblem.UNREACHABLE, "TimeoutError")


class Time:
    """A clock that moves when somebody sleeps."""

    def __init__(self):
        self.now = 100.0
        self.slept = []

    def monotonic(self):
        return self.now

    async def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


class Scripted:
    """TikTok's side, answer by answer; the last one stays."""

    def __init__(self, time, *answers):
        self.time, self.answers, self.asked_at = time, list(answers), []

    async def pixel_page(self, token, advertiser_id, page):
        self.asked_at.append(self.time.now)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def calls(*answers, **options):
    time = Time()
    client = Scripted(time, *answers)
    limiter = Limiter(monotonic=time.monotonic, sleep=time.sleep, **options)
    return PacedCalls(client=client, limiter=limiter, rng=Random(1)), client, time


def ask(paced, times=1):
    async def asking():
        return await asyncio.gather(*(paced.pixel_page("t", "1", 1) for _ in range(times)))

    return asyncio.run(asking())


def test_requests_are_spaced_evenly_however_many_ask_at_once():
    paced, client, time = calls(PAGE)
    ask(paced, times=A_SECOND * 5)
    gaps = [later - earlier for earlier, later in pairwise(client.asked_at)]
    assert min(gaps) == pytest.approx(1 / A_SECOND)
    assert time.now - 100 == pytest.approx(5 - 1 / A_SECOND)


def test_after_40100_all_wait_as_long_as_tiktok_says():
    paced, client, _ = calls(AccountTrouble(AccountProblem.RATE_LIMITED, "40100", 30.0), PAGE)
    assert ask(paced) == [PAGE]
    assert 30 <= client.asked_at[1] - client.asked_at[0] <= 33 + 1


def test_without_a_word_it_waits_twice_as_long_each_time_and_past_the_five_minutes_of_a_breach():
    paced, client, _ = calls(*[BUSY] * (MOST_TRIES - 1), PAGE)
    assert ask(paced) == [PAGE]
    gaps = [later - earlier for earlier, later in pairwise(client.asked_at)]
    assert all(later > earlier * 1.7 for earlier, later in pairwise(gaps[:-1]))
    assert max(gaps) <= 300 * 1.1 + 1
    assert client.asked_at[-1] - client.asked_at[0] > 300


def test_a_storm_that_does_not_end_is_told_and_not_asked_for_ever():
    paced, client, _ = calls(BUSY)
    assert ask(paced) == [BUSY]
    assert len(client.asked_at) == MOST_TRIES


def test_a_tiktok_that_does_not_answer_is_asked_four_times():
    paced, client, _ = calls(AWAY)
    assert ask(paced) == [AWAY]
    assert len(client.asked_at) == 4


@pytest.mark.parametrize("problem", sorted(set(AccountProblem) - {p for p in AccountProblem if p.passes}))
def test_what_does_not_mend_itself_is_not_asked_again(problem):
    paced, client, _ = calls(AccountTrouble(problem))
    assert ask(paced) == [AccountTrouble(problem)]
    assert (len(client.asked_at), client.time.slept) == (1, [])


def test_one_40100_holds_back_all_who_ask():
    paced, client, _ = calls(AccountTrouble(AccountProblem.RATE_LIMITED, "40100", 60.0), PAGE)
    ask(paced, times=4)
    assert [at for at in client.asked_at[1:] if at < client.asked_at[0] + 60] == []
