"""The page of what a restore holds: how much it is, what it is worth, and what its owner decides."""

from contextlib import closing

import pytest

from builders import PIXEL, WORKSPACE
from reading import words
from showroom import Showroom, bought
from twinbeam.core.clock import MS_PER_DAY
from twinbeam.core.restored import Restore
from twinbeam.web.sight import within

PATH = "/restored"


@pytest.fixture
def room(tmp_path):
    with closing(Showroom(tmp_path / "data")) as room:
        room.add_pixel()
        yield room


@pytest.fixture
def held(room):
    """Hold three purchases that came back with a backup of three days ago."""
    now_ms = room.clock.now_ms()
    room.record(*(bought(str(n), received_ms=now_ms) for n in (1001, 1002)))
    room.record(bought("1003", received_ms=now_ms, minor=1_000, currency="USD"))
    room.clock.advance(ms=3 * MS_PER_DAY)
    room.store.begin_restored(Restore(now_ms, room.clock.now_ms()))
    assert room.store.hold_restored(room.clock.now_ms()) == 3
    return room


def states(room):
    return {state: n for state, n in room.store.states().items() if n}


def test_without_a_restore_it_says_so_and_asks_nothing(room):
    answer = room.get(PATH)
    assert "Nothing is held since a restore." in words(answer)
    assert "<button" not in answer.text.partition("<main")[2].partition("</main>")[0]


def test_it_shows_how_many_there_are_and_what_they_are_worth(held):
    text = words(held.get(PATH))
    assert "Example shop Purchase 3 41.00 EUR, 10.00 USD" in text
    assert "from a backup of" in text
    assert "Send them…" in text


@pytest.mark.parametrize(
    ("decision", "asked", "became"),
    [("send", "Send 3 events?", {"ready": 3}), ("discard", "Discard 3 events?", {"expired": 3})],
)
def test_a_decision_is_previewed_then_made_by_whoever_is_signed_in(held, decision, asked, became):
    preview = words(held.get(f"{PATH}?decision={decision}"))
    assert f"{asked} Worth 41.00 EUR, 10.00 USD." in preview
    assert states(held) == {"held": 3}
    assert held.post(PATH, decision=decision).status == 303
    assert f"3 events left to {decision}" in words(held.get(PATH))
    held.store.carry_out_decision(held.clock.now_ms())
    assert states(held) == became
    assert "Nothing is held since a restore." in words(held.get(PATH))
    (change,) = held.store.changes(limit=1)
    assert (change.who, change.what) == ("owner", "3 conversions of a backup")


@pytest.mark.parametrize("decision", ["", "keep"])
def test_what_is_no_decision_changes_nothing(held, decision):
    assert held.post(PATH, decision=decision).status == 200
    assert held.reader.after_restore().deciding == ""


def test_deciding_on_nothing_is_told(room):
    answer = room.post(PATH, decision="send")
    assert (answer.status, "nothing was changed" in words(answer)) == (400, True)


@pytest.mark.parametrize("who", ["viewer", "member"])
def test_only_owners_see_it_and_are_led_to_it(held, who):
    assert held.get(PATH, who=who).status == 403
    assert held.post(PATH, who=who, decision="send").status == 403
    assert f'href="{PATH}"' not in held.get("/issues?check=restored", who=who).text


def test_the_issue_leads_to_it(held):
    text = held.get(f"/issues?check=restored&pixel={PIXEL}").text
    assert f'<a href="{PATH}">Send or discard them</a>' in text


def test_a_reader_of_one_workspace_counts_its_own_alone(held):
    assert within(WORKSPACE, held.reader).after_restore().count == 3
    assert within("acme", held.reader).after_restore().count == 0
