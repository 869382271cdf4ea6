"""/alerts: what goes on and what to do, rules that are changed on the page, channels, and mutes."""

import pytest

from builders import PIXEL, WORKSPACE
from reading import words
from showroom import Showroom
from twinbeam.admin import alert_steps
from twinbeam.alerts.facts import AlertFacts
from twinbeam.alerts.measures import measure
from twinbeam.alerts.rules import LOG

ADDRESS = "https://hooks.example/services/secret-part"


@pytest.fixture
def alarmed(room):
    """Two alerts: one goes on, of a pixel, and one is over."""
    room.add_pixel()
    for kind in ("disk", "dead_letters"):
        room.post(
            "/alerts", who="member", do="set", kind=kind, on="yes", raise_after_seconds="0", clear_after_seconds="0"
        )
    rows, store = room.store.pixels(), room.store.alerts
    dead = {(row.workspace, row.code): 12 for row in rows}
    for free in (1.0, 9_999.0):
        facts = measure(AlertFacts(now_ms=room.clock.now_ms(), pixels=rows, dead=dead, free_mib=free))
        alert_steps.take_in(store, facts, "http://pages")
        room.clock.advance(seconds=60)
    return room


def test_an_alert_that_goes_on_is_told_with_its_pixel_its_number_and_what_to_do(alarmed):
    told = words(alarmed.get("/alerts", who="member"))
    going_on, _, rest = told.partition("Mute")
    assert "Dead letters" in going_on
    assert "Example shop" in going_on
    assert "12 conversions" in going_on
    assert f"twinbeam dead-letters list --pixel {PIXEL} --workspace {WORKSPACE}" in going_on
    assert "Disk fills up" not in going_on
    assert "Disk fills up" in rest.rpartition("Over")[2]


def test_without_any_the_page_says_so(room):
    assert "Nothing: no value is beyond its threshold." in words(room.get("/alerts", who="member"))


def test_a_rule_is_changed_and_is_as_usual_again(room):
    form = {"do": "set", "kind": "disk", "raise_at": "2e3", "clear_at": "3000"}
    assert room.post("/alerts", who="member", **form, on="yes").status == 303
    rule = room.store.alerts.rules()["disk"]
    assert (rule.on, rule.raise_at, rule.clear_at) == (True, 2_000, 3_000)
    room.post("/alerts", who="member", **form)
    assert room.store.alerts.rules()["disk"].on is False
    room.post("/alerts", who="member", do="reset", kind="disk")
    assert room.store.alerts.rules()["disk"].raise_at == 512


def test_what_cannot_be_is_said_and_nothing_is_changed(room):
    before = room.store.alerts.rules()
    for form in (
        {"do": "set", "kind": "disk", "raise_at": "x"},
        {"do": "set", "kind": "<b>"},
        {"do": "unmute", "number": "²"},
        {"do": "mute", "hours": "5", "reason": "x"},
        {"do": "add", "kind": "pigeon", "name": "x", "address": "y"},
        {"do": "remove", "name": LOG},
        {"do": "dance"},
        {},
    ):
        answer = room.post("/alerts", who="member", **form)
        assert answer.status == 400
        assert 'role="alert"' in answer.text
        assert "<b>&" not in answer.text
    assert room.store.alerts.rules() == before


def test_after_a_mistake_the_form_holds_what_was_typed_and_no_secret(room):
    room.add_pixel()
    add = room.post("/alerts", who="member", do="add", kind="webhook", name='Ops "1"', address=ADDRESS).text
    assert 'value="Ops &#34;1&#34;"' in add
    assert '<option value="webhook" selected>' in add
    assert "secret-part" not in add
    place = f"{WORKSPACE}/{PIXEL}"
    mute = room.post("/alerts", who="member", do="mute", kind="disk", hours="24", reason="x" * 201, pixel=place).text
    assert f'value="{"x" * 201}"' in mute
    for chosen in ('value="disk" selected', f'value="{place}" selected', "<option selected>24"):
        assert chosen in mute
    rule = room.post(
        "/alerts", who="member", do="set", kind="disk", raise_at="7", clear_at="3", channels="nowhere"
    ).text
    opened = rule[rule.index("<details open>") :].partition("</details>")[0]
    for word in ('name="raise_at"', 'value="7"', 'value="3"', 'value="nowhere"', "Disk fills up"):
        assert word in opened
    assert "checked" not in opened
    assert rule.count("<details open>") == 1


def test_a_channel_is_added_tried_and_removed_and_its_address_is_not_shown(room):
    made = room.post("/alerts", who="member", do="add", kind="webhook", name="ops", address=ADDRESS)
    assert "whsec_" in made.text
    shown = room.get("/alerts", who="member").text
    assert "hooks.example" in shown
    assert "secret-part" not in shown + made.text
    assert "whsec_" not in shown
    room.post("/alerts", who="member", do="test", name="ops")
    (notice,) = alert_steps.sendable(room.store.alerts, room.clock.now_ms())
    assert (notice.channel, notice.message.type) == ("ops", "alert.test")
    alert_steps.note(room.store.alerts, notice, "It answers 410.", room.clock.now_ms())
    told = words(room.get("/alerts", who="member"))
    assert "It answers 410. 1 waiting." in told
    room.post("/alerts", who="member", do="remove", name="ops")
    assert "hooks.example" not in room.get("/alerts", who="member").text


def test_an_address_outside_the_listed_networks_is_refused_on_the_page(tmp_path):
    room = Showroom(tmp_path / "data", alert_networks=("10.0.0.0/8",))
    try:
        for address, status in (("http://127.0.0.1:9000/x", 400), ("http://10.1.2.3:9000/x", 303)):
            assert (
                room.post("/alerts", who="member", do="add", kind="slack", name="ops", address=address).status == status
            )
    finally:
        room.close()


def test_a_mute_is_made_with_its_reason_and_is_ended(room):
    room.add_pixel()
    (row,) = room.store.pixels()
    place = f"{row.workspace}/{row.code}"
    room.post("/alerts", who="member", do="mute", kind="disk", hours="4", reason="moving <b>", pixel=place)
    answer = room.get("/alerts", who="member")
    assert "by member" in words(answer)
    assert "moving &lt;b&gt;" in answer.text
    (mute,) = room.store.alerts.mutes()
    assert (mute.kind, mute.pixel, mute.until_ms - mute.at_ms) == ("disk", row.code, 4 * 3_600_000)
    room.post("/alerts", who="member", do="unmute", number=str(mute.id))
    assert room.store.alerts.mutes() == []


HOSTILE = ("<script>alert(1)</script>", '" onfocus="alert(1)', "two\nlines", "\x1b[31mred", "x" * 60_000)


@pytest.mark.parametrize("typed", HOSTILE)
def test_whatever_is_typed_is_refused_in_words_and_is_no_markup(room, typed):
    for form in (
        {"do": "add", "kind": "slack", "name": typed, "address": ADDRESS},
        {"do": "add", "kind": "slack", "name": "ops", "address": f"https://{typed}/"},
        {"do": "add", "kind": typed, "name": "ops", "address": ADDRESS},
        {"do": "mute", "kind": typed, "hours": "4", "reason": "x"},
        {"do": "mute", "hours": typed, "reason": "x"},
        {"do": "mute", "hours": "4", "reason": "x", "pixel": typed},
        {"do": "set", "kind": "disk", "raise_at": typed},
        {"do": "set", "kind": "disk", "channels": typed},
        {"do": "test", "name": typed},
        {"do": typed},
    ):
        answer = room.post("/alerts", who="member", **form)
        assert (answer.status, 'role="alert"' in answer.text) == (400, True)
        assert "<script>alert" not in answer.text
        assert ' onfocus="' not in answer.text
    assert room.post("/alerts", who="member", do="mute", hours="4", reason="x" * 1_000_000).status == 413
    assert (room.store.alerts.mutes(), len(room.store.alerts.channels())) == ([], 1)
