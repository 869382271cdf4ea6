"""Where the events of a pixel go: every counter is in one step, and each number leads to its rows."""

import re

from hypothesis import given
from hypothesis import strategies as st

from builders import PIXEL, WORKSPACE
from reading import words
from showroom import Showroom, bought
from twinbeam.core.clock import HandClock, day_of
from twinbeam.core.lifecycle import COUNTED
from twinbeam.core.outcomes import Outcome, Reason
from twinbeam.core.story import Count
from twinbeam.observe.rejected_counts import RejectedCounts, rejected_counts_of
from twinbeam.pipeline.accept.directory import place
from twinbeam.pipeline.record.counters import RECORDED
from twinbeam.web.pixel.period import Period
from twinbeam.web.pixel.pipeline.steps import steps_of

PAGE = f"/pixels/{WORKSPACE}/{PIXEL}/pipeline"
ENDS = st.tuples(st.sampled_from([*Outcome, *COUNTED]), st.sampled_from(["", *Reason]))


@given(st.lists(st.tuples(st.integers(86, 99), ENDS, st.integers(1, 9))))
def test_the_steps_below_the_first_add_up_to_it_in_both_periods(counted):
    where = ("main", PIXEL)
    ends = [Count(day, *where, "Lead", outcome, reason, n) for day, (outcome, reason), n in counted]
    came = [Count(count.day, *where, "Lead", RECORDED, "", count.n) for count in ends]
    first, *rest = steps_of([*ends, *came], Period(7, 99), where)
    assert first.n == sum(step.n for step in rest) == sum(n for day, _, n in counted if day >= 93)
    assert first.before == sum(step.before for step in rest)


def test_each_number_is_that_of_its_rows_and_opens_reasons_and_ten_of_them(busy):
    text = words(busy.get(f"{PAGE}?step=merged"))
    assert "76 received: show reasons new" in text
    assert "The newest 10" in text
    opened = busy.get(f"{PAGE}?step=declined")
    assert "6 The visitor declined advertising consent" in words(opened)
    (link,) = re.findall(r'href="(/conversions[^"]*reason=no_consent[^"]*)"', opened.text)
    assert busy.get(link.replace("&amp;", "&")).text.count("data-key=") == 6


def test_the_period_before_stands_beside_it(room):
    room.add_pixel()
    room.record(bought("1"), bought("2"))
    room.clock.advance(seconds=86_400)
    room.record(*(bought(str(n), received_ms=room.clock.now_ms()) for n in range(3, 6)))
    assert "3 received: show reasons +50 % 2 before" in words(room.get(f"{PAGE}?days=1"))
    assert "5 received: show reasons new" in words(room.get(f"{PAGE}?days=7"))


def test_a_pixel_costs_as_many_rows_as_it_has_of_its_own_however_many_others_there_are(room):
    room.add_pixel()
    room.record(bought("1"), bought("2", pixel="C0EXAMPLEPIXELCODE21"), bought("3", workspace="acme"))
    day = day_of(room.clock.now_ms())
    counts = room.reader.pixel_reads.counts((WORKSPACE, PIXEL), since_day=day - 6, until_day=day)
    assert sum(count.n for count in counts if count.outcome == RECORDED) == 1


def test_a_pixel_without_events_teaches_what_will_stand_there(room):
    room.add_pixel()
    assert "Nothing was received in the last 7 UTC days." in words(room.get(PAGE))
    assert "Set-up shows what is missing" not in words(room.get(PAGE, who="viewer"))


def test_the_pages_of_a_pixel_that_is_not_there_or_of_another_workspace_are_a_404(busy):
    for part in ("pipeline", "overlap", "events"):
        assert busy.get(f"/pixels/{WORKSPACE}/NOWHERE/{part}").status == 404
        assert busy.get(f"/pixels/{WORKSPACE}/{PIXEL}/{part}", who="viewer", workspace="acme").status == 404


def test_what_was_rejected_on_arrival_is_invalid_and_not_among_the_received(tmp_path):
    today = day_of(HandClock().now_ms())
    told = {
        place(WORKSPACE, PIXEL): {f"{today}/value_invalid": 3, f"{today - 8}/value_invalid": 2, f"{today - 99}/x": 1}
    }
    room = Showroom(tmp_path / "data", rejected_counts=lambda: told)
    room.add_pixel()
    room.record(bought("1"))
    text = words(room.get(f"{PAGE}?step=invalid"))
    room.close()
    assert "1 received: show reasons" in text
    assert "3 invalid: show reasons +50 % 2 before" in text
    assert "3 value_invalid : its sender was told the field and the fix." in text


def test_each_process_counts_what_it_rejected_and_the_pages_join_them(tmp_path):
    first, second = RejectedCounts(tmp_path, 0), RejectedCounts(tmp_path, 1)
    first.note(["a/P", "a/GONE"], ["x", "x"], 100)
    second.note(["a/P"], ["x", "y"], 100)
    for log in (first, second):
        log.flush({"a/P"})
    assert rejected_counts_of(tmp_path) == {"a/P": {"100/x": 3, "100/y": 1}}
    again = RejectedCounts(tmp_path, 0)
    again.note(["a/P"], ["z"], 170)
    again.flush({"a/P"})
    assert rejected_counts_of(tmp_path) == {"a/P": {"170/z": 1, "100/x": 1, "100/y": 1}}
