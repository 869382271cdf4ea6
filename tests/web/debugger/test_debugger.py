"""The debugger's list and the four panes of an event: everything that came is there, and nobody sees too much of it."""

import html
import json
import re
import shlex

import pytest
from msgspec.structs import replace

from builders import NOW_S, PIXEL, WORKSPACE
from reading import words
from showroom import DENIED, UNSAID, bought, kept_out, seen_in_browser
from signals import granted
from twinbeam.core.outcomes import Reason
from twinbeam.core.outgoing import KeptCopy
from twinbeam.core.rejections import RejectedEvent
from twinbeam.core.rules import MAIN
from twinbeam.core.values import Decision, Permission
from twinbeam.pipeline.identity.notices import SENTENCES, Trouble
from twinbeam.web.debugger.asked import OUTCOMES, DebuggerQuestion
from twinbeam.web.debugger.copies import compared
from twinbeam.web.debugger.reading import ROWS

HASH = "a" * 64
TTCLID = "E.C.P." + "c" * 30
URL = "https://shop.example/thanks?order=1"
USER = {"email": HASH, "ttclid": TTCLID, "ip": "203.0.113.7"}
SECRETS = (HASH, TTCLID, "203.0.113.7", URL)
BOT = Permission(Decision.DROPPED, "bot", Reason.BOT)
OTHER = "acme"


def pages_of(order, made=bought, **changes):
    return made(order, user=USER, page={"url": URL}, **changes)


def keys_in(text):
    """Give the keys of the rows on a page, in their order."""
    return re.findall(r'<tr role="row" data-key="([^"]+)"', text)


def rejected(number="r0-1", **changes):
    usual = {"at_ms": 1_790_000_000_001, "workspace": WORKSPACE, "source": "tag", "channel": "browser"}
    said = {"code": "wrong_type", "message": "The field has the wrong JSON type.", "fix": "Send a number."}
    return RejectedEvent(**usual | said | {"field": "properties.value", "number": number, "pixel": PIXEL} | changes)


@pytest.fixture
def filled(room):
    """A bit of everything: 1 and 2 one pair, 3 refused, 4 undecided, 5 a crawler's, 6 a duplicate, 7 a test."""
    room.add_pixel()
    room.record(seen_in_browser("1"), bought("1", minor=1_999))
    room.record(kept_out("3"), bought("4", permission=UNSAID), seen_in_browser("5", permission=BOT, body=b""))
    room.clock.advance(seconds=20)
    room.deliver()
    room.record(bought("1", received_ms=room.clock.now_ms()))
    room.record(bought("7", event="Lead", test_code="TEST1", received_ms=room.clock.now_ms()))
    room.rejected = [rejected()]
    return room


@pytest.mark.parametrize(
    ("query", "orders"),
    [
        ("outcome=invalid", ["Rejected event"]),
        ("outcome=dropped", ["Purchase", "Purchase"]),
        ("outcome=duplicate", ["Purchase"]),
        ("outcome=merged", ["Purchase"]),
        ("outcome=held", ["Purchase"]),
        ("outcome=waiting", ["Lead"]),
        ("outcome=delivered", ["Purchase", "Purchase"]),
        ("outcome=refused", []),
        ("event=Lead", ["Lead"]),
        ("side=browser", ["Purchase", "Purchase", "Rejected event"]),
        ("find=1", ["Purchase"] * 3),
        ("find=order-1", ["Purchase"] * 3),
        ("find=nothing", []),
        ("tests=only", ["Lead"]),
        ("tests=without&event=Lead", []),
        (f"pixel={WORKSPACE}/{PIXEL}", ["Lead", *["Purchase"] * 6, "Rejected event"]),
        (f"pixel={WORKSPACE}/OTHER", []),
        ("source=checkout&event=Lead", ["Lead"]),
        ("source=nobody", []),
        ("reason=bot", ["Purchase"]),
        ("reason=no_consent", ["Purchase"]),
        ("reason=consent_not_said", ["Purchase"]),
        ("reason=wrong_type", ["Rejected event"]),
        ("said=denied", ["Purchase"]),
        ("decision=undecided", ["Purchase"]),
        ("region=none&decision=undecided", ["Purchase"]),
        ("region=de&decision=undecided", []),
        ("event=%28other%29", []),
        (
            "outcome=nonsense&side=nonsense&reason=nonsense&said=nonsense&decision=nonsense",
            ["Lead", *["Purchase"] * 6, "Rejected event"],
        ),
    ],
)
def test_the_list_is_narrowed_to_what_is_asked_for(filled, query, orders):
    text = filled.get(f"/debugger?{query}").text
    assert sorted(re.findall(r'<a href="/debugger/[^"]+"><b>([^<]+)</b>', text)) == sorted(orders)


def test_every_outcome_of_the_filter_is_asked_for_somewhere_above():
    known = test_the_list_is_narrowed_to_what_is_asked_for.pytestmark[0].args[1]
    assert {*OUTCOMES} - {query.removeprefix("outcome=") for query, _ in known} == {"ended"}


def test_the_list_goes_on_where_a_page_ended_and_loses_nothing(room):
    room.add_pixel()
    for n in range(3):
        room.record(*(bought(f"{n}-{m}", received_ms=room.clock.now_ms()) for m in range(ROWS)))
        room.rejected.insert(0, rejected(f"r0-{n}", at_ms=room.clock.now_ms() + 1))
        room.clock.advance(seconds=1)
    path, keys = "/debugger", []
    while path:
        text = room.get(path).text
        keys += keys_in(text)
        older = re.search(r'href="([^"]+)" rel="next"', text)
        path = older and older[1].replace("&amp;", "&")
    assert sorted(keys) == sorted([*map(str, range(1, 3 * ROWS + 1)), "r0-0", "r0-1", "r0-2"])


def test_an_event_has_four_panes(room):
    room.add_pixel()
    told = ["", "unknown_field", "user.phone", "phone_unresolvable", "page.url", "url_scrubbed"]
    room.record(replace(pages_of("1", consent=granted(), spelling="CompletePayment"), told=told))
    text = words(room.get("/debugger/1"))
    assert "Received 21 Sep 2026 14:13:20 UTC from the server, by checkout (server), for Example shop" in text
    assert "spelled CompletePayment" in text
    assert "E-mail : valid, hashed Phone : not valid, left out Click id : valid IP address : public" in text
    assert "Consent: allowed by ad_storage=granted, ad_user_data=granted" in text
    assert "Ad storage granted" in text
    assert "Place: DE . Law: policy=require , by the pixel's rules as they are now. Told by banner" in text
    assert "Changed or left out" in room.get("/debugger/1").text
    assert "Ignored: unknown field. user.phone" in text
    assert f"user.phone : {SENTENCES[Trouble.PHONE_UNRESOLVABLE]}" in text
    assert "As it stands now; it is frozen with the first attempt." in text
    assert "Answer from TikTok There is none." in text
    room.clock.advance(seconds=20)
    room.refuse()
    text = words(room.get("/debugger/1"))
    assert "As it was sent" in text
    assert "rejected , sent 14:13:40 , answered after 0 ms. HTTP 400 · code 40002 · data.0.properties" in text
    assert "request 20261120-bad" in text
    assert "data.0" not in words(room.get("/debugger/1", who="viewer"))


def test_the_body_is_the_one_on_the_wire_for_this_event_alone(room):
    room.add_pixel()
    room.record(pages_of("1"))
    room.clock.advance(seconds=20)
    (lease,) = room.leases()
    shown = room.post("/debugger/1/hashes").text
    assert json.loads(body_in(shown)) == json.loads(lease.body)


def body_in(text):
    return html.unescape(re.search(r'aria-label="Body"><code>(.*?)</code>', text, re.DOTALL)[1])


def command_in(text):
    return html.unescape(re.search(r'aria-label="Command"><code>(.*?)</code>', text, re.DOTALL)[1])


def test_hashes_are_hidden_until_an_owner_asks_and_that_is_audited(room):
    room.add_pixel()
    room.record(pages_of("1", made=seen_in_browser), pages_of("1"), pages_of("2"))
    for who in ("viewer", "member", "owner"):
        text = room.get("/debugger/1", who=who).text
        assert [secret for secret in SECRETS if secret in text] == []
        assert '"email": "(hidden)"' in body_in(text)
        assert ("/debugger/1/hashes" in text) is (who == "owner")
    for who in ("viewer", "member"):
        assert room.post("/debugger/1/hashes", who=who).status == 403
    assert [it.what for it in room.store.changes(limit=9) if "hashes" in it.after] == []
    text = room.post("/debugger/1/hashes").text
    assert [secret for secret in SECRETS if secret not in text] == []
    (line,) = [it for it in room.store.changes(limit=9) if "hashes" in it.after]
    assert (line.who, line.what, line.after) == ("owner", f"event {WORKSPACE}/{PIXEL} 1", "hashes shown")
    for path in ("/debugger/1", "/debugger/2", "/debugger/3"):
        assert [secret for secret in SECRETS if secret in room.get(path).text] == []


def test_the_command_has_no_token_and_says_what_the_pane_says(room):
    room.add_pixel(token="t0p-secret-" * 4)
    room.record(bought("it's", user=USER))
    text = room.get("/debugger/1").text
    words_of_it = shlex.split(command_in(text).replace("\\\n", " "))
    assert words_of_it[:4] == ["curl", "-X", "POST", "https://tiktok.example/open_api/v1.3/event/track/"]
    assert "Access-Token: $ACCESS_TOKEN" in words_of_it
    assert json.loads(words_of_it[-1]) == json.loads(body_in(text))
    assert "t0p-secret" not in text


@pytest.mark.parametrize(
    ("signal", "said"),
    [
        (kept_out("1", DENIED), "Consent: dropped by ad_storage=denied"),
        (pages_of("1", permission=UNSAID), "Consent: undecided by ad_storage=unsaid, ad_user_data=unsaid"),
        (seen_in_browser("1", permission=BOT, body=b""), "Not a visitor : The user agent is a known crawler's"),
    ],
)
def test_refused_and_undecided_events_show_reason_and_evidence_alone(room, signal, said):
    room.add_pixel()
    room.record(replace(signal, told=["user.email", "email_invalid"]))
    text = words(room.get("/debugger/1"))
    assert said in text
    assert "Only the reason and the evidence are kept of it." in text
    assert "Not shown: the event was not permitted to be sent." in text
    assert "user.email" not in text
    assert room.post("/debugger/1/hashes").status == 404


def test_the_law_of_the_place_is_named(room):
    room.add_pixel(consent="by_region")
    room.record(bought("1", consent=granted()))
    assert "Law: law=opt_in, region=DE , by the pixel's rules" in words(room.get("/debugger/1"))


def test_what_was_withdrawn_since_shows_no_more_either(room):
    room.add_pixel()
    told = ["user.phone", "phone_unresolvable"]
    room.record(replace(pages_of("1", visitor="v"), told=told))
    assert "user.phone" in words(room.get("/debugger/1"))
    room.record(kept_out("1", visitor="v", received_ms=room.clock.now_ms() + 1))
    text = words(room.get("/debugger/1"))
    assert "user.phone" not in text
    assert "Not shown" in text


def test_both_copies_stand_side_by_side_with_what_differs(room):
    room.add_pixel()
    room.record(pages_of("1", made=seen_in_browser, minor=1_999), bought("1", user={"email": "b" * 64}, minor=2_050))
    text = words(room.get("/debugger/1"))
    table = text.partition("Copies side by side")[2]
    assert "Field browser, tag 14:13:20 server, checkout 14:13:20" in table
    assert "properties.value differs 19.99 20.5" in table
    assert "user.email differs (hidden) (hidden)" in table
    assert "properties.currency EUR EUR" in table
    assert "Another copy: server, checkout , 14:13:20 (merged) The server copy of 14:13:20 differs: value 20.50" in text


@pytest.mark.parametrize(("later", "differs", "is_near"), [(0, False, False), (59, False, True), (60, True, False)])
def test_clocks_that_are_less_than_a_minute_apart_do_not_differ(later, differs, is_near):
    said = (("browser", 1_790_000_000), ("server", 1_790_000_000 + later))
    copies = [KeptCopy(channel, "shop", 0, "1", at, b'{"event_time": %d}' % at) for channel, at in said]
    (field,) = compared(copies, shows_hashes=False).fields
    assert (field.differs, field.is_near) == (differs, is_near)


def test_clocks_that_are_nearly_the_same_are_told_on_the_page(room):
    room.add_pixel()
    room.record(pages_of("1", made=seen_in_browser), bought("1", event_time=NOW_S - 4))
    assert "event_time 1789999995 1789999996 less than a minute apart" in words(room.get("/debugger/1"))


def test_what_was_normalised_is_told_by_kind(room):
    room.add_pixel()
    room.record(pages_of("1"), bought("2"))
    text = words(room.get("/debugger/1"))
    assert "Normalised E-mail : lower-cased, without what stands around it, then hashed" in text
    assert "Phone : written" not in text
    assert "Normalised" not in words(room.get("/debugger/2"))


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        (Reason.FOREIGN_HOST, "Not for this pixel : The page is not on one of the hosts of this pixel."),
        (Reason.LEFT_TO_BROWSER, "Left to TikTok's script : TikTok's pixel in the browser reports this event"),
        (Reason.TEST_ORDER, "A test : It is a test, and test mode is off"),
        (Reason.STAGING, "Not a test : The pixel is for staging"),
        (Reason.ORDER_IGNORED, "Not a purchase : The shop's rules leave out orders of this kind"),
    ],
)
def test_what_is_dropped_whatever_the_visitor_said_is_not_told_as_a_matter_of_consent(room, reason, told):
    room.add_pixel()
    ended = Permission(Decision.DROPPED, f"ends={reason}", reason)
    room.record(seen_in_browser("1", permission=ended, body=b"", consent=granted()))
    text = words(room.get("/debugger/1"))
    assert told in text
    assert "Consent: dropped" not in text
    assert "ends=" not in text
    assert "Law:" not in text
    assert "Ad storage granted" in text


def test_what_an_earlier_visit_left_behind_makes_no_field_differ():
    said = (("browser", b'{"value": 1}'), ("visit", b'{"ttclid": "x"}'), ("server", b'{"value": 1}'))
    copies = [KeptCopy(channel, "shop", 0, "1", 0, body) for channel, body in said]
    assert [(it.path, it.differs) for it in compared(copies, shows_hashes=True).fields] == [
        ("value", False),
        ("ttclid", False),
    ]


def test_what_was_rejected_tells_where_and_why_and_nothing_of_it(filled):
    text = words(filled.get("/debugger/r0-1"))
    assert "Rejected : wrong_type in properties.value . The field has the wrong JSON type." in text
    assert "Send a number." in text
    assert "Nothing of a rejected event is stored." in text


@pytest.mark.parametrize(
    "path", ["/debugger/99", "/debugger/0", "/debugger/r0-9", "/debugger/x", f"/debugger/{'9' * 99}"]
)
def test_a_link_to_what_is_gone_is_a_friendly_404(filled, path):
    gone = filled.get(path)
    assert gone.status == 404
    assert "The debugger keeps the last 10,000 arrivals" in words(gone)
    assert "Type the order id or event id into the field" in words(gone)
    assert filled.post(f"{path}/hashes").status == 404


def test_a_viewer_of_one_workspace_sees_its_events_alone(room):
    room.add_pixel()
    room.add_pixel("C0EXAMPLEPIXELCODE21", workspace=OTHER, name="Hats")
    theirs = [bought(f"b{n}", workspace=OTHER, pixel="C0EXAMPLEPIXELCODE21") for n in range(3)]
    room.record(*theirs, bought("1"))
    room.rejected = [rejected(), rejected("r0-2", workspace=OTHER)]
    seen = {"who": "viewer", "workspace": OTHER}
    text = room.get("/debugger", **seen).text
    assert sorted(keys_in(text)) == ["1", "2", "3", "r0-2"]
    assert keys_in(room.get("/debugger?find=1", **seen).text) == []
    assert "Example shop" not in text
    assert [room.get(f"/debugger/{key}", **seen).status for key in ("4", "r0-1", "1", "r0-2")] == [404, 404, 200, 200]


def test_what_senders_write_cannot_become_markup(room):
    hostile = "<img src=x onerror=alert(1)>"
    room.add_pixel()
    room.record(bought(hostile, event=hostile, event_id=hostile, source=hostile, user={"city": hostile}))
    room.rejected = [rejected(source=hostile, field=hostile)]
    for path in ("/debugger", f"/debugger?event={hostile.replace(' ', '%20')}", "/debugger/1", "/debugger/r0-1"):
        assert "<img" not in room.get(path).text.partition("<main")[2]


def test_a_test_session_has_a_code_and_a_timer_and_its_events_stand_apart(room):
    room.add_pixel(workspace=MAIN)
    asked = {"pixel": f"{MAIN}/{PIXEL}", "test_code": "TEST123", "minutes": "30", "do": "begin"}
    answer = room.post("/debugger/tests", who="member", **asked)
    assert answer.headers["location"] == f"/debugger{DebuggerQuestion(pixel=asked['pixel'], tests='only').query()}"
    room.record(bought("1", workspace=MAIN, test_code="TEST123"), bought("2", workspace=MAIN))
    assert keys_in(room.get(answer.headers["location"]).text) == ["1"]
    text = room.get("/debugger", who="viewer").text
    assert 'data-countdown="1800"' in text
    assert "TEST123" in text
    assert "/debugger/tests" not in text
    room.clock.advance(seconds=1_800)
    assert "data-countdown" not in room.get("/debugger").text


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"test_code": "no code"}, "is not a test code"),
        ({"minutes": "99999"}, "Choose one of the lengths."),
        ({"pixel": f"{MAIN}/NONE"}, "NONE"),
    ],
)
def test_a_session_that_cannot_begin_says_why(room, fields, problem):
    room.add_pixel(workspace=MAIN)
    asked = {"pixel": f"{MAIN}/{PIXEL}", "test_code": "TEST123", "minutes": "30", "do": "begin"}
    answer = room.post("/debugger/tests", **asked | fields)
    assert answer.status == 400
    assert problem in words(answer)
    room.post("/debugger/tests", **asked)
    room.post("/debugger/tests", pixel=asked["pixel"], do="end")
    assert "data-countdown" not in room.get("/debugger").text
