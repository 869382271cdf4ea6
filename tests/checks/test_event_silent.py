"""What alerts and checks call regular is one thing: an event that came often, and comes no more."""

import pytest

from builders import PIXEL, WORKSPACE
from showroom import Showroom
from signals import a_signal
from twinbeam.admin.evidence import find_evidence
from twinbeam.alerts.facts import AlertFacts
from twinbeam.alerts.measures import event_silent
from twinbeam.web.weeks import weeks_now


@pytest.fixture
def room(tmp_path):
    room = Showroom(tmp_path / "data")
    room.add_pixel()
    yield room
    room.close()


def lived(room, carts):
    """Let days pass with so many carts each, and views on all of them."""
    for day, n in enumerate(carts):
        now_ms = room.clock.now_ms()
        events = ["AddToCart"] * n + ["ViewContent"] * 20
        room.record(
            *(
                a_signal(
                    event_id=f"{day}-{at}",
                    workspace=WORKSPACE,
                    pixel=PIXEL,
                    event=event,
                    received_ms=now_ms,
                    event_time=now_ms // 1_000,
                )
                for at, event in enumerate(events)
            )
        )
        room.clock.advance(seconds=86_400 if day < len(carts) - 1 else 60)


def told_by_check(room):
    now_ms = room.clock.now_ms()
    (found,) = find_evidence(room.reader, weeks_now(room.reader, now_ms).pixels, {}, now_ms)
    return found.silent


def told_by_alert(room):
    facts = AlertFacts(
        now_ms=room.clock.now_ms(),
        pixels=room.reader.pixels(),
        sides=room.reader.sides_seen(),
        covered=room.reader.coverage(),
    )
    return {it.of.part for it in event_silent(facts) if it.value >= 12}


@pytest.mark.parametrize(
    ("carts", "check", "alert"),
    [
        ([10] * 8 + [0, 0], [("AddToCart", 70)], True),
        ([1, 2, 10, 10, 10, 10, 10, 10, 0, 0], [("AddToCart", 53)], True),
        ([10] * 8 + [0, 0, 0, 0], [("AddToCart", 70)], True),  # it still stands some days later
        ([1, 2, 3, 10, 10, 10, 10, 10, 0, 0], [], False),  # too rare on too many days
        ([0, 10, 10, 10, 10, 10, 10, 10, 0, 0], [], True),  # one day without is enough of a doubt for a check
        ([10] * 10, [], False),
    ],
)
def test_an_event_is_silent_for_a_check_only_where_it_is_for_an_alert(room, carts, check, alert):
    lived(room, carts)
    assert told_by_check(room) == check
    assert told_by_alert(room) == ({"AddToCart"} if alert else set())
