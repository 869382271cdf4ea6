"""What an owner does with what was recorded: export it, erase it, release an order."""

from contextlib import closing
from datetime import UTC, date, datetime

import pytest

from showroom import UNSAID, Showroom, bought
from signals import a_signal, an_email, granted, order_lookup
from twinbeam.admin import audit, export, releases, shops
from twinbeam.admin.contract import Actor, Admin
from twinbeam.admin.erasure import erase
from twinbeam.admin.errors import NotFound
from twinbeam.admin.person import Subject
from twinbeam.core.erasure import Receipt
from twinbeam.core.rules import MAIN
from twinbeam.search import By, Query, find

ADA = Subject("email", "ada@shop.example")


@pytest.fixture
def room(tmp_path):
    with closing(Showroom(tmp_path / "data")) as room:
        yield room


@pytest.fixture
def admin(room):
    return Admin(room.store, Actor("ada"), room.clock)


class AtOnce:
    """The surroundings of an erasure in which the writer is quick; notes the order of what happens."""

    def __init__(self, room, *, quick=True):
        self._room = room
        self._quick = quick
        self.happened = []

    def positions(self):
        return {}

    def remember(self, request):
        self.happened.append(("remembered", request.id, self._room.store.erasures()))

    def carried_out(self, request_id):
        self.happened.append(("awaited", request_id, self._room.store.erasures()))
        if not self._quick:
            return None
        while self._room.store.erasure(request_id) is None and self._room.store.tidy(self._room.clock.now_ms()):
            pass
        return self._room.store.erasure(request_id)


def lines(admin):
    """Give the audit as far as it is about owners, oldest first."""
    told = reversed(audit.latest(admin, limit=99))
    return [(line.who, line.what, line.before, line.after) for line in told if line.who != "twinbeam"]


def test_an_erasure_is_remembered_outside_before_the_store_knows_of_it(room, admin):
    room.record(bought("1", workspace=MAIN), bought("2", workspace=MAIN, email="ben@shop.example"))
    around = AtOnce(room)
    erased = erase(admin, ADA, around)
    assert around.happened == [("remembered", erased.id, set()), ("awaited", erased.id, {erased.id})]
    assert erased.receipt == Receipt(room.clock.now_ms(), removed=1, visits=1)
    assert room.store.states() == {"erased": 1, "ready": 1}
    assert lines(admin) == [
        ("ada", f"erasure main/{erased.id}", "", "asked by email"),
        (
            "ada",
            f"erasure main/{erased.id}",
            "asked",
            "1 conversions and 1 visits erased, 0 on the wire, 0 at TikTok",
        ),
    ]


def test_an_erasure_that_takes_too_long_is_told_as_asked(room, admin):
    erased = erase(admin, ADA, AtOnce(room, quick=False))
    assert erased.receipt is None
    assert lines(admin) == [("ada", f"erasure main/{erased.id}", "", "asked by email")]


def test_a_person_is_told_what_an_erasure_would_reach(room, admin):
    room.record(bought("1", workspace=MAIN), bought("2", workspace=MAIN, email="ben@shop.example"))
    assert [one.story.event_id for one in export.about(admin, ADA).conversions] == ["order-1"]
    (told,) = export.as_json(export.about(admin, ADA))["stored"]
    assert (told["story"]["event_id"], told["copies"][0]["source"]) == ("order-1", "checkout")
    given = "1 conversions and 0 visits of a person, by email"
    assert lines(admin) == [("ada", "export main", "", given)] * 2


def test_what_is_held_is_exported_and_erased_by_e_mail_although_a_search_by_it_finds_nothing(room, admin):
    """docs/concepts/copies.md says so."""
    room.record(bought("1", workspace=MAIN, permission=UNSAID))
    asked = {By.EVENT_ID: "order-1", By.ORDER_ID: "1", By.EMAIL: "ada@shop.example"}
    found = {by: [story.state for story in find(room.store, Query(MAIN, by, text))] for by, text in asked.items()}
    assert found == {By.EVENT_ID: ["held"], By.ORDER_ID: ["held"], By.EMAIL: []}
    assert [one.story.event_id for one in export.about(admin, ADA).conversions] == ["order-1"]
    erase(admin, ADA, AtOnce(room))
    assert room.store.states() == {"erased": 1}


def test_stories_are_given_from_a_day_on_and_of_one_shop(room, admin):
    shops.add(admin, MAIN, "shop-fr")
    today = datetime.fromtimestamp(room.clock.now_ms() / 1_000, UTC).date()
    room.record(bought("1", workspace=MAIN, received_ms=room.clock.now_ms()))
    room.record(a_signal("shop-fr-1", workspace=MAIN, shop="shop-fr", received_ms=room.clock.now_ms()))

    def ids(**requests):
        return [story.event_id for page in export.stories(admin, MAIN, **requests) for story in page]

    assert ids() == ids(since=today) == ["order-1", "shop-fr-1"]
    assert (ids(shop="shop-fr"), ids(shop="main")) == (["shop-fr-1"], ["order-1"])
    assert ids(since=date.fromordinal(today.toordinal() + 1)) == []
    told = [after for _, what, _, after in lines(admin) if what == "export main"]
    assert told[:2] == ["stories since ever", f"stories since {today}"]


def test_what_cannot_be_exported_is_no_line_of_the_audit(room, admin):
    with pytest.raises(NotFound, match="There is no shop nowhere"):
        export.stories(admin, MAIN, shop="nowhere")
    with pytest.raises(NotFound, match="There is no workspace hatz"):
        export.stories(admin, "hatz")
    assert lines(admin) == []


@pytest.mark.parametrize("spelling", ["1001", "#1001"])
def test_an_order_whose_number_was_used_before_is_released(room, admin, spelling):
    said = {"workspace": MAIN, "order_id": "1001", "lookups": [order_lookup("1001", MAIN)], "consent": granted()}
    room.record(a_signal("1001", user={"email": an_email("ada")}, **said))
    room.clock.advance(seconds=20)
    room.deliver()
    room.record(a_signal("1001", user={"email": an_email("ben")}, **said))
    assert room.store.states() == {"delivered": 1, "held": 1}
    (event_id,) = releases.release(admin, MAIN, spelling)
    ((who, what, before, after),) = lines(admin)
    assert (who, before, after) == ("ada", "held", "released")
    assert what.endswith(f"(main, event_id {event_id})")


@pytest.mark.parametrize("order", ["1002", ""])
def test_an_order_that_is_not_held_is_told_with_where_to_look(room, admin, order):
    with pytest.raises(NotFound, match=f"look it up: twinbeam find --order-id {order}"):
        releases.release(admin, MAIN, order)
    assert lines(admin) == []
