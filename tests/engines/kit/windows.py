"""How long a first copy waits for its twin: a join window is never extended, and closes early."""

from engines.kit.harness import Harness
from signals import BROWSER, DAY, NOW, SECOND, SERVER, a_signal, an_undecided

_WAIT = 10 * SECOND


def a_pixel_with_one_channel_does_not_wait(h: Harness) -> None:
    h.take(a_signal("e-1"), a_signal("e-2"))
    assert h.story("e-2").due_ms == NOW


def on_a_pixel_with_two_channels_a_purchase_waits_for_its_twin(h: Harness) -> None:
    _make_two_sided(h)
    h.take(a_signal("e-1"))
    assert h.story("e-1").due_ms == NOW + _WAIT
    assert h.store.due_lanes(NOW + _WAIT - 1) == []
    assert h.store.due_lanes(NOW + _WAIT) == [h.lane()]


def the_window_runs_from_the_accept_time_not_from_the_recording(h: Harness) -> None:
    _make_two_sided(h)
    h.clock.advance(seconds=30)
    h.take(a_signal("e-1", received_ms=NOW + 1))
    assert h.story("e-1").due_ms == NOW + 1 + _WAIT


def an_event_that_is_not_worth_the_wait_goes_at_once(h: Harness) -> None:
    _make_two_sided(h)
    h.take(a_signal("e-1", event="AddToCart"))
    assert h.story("e-1").due_ms == NOW


def the_second_channel_closes_the_window(h: Harness) -> None:
    _make_two_sided(h)
    h.take(a_signal("e-1"))
    h.take(a_signal("e-1", channel=BROWSER, received_ms=NOW + 2 * SECOND))
    assert h.story("e-1").due_ms == NOW + 2 * SECOND
    assert h.store.next_due_ms() == NOW + 2 * SECOND


def the_second_channel_closes_it_inside_a_group_too(h: Harness) -> None:
    _make_two_sided(h)
    h.take(a_signal("e-1"), a_signal("e-1", channel=BROWSER, received_ms=NOW + 2 * SECOND))
    assert h.story("e-1").due_ms == NOW + 2 * SECOND


def a_second_copy_of_the_same_channel_neither_closes_nor_extends_the_window(h: Harness) -> None:
    _make_two_sided(h)
    h.take(a_signal("e-1"))
    h.take(a_signal("e-1", received_ms=NOW + 2 * SECOND))
    assert h.story("e-1").due_ms == NOW + _WAIT


def a_twin_that_comes_after_the_window_changes_no_due_time(h: Harness) -> None:
    _make_two_sided(h)
    h.take(a_signal("e-1"))
    h.take(a_signal("e-1", channel=BROWSER, received_ms=NOW + 60 * SECOND))
    assert h.story("e-1").due_ms == NOW + _WAIT


def a_channel_that_fell_silent_is_not_waited_for(h: Harness) -> None:
    _make_two_sided(h)
    h.clock.advance(ms=7 * DAY + 1)
    h.take(a_signal("e-1", received_ms=h.now()))
    assert h.story("e-1").due_ms == h.now()


def another_pixels_channels_say_nothing(h: Harness) -> None:
    _make_two_sided(h)
    h.take(a_signal("e-1", pixel="PIXEL2"))
    assert h.story("e-1").due_ms == NOW


def the_channels_seen_survive_a_restart(h: Harness) -> None:
    _make_two_sided(h)
    h.engine.reopen()
    h.take(a_signal("e-1"))
    assert h.story("e-1").due_ms == NOW + _WAIT


def a_channel_seen_again_is_waited_for_again(h: Harness) -> None:
    _make_two_sided(h)
    h.clock.advance(ms=5 * DAY)
    for n, channel in enumerate((BROWSER, SERVER)):
        h.take(a_signal(f"again-{n}", event="ViewContent", channel=channel, received_ms=h.now()))
    h.engine.reopen()
    h.clock.advance(ms=5 * DAY)
    h.take(a_signal("e-1", received_ms=h.now()))
    assert h.story("e-1").due_ms == h.now() + _WAIT


def a_report_that_comes_late_makes_no_channel_look_silent(h: Harness) -> None:
    _make_two_sided(h)
    h.take(a_signal("late", event="ViewContent", channel=BROWSER, received_ms=NOW - 8 * DAY))
    h.take(a_signal("e-1"))
    assert h.story("e-1").due_ms == NOW + _WAIT


def a_mended_tombstone_waits_from_the_copy_that_mended_it(h: Harness) -> None:
    _make_two_sided(h)
    h.take(an_undecided("e-1"))
    h.take(a_signal("e-1", received_ms=NOW + 5 * SECOND))
    assert h.story("e-1").due_ms == NOW + 5 * SECOND + _WAIT


def a_mended_tombstone_that_both_channels_reported_waits_for_nobody(h: Harness) -> None:
    _make_two_sided(h)
    h.take(an_undecided("e-1", channel=BROWSER))
    h.take(a_signal("e-1", received_ms=NOW + 5 * SECOND))
    assert h.story("e-1").due_ms == NOW + 5 * SECOND


def _make_two_sided(h: Harness) -> None:
    """Let both channels of the pixel report something else."""
    h.take(a_signal("seen-1", event="ViewContent", channel=BROWSER), a_signal("seen-2", event="Lead", channel=SERVER))
    h.delivered(h.lease(limit=1))
    h.clock.advance(ms=_WAIT)
    h.delivered(h.lease())
    h.clock.advance(ms=-_WAIT)
