"""The figures that are estimated of a pixel, by hand."""

import pytest

from twinbeam.core.fleet import EventWeek
from twinbeam.core.rates import WEIGHTS, accepted, dedup, match_score


def week(event="Purchase", **numbers):
    return EventWeek(event, **numbers)


@pytest.mark.parametrize(
    ("events", "rate"),
    [
        ([], None),
        ([week(browser=10)], None),  # one channel
        ([week(server=10)], None),
        ([week(both=7, server=3)], (7, 7)),  # blockers hide three from the browser: that is no mismatch
        ([week(both=6, browser=2, server=1)], (6, 7)),
        ([week(browser=40, server=40)], (0, 40)),  # both report, under ids of their own
        ([week(both=10, mismatched=4)], (6, 10)),
        ([week(both=9, server=1), week("ViewContent", browser=500)], (9, 9)),
        ([week(both=9, browser=1, server=1), week("Lead", both=1)], (10, 11)),
    ],
)
def test_the_deduplication_rate_is_of_what_can_have_two_copies(events, rate):
    share = dedup(events)
    assert (share and (share.part, share.whole)) == rate


@pytest.mark.parametrize(("part", "is_healthy"), [(89, False), (90, True), (100, True)])
def test_from_ninety_in_a_hundred_on_it_is_healthy(part, is_healthy):
    assert dedup([week(both=part, browser=100 - part, server=100 - part)]).is_healthy is is_healthy


def test_the_weights_of_the_match_keys_make_one_together():
    assert sum(WEIGHTS.values()) == pytest.approx(1)


def test_the_match_estimate_is_ten_where_everything_is_carried_and_nothing_where_nothing_is():
    every = dict.fromkeys(WEIGHTS, 8)
    assert match_score([week(accepted=8, **every)]).score == pytest.approx(10)
    assert match_score([week(accepted=8)]).score == 0
    assert match_score([week(server=8)]) is None


def test_the_match_estimate_weighs_each_key_by_how_many_carried_it():
    found = match_score([week(accepted=10, ttclid=5, ip=10), week("Lead", accepted=10, ip=10)])
    assert found.score == pytest.approx(10 * (0.25 * 5 / 20 + 0.15))
    assert (found.band, found.missing) == ("poor", "email")


@pytest.mark.parametrize(
    ("score", "band"), [(10, "great"), (8, "great"), (7, "good"), (5, "good"), (3, "fair"), (1, "poor")]
)
def test_a_score_has_a_word(score, band):
    carried = dict.fromkeys(WEIGHTS, score)
    assert match_score([week(accepted=10, **carried)]).band == band


def test_the_accepted_share_is_of_what_tiktok_answered():
    assert accepted(0, 0) is None
    assert accepted(3, 1).of_one == 0.75
