"""By which sides conversions were seen, and which match keys those that TikTok accepted carried."""

from engines.kit.harness import BUSY, Harness
from signals import BROWSER, DAY, MINUTE, NOW, a_refusal, a_signal, an_email
from twinbeam.core.clock import day_of
from twinbeam.core.story import Covered


def _covered(h: Harness, event: str = "Purchase") -> Covered:
    (covered,) = [covered for covered in h.store.coverage() if covered.event == event]
    return covered


def _sides(h: Harness) -> tuple[int, int, int]:
    covered = _covered(h)
    return covered.browser, covered.server, covered.both


def one_side_is_counted_until_the_other_reports(h: Harness) -> None:
    h.take(a_signal("e-1", channel=BROWSER), a_signal("e-2"))
    assert _sides(h) == (1, 1, 0)
    h.take(a_signal("e-1"))
    assert _sides(h) == (0, 1, 1)


def a_second_copy_of_one_side_changes_nothing(h: Harness) -> None:
    h.take(a_signal("e-1"), a_signal("e-1"))
    assert _sides(h) == (0, 1, 0)


def a_copy_that_comes_after_the_delivery_counts_all_the_same(h: Harness) -> None:
    h.take(a_signal("e-1"))
    h.delivered(h.lease())
    h.take(a_signal("e-1", channel=BROWSER, received_ms=NOW + MINUTE))
    assert _sides(h) == (0, 0, 1)


def a_replay_counts_nothing_twice(h: Harness) -> None:
    h.take(a_signal("e-1", channel=BROWSER), a_signal("e-1"))
    before = h.store.coverage()
    h.replay()
    assert h.store.coverage() == before


def it_is_counted_on_the_day_of_the_first_copy(h: Harness) -> None:
    h.take(a_signal("e-1", channel=BROWSER))
    h.clock.advance(ms=DAY)
    h.take(a_signal("e-1", received_ms=NOW + DAY))
    assert _covered(h).day == day_of(NOW)
    assert _sides(h) == (0, 0, 1)


def what_is_refused_on_arrival_was_seen_by_nobody(h: Harness) -> None:
    h.take(a_refusal("e-1"))
    assert _sides(h) == (0, 0, 0)


def match_keys_count_once_tiktok_has_accepted_them(h: Harness) -> None:
    h.take(a_signal("e-1", user={"email": an_email("ada"), "ttclid": "c"}), a_signal("e-2", user={"ip": "81.2.69.142"}))
    lease = h.lease()
    h.waiting(lease, answer=BUSY)
    assert _covered(h).delivered == 0
    h.delivered(h.lease())
    covered = _covered(h)
    assert (covered.delivered, covered.email, covered.ttclid, covered.ip, covered.phone) == (2, 1, 1, 1, 0)


def what_copies_bring_together_was_carried_together(h: Harness) -> None:
    h.take(a_signal("e-1", channel=BROWSER, user={"ttclid": "c"}), a_signal("e-1", user={"email": an_email("ada")}))
    h.delivered(h.lease())
    covered = _covered(h)
    assert (covered.delivered, covered.email, covered.ttclid) == (1, 1, 1)


def an_enrichment_adds_what_it_brings(h: Harness) -> None:
    h.take(a_signal("e-1", channel=BROWSER, native="sent", user={"ttclid": "c"}))
    h.delivered(h.lease())
    h.clock.advance(ms=2 * MINUTE)
    h.take(a_signal("e-1", user={"email": an_email("ada")}, received_ms=NOW + 2 * MINUTE))
    h.delivered(h.lease())
    covered = _covered(h)
    assert (covered.delivered, covered.email, covered.ttclid, covered.both) == (1, 1, 1, 1)


def tests_are_left_out(h: Harness) -> None:
    h.take(a_signal("e-1", test_code="TEST1"))
    h.delivered(h.lease())
    assert _sides(h) == (0, 0, 0)
    assert _covered(h).delivered == 0


def what_was_removed_after_its_time_stays_counted(h: Harness) -> None:
    h.take(a_signal("e-1", user={"email": an_email("ada")}))
    h.delivered(h.lease())
    h.tidy(days=402)
    assert h.store.removed() == {"delivered": 1}
    covered = _covered(h)
    assert (covered.server, covered.delivered, covered.email) == (1, 1, 1)
