"""A refused batch is split until the culprit stands alone; the rest is delivered."""

from engines.kit.harness import Harness
from signals import HOUR, a_refusal, a_signal, carried, carried_ids
from twinbeam.core.delivery import Lease


def a_batch_splits_into_two_halves_that_carry_everything(h: Harness) -> None:
    h.take(*(a_signal(f"e-{n}") for n in range(5)))
    whole = h.lease()
    halves = h.split(whole)
    assert [event for half in halves for event in carried(half)] == carried(whole)
    assert [half.count for half in halves] == [2, 3]
    assert {half.attempt for half in halves} == {whole.attempt}
    assert {h.state(f"e-{n}") for n in range(5)} == {"leased"}


def a_half_that_waited_for_its_turn_goes_without_what_was_refused_meanwhile(h: Harness) -> None:
    h.take(*(a_signal(f"e-{n}") for n in range(4)))
    first, second = h.split(h.lease())
    assert h.renew(first) == first
    h.take(a_refusal("e-2"))
    renewed = h.renew(second)
    assert renewed is not None
    assert (carried_ids(renewed), h.state("e-2")) == (["e-3"], "withdrawn")
    assert not h.delivered(second)
    h.take(a_refusal("e-3"))
    assert h.renew(renewed) is None
    assert h.renew(renewed) is None


def a_batch_splits_into_the_parts_that_are_asked_for(h: Harness) -> None:
    h.take(*(a_signal(f"e-{n}") for n in range(5)))
    parts = h.split_into(h.lease(), [3], [0, 1], [2, 4])
    assert [carried_ids(part) for part in parts if part] == [["e-3"], ["e-0", "e-1"], ["e-2", "e-4"]]


def positions_are_those_of_what_was_sent_whatever_was_refused_meanwhile(h: Harness) -> None:
    h.take(*(a_signal(f"e-{n}") for n in range(4)))
    whole = h.lease()
    h.take(a_refusal("e-0"), a_refusal("e-2"))
    gone, part, alone = h.split_into(whole, [2], [0, 1], [3])
    assert gone is None
    assert part is not None
    assert alone is not None
    assert (carried_ids(part), carried_ids(alone)) == (["e-1"], ["e-3"])


def the_whole_cannot_be_settled_after_the_split(h: Harness) -> None:
    h.take(a_signal("e-1"), a_signal("e-2"))
    whole = h.lease()
    h.split(whole)
    assert not h.delivered(whole)
    assert h.split(whole) == []


def halves_have_their_own_fates(h: Harness) -> None:
    h.take(a_signal("e-1"), a_signal("e-2"))
    good, bad = h.split(h.lease())
    h.delivered(good)
    h.refused(bad)
    assert (h.state("e-1"), h.state("e-2")) == ("delivered", "refused")


def splitting_on_and_on_finds_every_culprit(h: Harness) -> None:
    h.take(*(a_signal(f"e-{n}") for n in range(20)))
    culprits = {"e-3", "e-11"}
    _send(h, h.lease(), culprits)
    for n in range(20):
        assert h.state(f"e-{n}") == ("refused" if f"e-{n}" in culprits else "delivered")


def a_batch_of_one_splits_into_itself(h: Harness) -> None:
    h.take(a_signal("e-1"))
    (alone,) = h.split(h.lease())
    assert carried_ids(alone) == ["e-1"]
    assert h.refused(alone)


def halves_are_taken_over_like_any_batch(h: Harness) -> None:
    h.take(a_signal("e-1"), a_signal("e-2"), a_signal("e-3"))
    halves = h.split(h.lease())
    assert [lease.body for lease in h.restart()] == [half.body for half in halves]


def a_half_that_waits_is_tried_again(h: Harness) -> None:
    h.take(a_signal("e-1"), a_signal("e-2"))
    first, second = h.split(h.lease())
    h.waiting(first)
    h.delivered(second)
    again = h.lease()
    assert (carried_ids(again), again.attempt) == (["e-1"], 2)


def a_half_does_not_take_back_what_the_whole_may_have_brought(h: Harness) -> None:
    """A partial success names nobody: a half may be at TikTok already when its own try does not arrive."""
    h.take(a_signal("e-1"), a_signal("e-2"))
    first, _ = h.split(h.lease())
    h.waiting(first, arrived=False, after_ms=47 * HOUR)
    h.clock.advance(ms=47 * HOUR)
    assert h.try_lease(h.lane()) is None
    assert h.story("e-1").reason == "dedup_window"


def _send(h: Harness, lease: Lease, culprits: set[str]) -> None:
    """Do with a batch what the sender does with TikTok's answer to it."""
    if not culprits & set(carried_ids(lease)):
        h.delivered(lease)
    elif lease.count == 1:
        h.refused(lease)
    else:
        for half in h.split(lease):
            _send(h, half, culprits)
