import logging
import re
from hashlib import sha256
from html import escape
from pathlib import Path
from urllib.parse import quote_plus

import pytest

from builders import NOW_MS, PIXEL, WORKSPACE
from showroom import BAD, DENIED, NO_TOKEN, UNSAID, Showroom, a_busy_day, bought, kept_out, seen_in_browser
from twinbeam.core.errors import StorageBusy
from twinbeam.core.lifecycle import State
from twinbeam.core.outcomes import FINDINGS, Finding, Outcome, Reason
from twinbeam.core.values import Channel
from twinbeam.dashboard import issues
from twinbeam.dashboard.contract import LagView
from twinbeam.dashboard.lists import KINDS
from twinbeam.dashboard.sums import MOST_EVENTS
from twinbeam.pipeline.identity.event_ids import safe_id

PAGES = [
    "/",
    "/?days=1",
    "/pixels",
    "/conversions",
    "/conversions?state=waiting",
    "/find",
    "/find?q=12",
    "/find?q=nope",
    "/events/12",
    "/events/41",
    "/events/49",
]
EMAIL = "ada@shop.example"
REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "pages.md"


@pytest.fixture
def room(tmp_path):
    room = Showroom(tmp_path / "data")
    yield room
    room.close()


@pytest.fixture
def busy(room):
    a_busy_day(room)
    return room


def words(answer):
    """Give what a person reads: text without tags, one space between words."""
    text = re.sub(r"<[^>]+>", " ", answer.text.partition("<main")[2])
    return " ".join(text.split())


@pytest.mark.parametrize("path", [*PAGES, "/nowhere", "/events/999"])
def test_every_page_allows_nothing_but_our_own_files(busy, path):
    answer = busy.get(path)
    if answer.status == 303:
        answer = busy.get(answer.headers["location"])
    assert answer.headers["content-security-policy"].startswith("default-src 'self'; ")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert not re.search(r"<script(?![^>]* src=)|<style|\bstyle=|\bon[a-z]+=", answer.text)
    assert not re.search(r'(?:src|href|action)="(?!/[^/]|#)', answer.text)


@pytest.mark.parametrize("path", PAGES)
def test_every_time_on_a_page_is_written_for_machines_too(busy, path):
    answer = busy.get(path)
    times = re.findall(r"<time([^>]*)>", answer.text)
    assert all(re.search(r'datetime="\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"', time) for time in times)
    assert not re.search(r"\d\d:\d\d:\d\d", re.sub(r"<time.*?</time>", "", answer.text))


def test_the_overview_shows_what_became_of_everything_and_that_it_adds_up(busy):
    busy.lag = LagView(lag_seconds=0.42, pending=12)
    text = words(busy.get("/"))
    for tile in (
        "Received 88 safe",
        "Dropped 6",
        "Merged 20",
        "Duplicate 2",
        "Held 3",
        "Waiting 5",
        "Delivered 39",
        "Refused 1",
    ):
        assert tile in text
    assert "Record lag 0.4 s 12 to record" in text
    assert "76 recorded = 6 dropped + 20 merged + 2 duplicate + 0 quarantined + 0 noted + 48 conversions" in text
    assert "48 conversions = 3 held + 1 ready + 0 leased + 4 waiting + 39 delivered + 1 refused" in text
    assert "It adds up" in text


def documented(heading):
    """Give the first cells of the first table under a heading of the reference."""
    section = REFERENCE.read_text().partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| (?!---)([^|]+) \|", section, re.MULTILINE)[1:]


def test_the_reference_tells_every_tile_and_the_whole_sum(room):
    tiles = re.findall(r'<i class="dot"></i>(?:<a [^>]*>)?([^<]+)', room.get("/").text)
    assert documented("The overview") == tiles
    assert f"    recorded = {' + '.join([*Outcome, 'conversions'])}\n" in REFERENCE.read_text()


def test_the_reference_tells_everything_that_may_be_to_mend():
    source = Path(issues.__file__).read_text().replace(" of the last 7 days", "") + "".join(FINDINGS.values())
    rows = documented("What the pixel page calls a thing to mend")
    assert len(rows) == len(issues._RULES)
    assert [row for row in rows if row.partition(",")[0] not in source] == []


def test_the_reference_tells_how_many_events_of_a_pixel_have_a_row():
    assert f"more than {MOST_EVENTS} events" in REFERENCE.read_text()


def test_the_reference_tells_every_state_that_can_be_listed():
    named = re.search(r"^\| `state` \| (.*) \|$", REFERENCE.read_text(), re.MULTILINE)[1]
    assert re.findall(r"`(\w+)`", named) == [kind for kind in KINDS if kind]


def test_the_overview_counts_per_pixel_and_event(busy):
    text = words(busy.get("/"))
    assert "Example shop Purchase 75 6 20 2 3 4 39 1 0" in text
    assert "Example shop Lead 1 0 0 0 0 1 0 0 0" in text


def test_the_rarest_of_a_pixels_many_events_share_a_row(room):
    room.add_pixel(name="Shop")
    room.record(*[bought(str(n), event=f"Event{n:02d}") for n in range(MOST_EVENTS + 1)])
    text = words(room.get("/"))
    assert "Shop Event38 1 0 0 0 0 1 0 0 0 Shop 2 rarer events 2 0 0 0 0 2 0 0 0 " in text


def test_the_latest_conversions_carry_channels_value_state_and_the_reason(room):
    room.add_pixel()
    room.record(seen_in_browser("1"), bought("1"), kept_out("2"))
    text = words(room.get("/"))
    assert f"Purchase no id kept server dropped {Reason.NO_CONSENT.sentence}" in text
    assert "Purchase order 1 both 20.50 EUR ready It goes to TikTok when it is due. Due 14:13:20 ." in text


def test_what_is_held_says_why_and_until_when(room):
    room.add_pixel()
    room.record(bought("1", permission=UNSAID))
    text = words(room.get("/"))
    assert f"held {Reason.CONSENT_NOT_SAID.sentence} Until 22 Sep 2026 14:13:20 ." in text
    assert "Not decided : ad_storage=unsaid" in words(room.get("/events/1"))


def test_what_copies_disagree_about_is_counted_and_told(room):
    room.add_pixel()
    room.record(seen_in_browser("1", minor=1_900))
    room.record(bought("1", minor=2_050))
    told = Finding.VALUE_DIFFERS.sentence.replace("'", "&#39;")
    assert f"1 found: {told}" in words(room.get("/"))
    assert "It differs: value 20.50 EUR" in words(room.get("/events/1"))


@pytest.mark.parametrize(("channels", "shown"), [(["webhook", "browser"], "both"), (["webhook", "file"], "webhook")])
def test_all_that_is_no_browser_is_the_servers_side(room, channels, shown):
    room.add_pixel()
    for channel in channels:
        room.record(bought("1", channel=Channel(channel)))
    assert re.search(rf"Purchase order 1 {shown}\b", words(room.get("/")))


def test_words_on_consent_alone_have_a_line_of_their_own(room):
    room.record(bought("", event="", pixel="", body=b""))
    text = words(room.get("/"))
    assert "words on consent alone: 1" in text
    assert "quarantine:" not in text


def test_a_quarantined_event_has_a_line_of_its_own(room):
    room.store.quarantine("0a" * 16, 1, 0, b"?", "unreadable", room.clock.now_ms())
    assert "1 recorded = 0 dropped + 0 merged + 0 duplicate + 1 quarantined" in words(room.get("/"))
    assert "unreadable, in quarantine: 1" in words(room.get("/"))


def test_the_overview_shows_today_or_seven_days(room):
    room.add_pixel()
    room.record(bought("1"))
    room.clock.advance(seconds=86_400)
    room.record(bought("2", received_ms=room.clock.now_ms()))
    assert "Received 2" in words(room.get("/"))
    assert "Received 1" in words(room.get("/?days=1"))
    assert "Received 2" in words(room.get("/?days=99999"))


def test_ids_that_senders_chose_cannot_become_markup(room):
    hostile = '"><script>alert(1)</script>'
    room.add_pixel(name=hostile)
    room.record(bought(hostile, event_id=hostile, source=hostile))
    for path in ("/", "/pixels", "/events/1", f"/find?q={hostile}x"):
        answer = room.get(path.replace(" ", "%20"))
        assert "<script>alert" not in answer.text
        assert escape(hostile, quote=False).replace('"', "&#34;") in answer.text


@pytest.mark.parametrize(
    ("fill", "taught"),
    [
        (lambda _room: None, "twinbeam pixels add CODE"),
        (lambda room: room.add_pixel(), f"twinbeam keys create server --source checkout --pixel {PIXEL}"),
    ],
)
def test_an_empty_overview_teaches_the_next_step(room, fill, taught):
    fill(room)
    assert taught in words(room.get("/"))


@pytest.mark.parametrize(("workspace", "ending"), [("main", ""), ("acme", " --workspace acme")])
@pytest.mark.parametrize("path", ["/", "/pixels"])
def test_a_command_for_a_pixel_names_its_workspace_where_a_single_shop_need_not(room, path, workspace, ending):
    room.add_pixel(workspace=workspace)
    command = f"twinbeam keys create server --source checkout --pixel {PIXEL}{ending}"
    assert re.search(rf"{re.escape(command)}(?:\n|</code>)", room.get(path).text)


def test_a_missing_token_is_saved_in_the_pixels_own_workspace(room):
    room.add_pixel(workspace="acme", token=None)
    assert f"twinbeam pixels token {PIXEL} --workspace acme &lt; token.txt" in room.get("/pixels").text


def test_the_overview_tells_those_without_javascript_to_reload(room):
    assert re.search(r"<noscript>.*reload.*</noscript>", room.get("/").text)


def test_an_empty_fleet_teaches_how_to_add_a_pixel(room):
    assert "twinbeam pixels add CODE" in words(room.get("/pixels"))


def test_the_fleet_tells_policy_token_todays_events_and_what_to_mend(busy):
    busy.add_pixel("C0EXAMPLEPIXELCODE21", token=None, name="Second shop", consent="not_required")
    text = words(busy.get("/pixels"))
    assert f"Example shop {PIXEL} required set 14:13:20 recorded 76 delivered 39 held 3 waiting 5 refused 1" in text
    assert "Refused by TikTok in the last 7 days: 1." in text
    assert "Second shop C0EXAMPLEPIXELCODE21 not required missing recorded 0" in text
    assert "No access token." in text


def test_a_token_that_tiktok_refuses_is_something_to_mend(room):
    room.add_pixel(workspace="acme")
    room.add_pixel("C0EXAMPLEPIXELCODE21", workspace="acme", name="Second shop")
    room.record(bought("1", workspace="acme"))
    room.clock.advance(seconds=20)
    room.hold_up(NO_TOKEN)
    first, second = words(room.get("/pixels")).split("Second shop")
    assert "required refused by TikTok 14:13:20" in first
    assert f"TikTok refuses the access token: code 40105, {NO_TOKEN.message} Conversions that wait for it: 1." in first
    assert f"twinbeam pixels token {PIXEL} --workspace acme &lt; token.txt" in first
    assert "required set 14:13:20" in second
    assert "refuses" not in second


@pytest.mark.parametrize("mend", ["another token", "a better answer"])
def test_a_token_is_refused_until_another_is_saved_or_it_works(room, mend):
    room.add_pixel()
    room.record(bought("1"))
    room.clock.advance(seconds=20)
    room.hold_up(NO_TOKEN)
    assert "refuses the access token" in words(room.get("/pixels"))
    room.clock.advance(seconds=20)
    if mend == "another token":
        room.add_pixel(token="n" * 40)
    else:
        room.deliver()
    assert "required set" in words(room.get("/pixels"))
    assert "refuses" not in words(room.get("/pixels"))


def test_tiktok_being_busy_says_nothing_about_the_token(room):
    room.add_pixel()
    room.record(bought("1"))
    room.clock.advance(seconds=20)
    room.hold_up()
    assert "required set" in words(room.get("/pixels"))
    assert "refuses" not in words(room.get("/pixels"))


def test_what_the_fleet_tells_of_a_day_adds_up(busy):
    busy.record(bought("gone"), kept_out("gone", DENIED))
    today = re.search(r'<dl class="mini">(.*?)</dl>', busy.get("/pixels").text, re.DOTALL)
    told = dict(re.findall(r"<dt>(?:<abbr[^>]*>)?(\w+)(?:</abbr>)?</dt><dd>([\d,]+)</dd>", today[1]))
    recorded, *rest = (int(n) for n in told.values())
    assert int(told["ended"]) > 0
    assert recorded == sum(rest)


def test_the_fleet_tells_when_each_side_last_reported(room):
    room.add_pixel()
    room.record(seen_in_browser("1"), bought("2", received_ms=NOW_MS + 60_000))
    text = words(room.get("/pixels"))
    assert "browser 14:13:20 server 14:14:20" in text


def test_a_conversions_page_tells_its_copies_the_decision_and_tiktoks_answer(room):
    room.add_pixel()
    room.record(seen_in_browser("1"), bought("1", received_ms=NOW_MS + 3_200))
    room.clock.advance(seconds=20)
    room.hold_up()
    room.clock.advance(seconds=20)
    room.refuse()
    text = words(room.get("/events/1"))
    assert "Purchase order 1 refused" in text
    assert "browser , from tag, 14:13:20 server , from checkout, 14:13:23 3.2 s later" in text
    assert "Allowed by ad_storage=granted, ad_user_data=granted ; 2 copies, one conversion" in text
    assert "to be tried again , 14:13:40 answered after 0 ms HTTP 401 · code 40100 · Too many requests" in text
    assert f"refused , 14:14:00 answered after 0 ms HTTP 400 · code 40002 · {BAD.message}" in text


def test_a_withdrawn_conversion_says_that_its_payload_is_gone(room):
    room.add_pixel()
    room.record(bought("1"), kept_out("1", DENIED))
    text = words(room.get("/events/1"))
    assert "withdrawn" in text
    assert "its payload is gone" in text


@pytest.mark.parametrize("path", ["/events/2", "/events/0", "/events/99999999999999999999", "/events/x", "/nowhere"])
def test_what_does_not_exist_is_a_friendly_404(room, path):
    room.add_pixel()
    room.record(bought("1"))
    answer = room.get(path)
    assert answer.status == 404
    assert "back to the overview" in words(answer)


@pytest.mark.parametrize("typed", ["1001", " order-1001 ", "Ada@Shop.example"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_order_id_an_event_id_or_an_address_leads_to_the_conversion(room, typed, method):
    room.add_pixel()
    room.record(bought("1001"))
    query = f"q={typed.replace(' ', '+').replace('@', '%40')}"
    ask = {"method": "POST", "body": query.encode()} if method == "POST" else {}
    answer = room.get("/find" if ask else f"/find?{query}", **ask)
    assert (answer.status, answer.headers["location"]) == (303, "/events/1")


def test_an_address_with_several_conversions_lists_them_and_is_neither_shown_nor_logged(room, caplog):
    caplog.set_level(logging.DEBUG)
    room.add_pixel()
    room.record(bought("1"), bought("2"))
    answer = room.get("/find", method="POST", body=b"q=ada%40shop.example")
    assert "2 conversions" in words(answer)
    assert "order 2" in words(answer)
    assert EMAIL not in answer.text
    assert EMAIL not in caplog.text
    assert "shop.example" not in str(answer.headers)


@pytest.mark.parametrize("typed", ["ada@shop.example", "+49 170 1234567"])
def test_what_names_a_person_is_not_shown_again_even_where_an_id_held_it(room, typed):
    room.add_pixel()
    room.record(kept_out(safe_id(typed), event_id=safe_id(typed)), kept_out("2", event_id=safe_id(typed), event="Lead"))
    answer = room.get("/find", method="POST", body=b"q=" + quote_plus(typed).encode())
    assert "2 conversions" in words(answer)
    assert typed not in answer.text


@pytest.mark.parametrize("typed", ["ada@shop.example", "ada@shop", "+49 170 1234567"])
def test_what_names_a_person_is_not_shown_again_when_nothing_is_found(room, typed):
    answer = room.get("/find", method="POST", body=b"q=" + quote_plus(typed).encode())
    assert "Nothing is known." in words(answer)
    assert typed not in answer.text


@pytest.mark.parametrize("path", ["/", "/conversions", "/find?q=ada%40shop.example"])
def test_a_list_of_conversions_names_pixel_and_workspace_where_there_are_several(room, path):
    room.add_pixel()
    room.record(bought("1"), bought("2"))
    assert "14:13:20 Example shop Purchase order 2" in words(room.get(path))
    room.add_pixel("C0EXAMPLEPIXELCODE21", workspace="acme", name="")
    room.record(bought("3", workspace="acme", pixel="C0EXAMPLEPIXELCODE21"))
    room.clock.advance(seconds=2)
    text = words(room.get(path))
    assert f"Example shop {WORKSPACE} Purchase order 2" in text
    assert "C0EXAMPLEPIXELCODE21 acme Purchase order 3" in text


def test_a_long_list_shows_the_newest_hundred(room):
    room.add_pixel()
    room.record(*(bought(str(n)) for n in range(120)))
    text = words(room.get("/find", method="POST", body=b"q=ada%40shop.example"))
    assert "120 conversions , of which these are the newest 100" in text.replace("conversions,", "conversions ,")
    assert "order 119 " in text
    assert "order 19 " not in text


def test_no_page_shows_an_identifier(busy):
    hashed = sha256(EMAIL.encode()).hexdigest()
    for path in (*PAGES, "/find?q=ada%40shop.example"):
        text = busy.get(path).text
        assert EMAIL not in text
        assert hashed not in text


def test_what_is_only_in_a_journal_is_found_as_accepted(room):
    room.add_pixel()
    room.in_journal.add((WORKSPACE, "order-5"))
    room.lag = LagView(lag_seconds=75.0, pending=1)
    assert "Accepted, not yet recorded" in words(room.get("/find?q=order-5"))
    assert "75 s behind" in words(room.get("/find?q=order-5"))


def test_what_nobody_knows_is_said_with_hints(room):
    assert "Nothing is known under nope" in words(room.get("/find?q=nope"))


def test_a_search_of_unreasonable_size_is_refused(room):
    answer = room.get("/find", method="POST", body=b"q=" + b"x" * 10_000)
    assert answer.status == 413


def failing(error):
    def fail(*_args, **_kwargs):
        raise error

    return fail


def test_a_ledger_that_cannot_be_read_is_told_as_a_page(room, monkeypatch):
    monkeypatch.setattr(room.reader, "totals", failing(StorageBusy("locked")))
    answer = room.get("/")
    assert answer.status == 503
    assert "Nothing is lost" in words(answer)


def test_a_surprise_is_told_as_a_page_that_gives_nothing_away(room, monkeypatch):
    monkeypatch.setattr(room.reader, "totals", failing(ZeroDivisionError("secret detail")))
    answer = room.get("/", survive=ZeroDivisionError)
    assert answer.status == 500
    assert "Something unexpected happened" in words(answer)
    assert "secret detail" not in answer.text
    assert answer.headers["content-security-policy"]


def test_the_demo_says_that_events_go_to_an_emulator(tmp_path):
    room = Showroom(tmp_path / "data", emulator_url="http://127.0.0.1:8702")
    assert "not to TikTok" in room.get("/").text
    room.close()


def test_our_files_may_be_kept_for_ever_because_their_address_follows_their_content(room):
    address = re.search(r"/static/frame\.css\?v=[0-9a-f]{8}", room.get("/").text).group()
    answer = room.get(address)
    assert (answer.status, answer.headers["content-type"]) == (200, "text/css; charset=utf-8")
    assert "immutable" in answer.headers["cache-control"]
    assert room.get("/static/../app.py").status == 404
    assert room.get("/static/app.py").status == 404


@pytest.mark.parametrize("path", ["/", "/live", "/pixels", "/healthz"])
def test_head_gives_the_headers_alone(room, path):
    answer = room.get(path, method="HEAD")
    assert answer.status == 200


@pytest.mark.parametrize("state", list(State))
def test_every_state_has_a_page_that_explains_it(room, state):
    room.add_pixel()
    room.record(bought("1"))
    room.store._db.execute("UPDATE conversion SET state = ?", (state,))
    text = words(room.get("/events/1"))
    assert f"order 1 {state}" in text
