"""A person who asks what became of an event is told everything, without its content."""

from engines.kit.harness import BAD, BUSY, OK, Harness
from signals import ALLOWED, BROWSER, DENIED, NOW, SERVER, a_refusal, a_signal, an_undecided
from twinbeam.core.story import Attempt, CopySeen, Story


def a_story_tells_the_row(h: Harness) -> None:
    h.take(a_signal("e-1", order_id="1001", value=20.5, currency="EUR", event_time=1_789_999_000))
    assert h.story() == Story(
        id=1,
        workspace="shop",
        pixel="PIXEL1",
        event_source="web",
        event="Purchase",
        event_id="e-1",
        event_time=1_789_999_000,
        order_id="1001",
        received_ms=NOW,
        state="ready",
        reason="",
        value_minor=2_050,
        currency="EUR",
        channels=["server"],
        consent=ALLOWED.basis,
        source="checkout",
        due_ms=NOW,
        settled_ms=None,
        attempts=0,
        copies=[CopySeen("server", "checkout", NOW, ALLOWED.basis)],
    )


def every_copy_is_told_with_its_time_and_consent(h: Harness) -> None:
    h.take(a_signal("e-1", channel=BROWSER, source="tag"))
    h.take(a_signal("e-1", received_ms=NOW + 5))
    h.delivered(h.lease())
    h.take(a_signal("e-1", received_ms=NOW + 7), a_refusal("e-1", received_ms=NOW + 9))
    story = h.story()
    assert story.channels == ["browser", "server"]
    assert story.copies == [
        CopySeen("browser", "tag", NOW, ALLOWED.basis),
        CopySeen("server", "checkout", NOW + 5, ALLOWED.basis),
        CopySeen("server", "checkout", NOW + 7, ALLOWED.basis),
        CopySeen("server", "checkout", NOW + 9, DENIED.basis),
    ]


def every_attempt_is_told_with_its_answer(h: Harness) -> None:
    h.take(a_signal("e-1"), a_signal("e-2"))
    h.waiting(h.lease(), answer=BUSY)
    h.clock.advance(ms=9)
    first, _ = h.split(h.lease())
    h.clock.advance(ms=1)
    h.refused(first, answer=BAD)
    assert (h.story().attempts, h.story().log) == (
        2,
        [
            Attempt(1, "try later", NOW, NOW, 200, 50000, "busy", "r-2"),
            Attempt(2, "split", NOW + 9, NOW + 9, 200, 40002, "Invalid currency", "r-3"),
            Attempt(3, "refused", NOW + 9, NOW + 10, 200, 40002, "Invalid currency", "r-3"),
        ],
    )


def an_open_attempt_is_told_as_open(h: Harness) -> None:
    h.take(a_signal("e-1"))
    h.lease()
    assert h.story().log == [Attempt(1, "leased", NOW, None, None, None, "", "")]


def the_log_survives_a_restart(h: Harness) -> None:
    h.take(a_signal("e-1"))
    h.waiting(h.lease())
    h.delivered(h.lease(), answer=OK)
    before = h.story()
    h.engine.reopen()
    assert h.story() == before
    assert [attempt.state for attempt in before.log] == ["try later", "delivered"]


def what_is_not_sent_tells_why(h: Harness) -> None:
    h.take(an_undecided("e-1", channel=BROWSER), a_refusal("e-2", channel=SERVER))
    assert [(h.story(e).state, h.story(e).reason) for e in ("e-1", "e-2")] == [
        ("held", "consent_not_said"),
        ("dropped", "no_consent"),
    ]


def counters_are_kept_by_the_day_of_the_first_copy(h: Harness) -> None:
    next_day = NOW + 86_400_000
    h.take(a_signal("e-1"))
    h.take(a_signal("e-1", channel=BROWSER, received_ms=next_day))
    days = {count.day for count in h.store.counts()}
    assert days == {NOW // 86_400_000}
    assert h.store.counts(since_day=next_day // 86_400_000) == []
