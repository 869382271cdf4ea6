"""The page of one pixel, and its kill switch."""

from builders import PIXEL
from reading import words
from showroom import bought, seen_in_browser
from twinbeam.core.clock import day_of
from twinbeam.core.rates import NAMES
from twinbeam.core.rules import MAIN

PAGE = f"/pixels/{MAIN}/{PIXEL}"

COPIES = ((bought, "1"), (seen_in_browser, "1"), (seen_in_browser, "2"), (bought, "3"))


def an_hour(room):
    room.add_pixel(workspace=MAIN)
    room.record(*(copy(order, workspace=MAIN) for copy, order in COPIES))
    room.clock.advance(seconds=20)
    room.deliver()
    room.clock.advance(seconds=3_600)


def test_it_tells_its_events_and_each_formula(room):
    an_hour(room)
    text = words(room.get(PAGE))
    assert f"Example shop {PIXEL}" in text
    assert "Purchase 1 browser only 1 server only 1 both 2 0" in text
    assert (
        "50.0 % ; 90 % or more is healthy. 1 conversions that browser and server reported under one event id ÷ 2"
        in text
    )
    assert "0.0 of 10 , poor." in text
    assert all(name in text for name in NAMES.values())
    assert "100.0 % : 2 accepted ÷ 2 answered; 0 rejected , 0 waiting , 1 held" in text


def test_with_one_channel_there_is_nothing_to_deduplicate(room):
    room.add_pixel(workspace=MAIN)
    room.record(bought("1", workspace=MAIN))
    assert "Not applicable: no event was reported by browser and server both." in words(room.get(PAGE))
    assert "not applicable" in words(room.get("/pixels"))


def test_a_pixel_that_is_not_there_is_a_404(room):
    assert room.get(f"/pixels/{MAIN}/NOWHERE").status == 404
    assert room.get(f"/pixels/{MAIN}/NOWHERE/stop", method="POST", body=b"sure=1").status == 404


def test_it_is_stopped_with_a_reason_once_that_is_confirmed_and_started_again(room):
    an_hour(room)
    unsure = room.get(f"{PAGE}/stop", method="POST", body=b"why=wrong+values")
    assert unsure.status == 422
    assert "Tick the box to confirm" in words(unsure)
    assert room.reader.pixels()[0].stopped is None
    done = room.get(f"{PAGE}/stop", method="POST", body=b"why=wrong+values&sure=1")
    assert (done.status, done.headers["location"]) == (303, PAGE)
    assert room.reader.pixels()[0].stopped.why == "wrong values"
    assert "Stopped since" in words(room.get(PAGE))
    assert room.store.changes(limit=1)[0].after == "stopped: wrong values"
    assert room.get(f"{PAGE}/start", method="POST").status == 303
    assert room.reader.pixels()[0].stopped is None


def test_it_is_paused_drained_and_resumed_and_each_is_in_the_audit(room):
    an_hour(room)
    assert "Events are sent as they become due." in words(room.get(PAGE))
    for to, told, line in (
        ("paused", "Paused", ("sending", "paused")),
        ("draining", "Drained", ("paused", "draining")),
        ("sending", "Events are sent as they become due.", ("draining", "resumed")),
    ):
        done = room.get(f"{PAGE}/flow", method="POST", body=f"to={to}".encode())
        assert done.status == 303
        assert told in words(room.get(PAGE))
        change = room.store.changes(limit=1)[0]
        assert (change.before, change.after) == line
    assert room.get(f"{PAGE}/flow", method="POST", body=b"to=nowhere").status == 303
    assert room.reader.pixels()[0].flow is None


def test_its_limits_are_changed_and_put_back(room):
    an_hour(room)
    assert room.post(f"{PAGE}/limits", requests_per_second="20", requests_per_day="9000").status == 303
    rules = room.reader.pixels()[0].rules
    assert (rules.requests_per_second, rules.requests_per_minute, rules.requests_per_day) == (20, 0, 9_000)
    assert room.post(f"{PAGE}/limits", requests_per_second="many").status == 422
    assert room.post(f"{PAGE}/limits").status == 303
    rules = room.reader.pixels()[0].rules
    assert (rules.requests_per_second, rules.requests_per_day) == (0, 0)


def test_what_waited_for_a_limit_today_is_told(room):
    an_hour(room)
    assert "No event waited for a limit on requests today" in words(room.get(PAGE))
    room.store.request_counts.add_throttled(day_of(room.clock.now_ms()), {(MAIN, PIXEL): 1_234})
    assert "1,234 events waited for a limit on requests today" in words(room.get(PAGE))


def test_a_reason_of_several_lines_is_told_to_be_wrong(room):
    an_hour(room)
    answer = room.get(f"{PAGE}/stop", method="POST", body=b"why=a%0Ab&sure=1")
    assert answer.status == 422
    assert room.reader.pixels()[0].stopped is None


def said(room, **form):
    return room.post(f"{PAGE}/profile", **form)


def test_whose_it_is_can_be_said_of_a_pixel_that_was_added_by_hand(room):
    room.add_pixel(workspace=MAIN)
    assert "Nothing is said yet" not in words(room.get(PAGE))  # its environment is
    told = {"client": "Acme", "brand": "acme", "domain": "shop.de", "market": "de", "owner": "Ada"}
    answer = said(room, **told, environment="staging")
    assert (answer.status, answer.headers["location"]) == (303, f"{PAGE}#profile")
    text = words(room.get(PAGE))
    assert "Client: Acme Brand: acme Domain: shop.de Market: DE Owner: Ada Environment: staging" in text
    assert "By the pattern it would be acme_shop.de_DE_staging" in text
    assert "Acme · acme · DE · shop.de · Ada" in words(room.get("/pixels"))
    said(room, client="")
    assert "Client:" not in words(room.get(PAGE))
    assert "Environment: staging" in words(room.get(PAGE))


def test_what_is_no_market_is_refused_with_the_fix_and_changes_nothing(room):
    room.add_pixel(workspace=MAIN)
    answer = said(room, client="Acme", market="Germany-wide")
    assert (answer.status, "Write a country such as DE" in words(answer)) == (422, True)
    assert "<details open>" in answer.text
    assert "Acme" not in words(room.get(PAGE))
    assert said(room, environment="sideways").status == 422


def test_viewers_see_whose_it_is_and_change_nothing(room):
    room.add_pixel(workspace=MAIN)
    said(room, client="Acme")
    shown = room.get(PAGE, who="viewer")
    assert "Client: Acme" in words(shown)
    assert f"{PAGE}/profile" not in shown.text
