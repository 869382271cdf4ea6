"""What waits for a pixel that was removed ends unsent, and nothing else does."""

from typing import Any

from engines.kit.harness import Harness
from signals import BROWSER, PIXEL, WORKSPACE, a_signal, an_email, an_undecided, carried_ids


def _end(h: Harness, what: str, *, pixel: str = PIXEL, limit: int = 1_000) -> int:
    call: Any = getattr(h.store, what)
    return h.step(lambda: call(WORKSPACE, pixel, h.now(), limit=limit))


def what_is_held_for_it_ends_and_is_unreadable(h: Harness) -> None:
    h.take(an_undecided("e-1", visitor="v"), an_undecided("e-2", visitor="v", pixel="PIXEL2"))
    assert _end(h, "end_held_of") == 1
    assert (h.state("e-1"), h.story("e-1").reason) == ("expired", "pixel_removed")
    assert h.state("e-2") == "held"
    assert _end(h, "end_held_of") == 0


def what_waits_to_be_sent_to_it_ends(h: Harness) -> None:
    h.take(a_signal("e-1"), a_signal("e-2"), a_signal("e-3", pixel="PIXEL2"))
    h.waiting(h.lease(limit=1), after_ms=60_000)
    assert _end(h, "end_unsent_of") == 2
    assert [h.story(id_).reason for id_ in ("e-1", "e-2")] == ["pixel_removed"] * 2
    assert carried_ids(h.lease(pixel="PIXEL2")) == ["e-3"]
    assert h.counted("expired", "pixel_removed") == 2


def what_is_in_a_request_keeps_its_answer(h: Harness) -> None:
    h.take(a_signal("e-1"))
    lease = h.lease()
    assert _end(h, "end_unsent_of") == 0
    h.delivered(lease)
    assert h.state("e-1") == "delivered"


def what_comes_back_from_a_request_ends_then(h: Harness) -> None:
    h.take(a_signal("e-1"))
    lease = h.lease()
    assert _end(h, "end_unsent_of") == 0
    h.waiting(lease)
    assert _end(h, "end_unsent_of") == 1
    assert h.story("e-1").reason == "pixel_removed"


def a_second_word_about_what_was_delivered_leaves_it_delivered(h: Harness) -> None:
    h.take(a_signal("e-1", channel=BROWSER, native="sent"))
    h.delivered(h.lease())
    h.take(a_signal("e-1", user={"email": an_email("ada")}, received_ms=h.now()))
    assert _end(h, "end_unsent_of") == 1
    assert (h.state(), h.counted("expired")) == ("delivered", 0)


def no_more_than_so_many_end_at_once(h: Harness) -> None:
    h.take(*(a_signal(f"e-{n}") for n in range(3)), *(an_undecided(f"h-{n}", visitor=f"v-{n}") for n in range(3)))
    for what in ("end_unsent_of", "end_held_of"):
        assert [_end(h, what, limit=2), _end(h, what, limit=2), _end(h, what, limit=2)] == [2, 1, 0]


def a_later_word_opens_none_of_it_again(h: Harness) -> None:
    h.take(an_undecided("e-1", visitor="v"))
    _end(h, "end_held_of")
    h.take(a_signal("e-1", received_ms=h.now()))
    assert h.state("e-1") == "expired"
    assert h.store.next_due_ms() is None
