"""Where the events of a pixel go: every counter is in one step, and each number leads to its rows."""

import re

from hypothesis import given
from hypothesis import strategies as st

from builders import NOW_MS, PIXEL, WORKSPACE
from reading import words
from showroom import Showroom, bought, seen_in_browser
from twinbeam.core.clock import HandClock, day_of
from twinbeam.core.lifecycle import COUNTED
from twinbeam.core.outcomes import Outcome, Reason
from twinbeam.core.rejections import RejectedEvent
from twinbeam.core.story import Count
from twinbeam.core.values import Decision, Permission
from twinbeam.observe.rejected_counts import RejectedCounts, rejected_counts_of
from twinbeam.pipeline.accept.directory import place
from twinbeam.pipeline.record.counters import RECORDED
from twinbeam.web.pixel.period import Period
from twinbeam.web.pixel.pipeline.steps import MOST_EVENTS, steps_of

PAGE = f"/pixels/{WORKSPACE}/{PIXEL}/pipeline"
OTHER = "C0EXAMPLEPIXELCODE21"
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
    assert "3 Its sender was told the field and the fix. value_invalid +50 % 2 before" in text


def rejected(n, **changes):
    usual = {"at_ms": NOW_MS + n, "workspace": WORKSPACE, "source": "tag", "channel": "browser", "pixel": PIXEL}
    said = {"code": "bad_event_name", "message": "TikTok does not accept this event name.", "field": "event"}
    return RejectedEvent(**usual | said | {"number": f"r0-{n}"} | changes)


def rows_of(answer):
    return re.findall(r'<tr role="row" data-key="([^"]+)"', answer.text)


def test_a_step_that_leaves_no_conversion_shows_ten_of_its_events_as_they_arrived(room):
    room.add_pixel()
    foreign, bot = (Permission(Decision.DROPPED, f"ends={why}", why) for why in (Reason.FOREIGN_HOST, Reason.BOT))
    room.record(*(seen_in_browser(str(n), permission=foreign, body=b"") for n in range(12)), bought("99"))
    room.record(seen_in_browser("20", permission=bot, body=b""), seen_in_browser("1", pixel=OTHER, permission=foreign))
    opened = room.get(f"{PAGE}?step=foreign")
    assert "The newest 10 in the debugger" in words(opened)
    assert rows_of(opened) == [str(n) for n in range(12, 2, -1)]
    assert "Not for this pixel" in words(room.get(f"/debugger/{rows_of(opened)[0]}"))
    assert "Add the host with twinbeam pixels set if it is yours." in words(opened)
    (link,) = re.findall(r'<a href="(/debugger[^"]*reason=foreign_host[^"]*)"><b>12</b>', opened.text)
    assert len(rows_of(room.get(link.replace("&amp;", "&")))) == 12
    assert len(rows_of(room.get(f"{PAGE}?step=bot"))) == 1


def test_an_invalid_event_is_told_by_its_sentence_and_found_by_its_code(tmp_path):
    today = day_of(HandClock().now_ms())
    told = {place(WORKSPACE, PIXEL): {f"{today}/bad_event_name": 2, f"{today}/no_route": 1}}
    room = Showroom(tmp_path / "data", rejected_counts=lambda: told)
    room.add_pixel()
    others = [rejected(4, code="no_route"), rejected(3, pixel=OTHER), rejected(2, workspace="acme")]
    room.rejected = [*others, rejected(1), rejected(0, pixel="")]
    opened = room.get(f"{PAGE}?step=invalid")
    other = room.get(f"{PAGE}?step=invalid&outcome=rejected&code=no_route")
    row = room.get("/debugger/r0-1").status
    room.close()
    assert "2 TikTok does not accept this event name. bad_event_name" in words(opened)
    assert (rows_of(opened), rows_of(other), row) == (["r0-1", "r0-0"], ["r0-4"], 200)


def test_what_the_debugger_has_no_more_says_so(room):
    room.add_pixel()
    room.record(seen_in_browser("1", permission=Permission(Decision.DROPPED, "ends=bot", Reason.BOT), body=b""))
    room.store._db.execute("DELETE FROM sighting_page")
    assert "the newest events, which the debugger keeps, have none of them any more" in words(
        room.get(f"{PAGE}?step=bot")
    )


def test_copies_that_merged_are_parted_by_their_events(room):
    room.add_pixel()
    room.record(*(made(str(n)) for n in range(3) for made in (seen_in_browser, bought)))
    lead = {"event": "Lead", "order_id": "", "event_id": "lead-1"}
    room.record(seen_in_browser("9", **lead), bought("9", **lead))
    opened = room.get(f"{PAGE}?step=merged")
    assert "3 Copies of Purchase. new 1 Copies of Lead. new Show ten" in words(opened)
    assert len(rows_of(opened)) == 3
    assert len(rows_of(room.get(f"{PAGE}?step=merged&outcome=merged&event=Lead"))) == 1


def test_rarer_events_of_a_step_stand_together():
    place_ = ("main", PIXEL)
    counts = [Count(99, *place_, f"Event{n:02}", Outcome.MERGED, "", 50 - n) for n in range(MOST_EVENTS + 3)]
    (merged,) = (step for step in steps_of(counts, Period(7, 99), place_) if step.step.key == "merged")
    assert len(merged.parts) == MOST_EVENTS + 1
    assert [(part.n, part.sentence) for part in merged.parts if not part.event] == [
        (38 + 37 + 36, "Copies of rarer events.")
    ]


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
