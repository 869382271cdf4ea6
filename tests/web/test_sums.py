from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from builders import PIXEL, WORKSPACE
from twinbeam.core.lifecycle import State
from twinbeam.core.outcomes import Finding, Outcome, Reason
from twinbeam.core.story import Total
from twinbeam.core.wording import duration
from twinbeam.pipeline.record.counters import FINDING, RECORDED
from twinbeam.pipeline.record.sums import add_up
from twinbeam.web.live.numbers import bar
from twinbeam.web.sums import by_event, by_pixel
from twinbeam.web.wording import ATTEMPT_WORDS, STATE_SENTENCES, lapse

OUTCOMES = [*(outcome.value for outcome in Outcome), *(state.value for state in State if state is not State.DROPPED)]


def a_count(outcome, n=1, reason=""):
    return Total(WORKSPACE, PIXEL, "Purchase", outcome, reason, n)


counts = st.lists(
    st.builds(
        Total,
        workspace=st.sampled_from(["a", "b"]),
        pixel=st.sampled_from(["", "P1", "P2"]),
        event=st.sampled_from(["Purchase", "Lead"]),
        outcome=st.sampled_from(OUTCOMES),
        reason=st.sampled_from(["", *Reason]),
        n=st.integers(1, 10_000),
    ),
    max_size=40,
)


@given(counts)
def test_recorded_is_the_sum_of_what_became_of_it(found):
    whole = [*found, *(replace(count, outcome=RECORDED, reason="") for count in found)]
    sums = add_up(whole)
    assert sums.adds_up
    assert sums.recorded == sum(n for _, n in sums.parts) == sum(count.n for count in found)
    assert sums.conversions == sum(n for _, n in sums.states)
    assert sums.conversions == sums.held + sums.waiting + sums.delivered + sums.refused + sums.ended


@given(counts, st.integers(1, 5))
def test_one_lost_event_is_enough_not_to_add_up(found, lost):
    whole = [*found, *(replace(count, outcome=RECORDED, reason="") for count in found), a_count(RECORDED, lost)]
    assert not add_up(whole).adds_up


@given(counts, st.integers(1, 3))
def test_the_rows_and_the_pixels_hold_what_the_whole_holds(found, most):
    whole = add_up(found)
    for parts in ([row.sums for row in by_event(found, most)], list(by_pixel(found).values())):
        assert sum(part.recorded for part in parts) == whole.recorded
        assert sum(part.of(*OUTCOMES) for part in parts) == whole.of(*OUTCOMES)


def test_of_the_many_events_that_anybody_may_name_the_rarest_share_a_row():
    found = [replace(a_count(RECORDED, n), event=f"E{n}") for n in range(1, 8)]
    rows = by_event(found, 4)
    assert [(row.event, row.others, row.sums.recorded) for row in rows] == [
        *[("E7", 0, 7), ("E6", 0, 6), ("E5", 0, 5)],
        ("", 4, 1 + 2 + 3 + 4),
    ]
    assert [row.others for row in by_event(found[:4], 4)] == [0, 0, 0, 0]


@given(counts)
def test_the_bar_is_filled_from_end_to_end_and_shows_even_the_smallest_part(found):
    slices = bar(add_up(found))
    assert sum(piece.width for piece in slices) == pytest.approx(1_000 if slices else 0, abs=0.1)
    assert all(piece.width > 3 for piece in slices)
    for before, after in pairwise(slices):
        assert after.x == pytest.approx(before.x + before.width, abs=0.05)
    assert sum(piece.n for piece in slices) == sum(count.n for count in found)


@given(counts, st.integers(1, 9))
def test_what_copies_disagree_about_stands_beside_the_sum(found, n):
    whole = [*found, *(replace(count, outcome=RECORDED, reason="") for count in found)]
    sums = add_up([*whole, a_count(FINDING, n, Finding.VALUE_DIFFERS)])
    assert sums.adds_up
    assert sums.findings == [("value_differs", n)]


def test_reasons_come_with_the_most_frequent_first():
    sums = add_up([a_count("dropped", 2, Reason.NO_CONSENT), a_count("dropped", 5, Reason.CONSENT_NOT_SAID)])
    assert sums.reasons("dropped") == [("consent_not_said", 5), ("no_consent", 2)]


def test_every_state_and_every_kind_of_attempt_has_words():
    assert set(STATE_SENTENCES) == set(State)
    assert {"leased", "delivered", "try later", "refused", "split", "expired"} == set(ATTEMPT_WORDS)


@pytest.mark.parametrize(
    ("seconds", "written"),
    [(0, "0 s"), (0.04, "0 s"), (0.42, "0.4 s"), (9.94, "9.9 s"), (42, "42 s"), (600, "10 min"), (86_400, "24 h")],
)
def test_a_duration_is_written_in_the_unit_that_says_enough(seconds, written):
    assert duration(seconds) == written


def test_a_short_request_is_told_in_milliseconds():
    assert (lapse(83), lapse(3_200)) == ("83 ms", "3.2 s")
