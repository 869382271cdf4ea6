"""A pixel has so many names of its own for a day; whatever is named beyond them is counted under one name."""

from engines.kit.harness import Harness
from signals import BROWSER, DAY, NOW, a_refusal, a_signal
from twinbeam.core.story import Total
from twinbeam.core.values import Signal
from twinbeam.pipeline.record.counted import MOST_NAMES, OTHER


def names_beyond_the_bound_are_counted_as_other(h: Harness) -> None:
    h.take(*_named(0, MOST_NAMES))
    h.take(*_named(MOST_NAMES, 50), a_signal("in-between", event="Lead"), *_named(MOST_NAMES + 50, 50))
    assert len(_custom(h)) == MOST_NAMES
    assert _recorded(h) == {**dict.fromkeys(_custom(h), 1), "Lead": 1, OTHER: 100}


def the_first_names_are_counted_however_they_are_grouped(h: Harness) -> None:
    arrivals = _named(0, MOST_NAMES + 60)
    for start in range(0, len(arrivals), 37):
        h.take(*arrivals[start : start + 37])
    assert _custom(h) == {signal.event for signal in arrivals[:MOST_NAMES]}


def the_bound_is_the_same_after_a_restart(h: Harness) -> None:
    for start in range(0, MOST_NAMES + 100, 100):
        h.take(*_named(start, 100))
        h.restart()
    h.take(*(a_signal(f"again-{n}", event=f"Name{n}") for n in (0, MOST_NAMES + 1)))
    assert len(_custom(h)) == MOST_NAMES
    assert (_recorded(h)["Name0"], _recorded(h)[OTHER]) == (2, 101)


def each_pixel_and_each_day_has_names_of_its_own(h: Harness) -> None:
    h.take(*_named(0, MOST_NAMES + 1))
    h.take(a_signal("other-pixel", event="Fresh", pixel="PIXEL2"), a_signal("other-shop", event="Fresh", workspace="b"))
    h.take(a_signal("next-day", event="Fresh", received_ms=NOW + DAY))
    assert (_recorded(h)["Fresh"], _recorded(h)[OTHER]) == (3, 1)


def a_standard_event_is_counted_by_its_name_however_many_others_there_are(h: Harness) -> None:
    h.take(*_named(0, MOST_NAMES + 1))
    h.take(a_signal("order-1"), a_refusal("order-2"))
    assert _recorded(h)["Purchase"] == 2


def what_is_counted_as_other_keeps_its_name_on_its_way(h: Harness) -> None:
    beyond = _flood(h)
    lease = h.lease()
    assert beyond.event.encode() in lease.body
    h.delivered(lease)
    assert _counted_as_other(h) == {"recorded": 1, "delivered": 1}


def it_is_counted_as_other_wherever_it_goes(h: Harness) -> None:
    beyond = _flood(h)
    h.waiting(h.lease())
    assert _counted_as_other(h) == {"recorded": 1, "waiting": 1}
    h.restart()
    h.refused(h.lease())
    assert _counted_as_other(h) == {"recorded": 1, "refused": 1}
    h.take(a_signal(beyond.event_id, event=beyond.event, channel=BROWSER))
    assert _counted_as_other(h)["recorded"] == 2


def it_is_found_by_its_event_id(h: Harness) -> None:
    beyond = _flood(h)
    h.take(a_refusal("e-2", event="NameOfARefusal"))
    h.engine.reopen()
    assert h.story(beyond.event_id).event == beyond.event
    assert h.story("e-2").state == "dropped"


def totals_are_the_counters_without_their_days(h: Harness) -> None:
    h.take(*_named(0, 5), a_signal("e-1"), a_signal("e-2", received_ms=NOW + DAY), a_refusal("e-3"))
    h.delivered(h.lease())
    for since in (0, NOW // DAY, NOW // DAY + 1, NOW // DAY + 2):
        counts = h.store.counts(since_day=since)
        assert h.store.totals(since_day=since) == _summed(counts, with_event=True)
        assert h.store.totals(since_day=since, by_event=False) == _summed(counts, with_event=False)


def _summed(counts: list, *, with_event: bool) -> list:
    """Add counters up by hand."""
    sums: dict = {}
    for c in counts:
        key = (c.workspace, c.pixel, c.event if with_event else "", c.outcome, c.reason)
        sums[key] = sums.get(key, 0) + c.n
    return [Total(*key, n) for key, n in sorted(sums.items()) if n]


def _named(start: int, count: int) -> list[Signal]:
    """Build events that each have a name of their own."""
    return [a_signal(f"named-{n}", event=f"Name{n}") for n in range(start, start + count)]


def _flood(h: Harness) -> Signal:
    """Take every name there is, have that delivered, and take one event more."""
    h.take(*_named(0, MOST_NAMES))
    h.delivered(h.lease())
    beyond = a_signal("beyond", event="NameBeyond")
    h.take(beyond)
    return beyond


def _recorded(h: Harness) -> dict[str, int]:
    """Count what was recorded, by the name it is counted under."""
    found: dict[str, int] = {}
    for count in h.store.counts():
        if count.outcome == "recorded":
            found[count.event] = found.get(count.event, 0) + count.n
    return found


def _custom(h: Harness) -> set[str]:
    """Give the custom names that are counted by themselves."""
    return {name for name in _recorded(h) if name.startswith("Name")}


def _counted_as_other(h: Harness) -> dict[str, int]:
    """Give the counters of what has no name of its own."""
    return {count.outcome: count.n for count in h.store.counts() if count.event == OTHER}
