"""Viewers never see what leads to a person: no hash, no address, no click id, no address of a page, on any page."""

import re
from hashlib import sha256

import pytest
from msgspec.structs import replace

from account_rooms import AccountRoom
from accounting import Accounts, a_pixel
from builders import PIXEL
from showroom import BAD, NO_TOKEN, OWNER, UNSAID, Showroom, bought, kept_out, seen_in_browser
from twinbeam.admin.token_record import TokenCheck, TokenVerdict
from twinbeam.core.rules import MAIN
from twinbeam.core.values import Facts
from twinbeam.web.access import Access, DeclaredRoute

EMAIL, PHONE, CUSTOMER = (sha256(text).hexdigest() for text in (b"ada@shop.example", b"+4930123456", b"customer-7"))
TTCLID = "E.C.P.v3fQ2RHacdksKfofPmlyuStIIjJXOGxwfN"
TTP = "2QxTtpOfAVisitor0000000001"
IP, IP6 = "203.0.113.77", "2001:db8:77::1"
AGENT = "Mozilla/5.0 (SeededAgent 77)"
URL, REFERRER = "https://shop.example/thanks?seeded=77", "https://seeded-referrer.example/ad"
USER = {"email": EMAIL, "phone": PHONE, "external_id": CUSTOMER, "ttclid": TTCLID, "ttp": TTP, "user_agent": AGENT}
QUOTING = f"The token may not report {EMAIL}"
SEEDS = [EMAIL, PHONE, CUSTOMER, TTCLID, TTP, IP, IP6, AGENT, URL, REFERRER]
STREAMS = {"/live", "/debugger/live"}
EVERYBODY = ("", MAIN)  #: a viewer of all workspaces, and one of the pixel's own


def seeded(order, *, ip=IP, made=bought, room=None, **changes):
    """Give a purchase that carries everything that leads to a person."""
    user, page = USER | {"ip": ip}, {"url": URL, "referrer": REFERRER}
    facts = Facts(ttclid=TTCLID, ttp=TTP, ip=ip, user_agent=AGENT, url=URL)
    now = {"received_ms": room.clock.now_ms()} if room else {}
    return made(order, workspace=MAIN, user=user, page=page, facts=facts, **now, **changes)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A store in which conversions of every kind carry the seeds, and TikTok's answers quote them."""
    tiktok = Accounts({"1": [a_pixel(1, code=PIXEL)]})
    room = AccountRoom(tmp_path_factory.mktemp("viewers") / "data", tiktok=tiktok)
    room.example = room.connect()
    room.visit(f"/accounts/{room.example}/choose", {"do": "all"})
    room.run_import()
    room.record(*(seeded(str(n), visitor="v" * 22) for n in range(5)))
    room.record(seeded("0", made=seen_in_browser), seeded("6", ip=IP6, visitor="w" * 22))
    room.record(seeded("7", permission=UNSAID), seeded("8", made=kept_out))
    room.clock.advance(seconds=20)
    room.sent = b"".join(_delivered(room))
    room.record(seeded("20", room=room), seeded("21", ip=IP6, room=room))
    room.clock.advance(seconds=20)
    said = replace(BAD, message="; ".join(f"data.0 is wrong: {seed}" for seed in SEEDS))
    for lease in room.leases():
        room.store.settle_refused(lease.batch, said, owner=OWNER, now_ms=room.clock.now_ms())
    room.record(seeded("30", room=room))
    yield room
    room.close()


def _delivered(room):
    for lease in room.leases():
        yield repr(lease).encode()
        room.store.settle_delivered(
            lease.batch, replace(BAD, code=0, status=200), owner=OWNER, now_ms=room.clock.now_ms()
        )


def pages(room):
    """List every page that a viewer may ask for, of every conversion, with searches for the seeds."""
    last = max(story.id for story in room.reader.recent(limit=1_000))
    examples = {
        "monday": ["2026-09-14"],
        "number:path": ["20", "30"],
        "workspace": [MAIN],
        "code": [PIXEL],
        "id": [room.example],
        "id:int": [str(n) for n in range(1, last + 1)],
        "key": [str(n) for n in range(1, room.reader.sightings.newest() + 1)],
        "token": ["guess"],
        "name": ["mark.svg"],
        "page:path": ["reference/pages"],
    }
    for route in room.app.routes:
        assert isinstance(route, DeclaredRoute)
        if route.needs in (Access.VIEWER, Access.ANYONE) and "GET" in route.methods and route.path not in STREAMS:
            yield from _filled(route.path, examples)
    yield from (f"/conversions?state={state}" for state in ("delivered", "refused", "waiting", "held"))
    yield from (f"/find?q={order}" for order in ("0", "order-0", "20", "30"))


def _filled(path, examples):
    name = re.search(r"{([^}]+)}", path)
    if name is None:
        yield path
        return
    for example in examples[name[1]]:
        yield from _filled(path.replace(name[0], example), examples)


def shown_in(text, *, asked=""):
    """Tell which seeds a page shows, and everything else that looks like a hash."""
    text = re.sub(r'name="csrf" value="[0-9a-f]{64}"', "", text)
    marks = {seed for seed in SEEDS if seed in text} | set(re.findall(r"\b[0-9a-f]{64}\b", text))
    return sorted(mark for mark in marks if mark not in asked)


def test_the_seeds_are_in_the_store(place):
    assert [seed for seed in SEEDS if seed.encode() not in place.sent] == []


@pytest.mark.parametrize("workspace", EVERYBODY)
def test_no_page_shows_a_viewer_anything_that_leads_to_a_person(place, workspace):
    answers = {path: place.get(path, who="viewer", workspace=workspace) for path in pages(place)}
    assert {path: shown_in(it.text) for path, it in answers.items() if shown_in(it.text)} == {}
    seen = [path for path, answer in answers.items() if answer.status == 200]
    assert len([path for path in seen if path.startswith("/events/")]) > 8
    assert {f"/pixels/{MAIN}/{PIXEL}", "/pixels", "/conversions", f"/accounts/{place.example}"} <= set(seen)


@pytest.mark.parametrize("workspace", EVERYBODY)
def test_the_live_stream_shows_none_of_it_either(place, workspace):
    headers = place.signed_in("viewer", workspace)
    assert shown_in(place.listen("/live", enough=lambda text: "event: snapshot" in text, headers=headers)) == []
    rows = place.listen("/debugger/live", enough=lambda text: "event: rows" in text, headers=headers)
    assert "order 30" in rows
    assert shown_in(rows) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_a_search_says_nothing_that_was_not_typed(place, seed):
    answer = place.post("/find", who="viewer", sees=MAIN, q=seed)
    assert shown_in(answer.text, asked=seed) == []


def test_members_read_tiktoks_own_words(place):
    (refused,) = place.reader.in_state(("refused",), limit=1).stories
    assert "data.0 is wrong" in place.get(f"/events/{refused.id}", who="member").text
    shown = place.get(f"/events/{refused.id}", who="viewer").text
    assert "data.0 is wrong" not in shown
    assert f"code {BAD.code}" in shown


WHERE_A_TOKEN_IS_REFUSED = ("/", "/pixels", f"/pixels/{MAIN}/{PIXEL}")


@pytest.fixture
def quoting(tmp_path):
    """A store in which TikTok refuses a token, once by a delivery and once by a trial, in words that quote a visitor."""
    room = Showroom(tmp_path / "data")
    room.add_pixel(workspace=MAIN)
    room.record(seeded("1", room=room))
    room.clock.advance(seconds=20)
    room.hold_up(replace(NO_TOKEN, message=QUOTING))
    yield room
    room.close()


def tried(room):
    """Write down that a trial of the token was refused in the same words."""
    now_ms = room.clock.now_ms()
    room.store.token_checks.save(
        TokenCheck(MAIN, PIXEL, now_ms, TokenVerdict.EXPIRED, NO_TOKEN.code, QUOTING, failing_since_ms=now_ms)
    )


@pytest.mark.parametrize("workspace", EVERYBODY)
@pytest.mark.parametrize("is_tried", [False, True])
def test_viewers_read_the_code_of_a_refused_token_and_members_the_words(quoting, workspace, is_tried):
    if is_tried:
        tried(quoting)
    for path in WHERE_A_TOKEN_IS_REFUSED:
        assert QUOTING in quoting.get(path, who="member").text
        shown = quoting.get(path, who="viewer", workspace=workspace).text
        assert QUOTING not in shown, path
        assert shown_in(shown) == [], path
    assert f"code {NO_TOKEN.code}" in quoting.get("/", who="viewer", workspace=workspace).text


def test_the_live_stream_keeps_the_words_from_viewers_as_well(quoting):
    for who, is_shown in (("owner", True), ("viewer", False)):
        told = quoting.listen("/live", enough=lambda text: "event: snapshot" in text, headers=quoting.signed_in(who))
        assert (QUOTING in told, f"code {NO_TOKEN.code}" in told) == (is_shown, True)


def test_a_page_that_shows_one_is_found():
    assert shown_in(f"<p>{EMAIL} from {IP}</p>") == sorted([EMAIL, IP])
