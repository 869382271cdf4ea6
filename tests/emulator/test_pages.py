"""The pages: what a person sees, without a browser."""

import re

import pytest

from emulator_sender import PIXEL, event, request, user

TESTS = f"/sources/{PIXEL}/tests"


def page(sender, path):
    """Get a page as text."""
    got = sender.ask("GET", path)
    assert got.status == 200, path
    assert got.headers["content-type"].startswith("text/html")
    return got.body.decode()


def test_the_home_page_lists_every_source_and_its_counts(sender):
    sender.track(event())
    home = page(sender, "/")
    assert PIXEL in home
    assert "Demo CRM" in home
    assert "Nothing was found wrong" not in home or "Diagnostics" in home


def test_the_overview_has_the_columns_of_events_manager(sender):
    sender.track(event())
    shown = page(sender, f"/sources/{PIXEL}")
    for column in ("Status", "Connection method", "Total received", "Match quality (estimate)", "Last received"):
        assert column in shown
    assert "Server only" in shown
    assert "order-1" in shown


def test_the_newest_events_can_be_narrowed_to_one_name(sender):
    sender.track(event(event_id="a-purchase"), event(event="Lead", event_id="a-lead"))
    shown = page(sender, f"/sources/{PIXEL}?event=Lead")
    assert "a-lead" in shown
    assert "a-purchase" not in shown


def test_one_event_is_shown_merged_with_its_copies(tiktok, sender):
    tiktok.allow("changed_body")
    sender.beacon()
    sender.track(event())
    shown = page(sender, "/events/1")
    assert "both" in shown
    assert shown.count("<details>") == 2


def test_test_events_show_what_was_understood_and_where_it_came_from(tiktok, sender):
    tiktok.expect("unknown_field")
    sender.track(
        event(user=user(ttclidX="misspelt"), page={"url": "https://s.example/?a=b"}), test_event_code="TEST10001"
    )
    sender.beacon(test_event_code="TEST10001")
    shown = page(sender, TESTS)
    assert "user.email" in shown
    assert "ttclidX" not in shown
    assert "server" in shown
    assert "browser" in shown


@pytest.mark.parametrize(("position", "count"), [("hide", 0), ("show", 1)])
def test_events_with_an_unknown_test_code_are_hidden_unless_the_switch_shows_them(tiktok, sender, position, count):
    tiktok.switch(unknown_test_code=position)
    sender.track(event(event_id="stray"), test_event_code="TEST99999")
    assert page(sender, TESTS).count("stray") == count


def test_diagnostics_can_be_dismissed_on_the_page(sender, tiktok):
    sender.track(event(event_id=..., event_time=tiktok.now_ms // 1000))
    where = f"/sources/{PIXEL}/diagnostics"
    assert "Server events without id" in page(sender, where)
    assert sender.ask("POST", f"{where}?id=server_only_no_dedup&event=Purchase").status == 303
    assert "Nothing was found wrong" in page(sender, where)


@pytest.mark.parametrize(
    "path", ["/sources/NOBODY", "/sources/NOBODY/tests", "/sources/NOBODY/diagnostics", "/events/1"]
)
def test_what_is_not_there_is_404_with_a_sentence(sender, path):
    got = sender.ask("GET", path)
    assert got.status == 404
    assert b"Back to the overview" in got.body


def test_markup_in_an_event_stays_text(tiktok, sender):
    tiktok.allow("unknown_field", "invalid_custom_event_name")
    nasty = "<script>alert(1)</script>"
    sender.track(event(event_id=nasty, user=user(locale=nasty)))
    sender.track(event(event=nasty, event_id="2"), test_event_code="TEST10001")
    for path in ("/", f"/sources/{PIXEL}", "/events/1", TESTS, f"/sources/{PIXEL}/diagnostics"):
        assert nasty not in page(sender, path)


def test_the_settings_show_the_base_code_and_a_token_that_works_once_it_is_generated(sender):
    path = f"/sources/{PIXEL}/settings"
    shown = page(sender, path)
    assert f"ttq.load(&#34;{PIXEL}&#34;)" in shown
    assert 'id="token"' not in shown
    made = sender.ask("POST", path).body.decode()
    token = re.search(r'id="token">(\w+)<', made)[1]
    assert sender.post("/event/track/", request(event()), token).code == 0
    assert sender.ask("GET", "/sources/none/settings").status == 404
