"""
Every route says what it needs, and what a route needs is asked for: all routes, by everybody who could ask.

A new route is tried by itself. One whose path has a parameter needs an address in `EXAMPLES`, one that streams its
path in `STREAMS`.
"""

import re
from pathlib import Path

import pytest

from builders import PIXEL, WORKSPACE
from door import BROWSER_KEY, OPERATE_KEY, READ_KEY, SERVER_KEY
from showroom import Showroom, a_busy_day
from twinbeam import web
from twinbeam.web.access import Access, DeclaredRoute
from twinbeam.web.sight import OneWorkspace

WEB = Path(web.__file__).parent
TESTS = Path(__file__).parent
OTHER = "acme"

#: An address of each path that has a parameter; of something in `WORKSPACE`, where it is of a workspace.
EXAMPLES = {
    "/accounts/{id}": "/accounts/nobody",
    "/accounts/{id}/choose": "/accounts/nobody/choose",
    "/accounts/{id}/import": "/accounts/nobody/import",
    "/accounts/{id}/disconnect": "/accounts/nobody/disconnect",
    "/accounts/{id}/pixels/{code}": "/accounts/nobody/pixels/NONE",
    "/accounts/{id}/pixels/{code}/token": "/accounts/nobody/pixels/NONE/token",
    "/accounts/{id}/pixels/{code}/profile": "/accounts/nobody/pixels/NONE/profile",
    "/pixels/{code}": f"/pixels/{PIXEL}",
    "/pixels/{workspace}/{code}": f"/pixels/{WORKSPACE}/{PIXEL}",
    "/pixels/{workspace}/{code}/pipeline": f"/pixels/{WORKSPACE}/{PIXEL}/pipeline",
    "/pixels/{workspace}/{code}/overlap": f"/pixels/{WORKSPACE}/{PIXEL}/overlap",
    "/pixels/{workspace}/{code}/events": f"/pixels/{WORKSPACE}/{PIXEL}/events",
    "/pixels/{workspace}/{code}/match-keys": f"/pixels/{WORKSPACE}/{PIXEL}/match-keys",
    "/pixels/{workspace}/{code}/consent": f"/pixels/{WORKSPACE}/{PIXEL}/consent",
    "/pixels/{workspace}/{code}/consent/csv": f"/pixels/{WORKSPACE}/{PIXEL}/consent/csv",
    "/pixels/{workspace}/{code}/settings": f"/pixels/{WORKSPACE}/{PIXEL}/settings",
    "/pixels/{workspace}/{code}/changes": f"/pixels/{WORKSPACE}/{PIXEL}/changes",
    "/pixels/{workspace}/{code}/trends": f"/pixels/{WORKSPACE}/{PIXEL}/trends",
    "/pixels/{workspace}/{code}/stop": f"/pixels/{WORKSPACE}/{PIXEL}/stop",
    "/pixels/{workspace}/{code}/start": f"/pixels/{WORKSPACE}/{PIXEL}/start",
    "/pixels/{workspace}/{code}/limits": f"/pixels/{WORKSPACE}/{PIXEL}/limits",
    "/pixels/{workspace}/{code}/flow": f"/pixels/{WORKSPACE}/{PIXEL}/flow",
    "/orders/{workspace}/{number:path}": f"/orders/{WORKSPACE}/1001",
    "/reconciliation/week/{monday}": "/reconciliation/week/2026-09-14",
    "/pixels/{workspace}/{code}/profile": f"/pixels/{WORKSPACE}/{PIXEL}/profile",
    "/events/{id:int}": "/events/12",
    "/help/{page:path}": "/help/reference/pages",
    "/debugger/{key}": "/debugger/12",
    "/debugger/{key}/hashes": "/debugger/12/hashes",
    "/static/{name}": "/static/mark.svg",
    "/welcome/{token}": "/welcome/guess",
    "/sources/{source}": "/sources/lamps",
    "/sources/{source}/live": "/sources/lamps/live",
    "/setup/{workspace}/{code}": f"/setup/{WORKSPACE}/{PIXEL}",
    "/setup/{workspace}/{code}/live": f"/setup/{WORKSPACE}/{PIXEL}/live",
}
#: What goes on until somebody hangs up: only its head is asked for.
STREAMS = {"/live", "/debugger/live", "/setup/{workspace}/{code}/live", "/sources/{source}/live"}

#: Who may ask, and how they are told of.
PEOPLE = {
    "nobody": {"who": None},
    "viewer": {"who": "viewer"},
    "viewer here": {"who": "viewer", "workspace": WORKSPACE},
    "viewer elsewhere": {"who": "viewer", "workspace": OTHER},
    "member": {"who": "member"},
    "owner": {"who": "owner"},
    "read key": {"who": None, "headers": {"authorization": f"Bearer {READ_KEY}"}},
    "operate key": {"who": None, "headers": {"authorization": f"Bearer {OPERATE_KEY}"}},
}
VIEWERS = {"viewer", "viewer here", "viewer elsewhere"}
SIGNED_IN = {*VIEWERS, "member", "owner"}
LET_IN = {
    Access.ANYONE: {*PEOPLE},
    Access.MONITOR: {"viewer", "member", "owner"},  # whoever sees all workspaces, from another machine
    Access.VIEWER: SIGNED_IN,
    Access.MEMBER: {"member", "owner"},
    Access.OWNER: {"owner"},
    Access.READ_KEY: {"read key", "operate key"},
    Access.OPERATE_KEY: {"operate key"},
}
#: From another machine, behind a proxy: what programs of this machine may is tried in test_monitor.py.
FROM_AFAR = {"x-forwarded-for": "203.0.113.9"}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A store with a bit of everything in one workspace, and another workspace beside it."""
    room = Showroom(tmp_path_factory.mktemp("access") / "data")
    a_busy_day(room)
    room.add_pixel("C0EXAMPLEPIXELCODE21", workspace=OTHER, name="Hats")
    yield room
    room.close()


def routes(app):
    return [route for route in app.routes if isinstance(route, DeclaredRoute)]


def address_of(route):
    assert "{" not in route.path or route.path in EXAMPLES, f"Add an address of {route.path} to EXAMPLES in this file."
    return EXAMPLES.get(route.path, route.path)


def asked(place, route, method, *, who, workspace="", headers=None):
    head = {**FROM_AFAR, "accept": "text/html", **(headers or {})}
    method = "HEAD" if method == "GET" and route.path in STREAMS else method
    return place.get(address_of(route), who=who, workspace=workspace, headers=head, method=method)


def is_let_in(answer):
    return answer.status not in (401, 403) and not answer.headers.get("location", "").startswith("/sign-in?next=")


def test_no_route_lacks_a_declaration(place):
    assert [route for route in place.app.routes if not isinstance(route, DeclaredRoute)] == []
    assert {route.needs for route in place.app.routes} <= set(Access)
    with pytest.raises(TypeError, match="needs"):
        DeclaredRoute("/", lambda _: None)


def test_no_other_kind_of_route_is_made_anywhere():
    plain = re.compile(r"(?<!Declared)\b(?:Route|Mount|Host|WebSocketRoute)\(")
    assert [path.name for path in WEB.rglob("*.py") if plain.search(path.read_text())] == []


@pytest.mark.pixels("open-route")
def test_every_route_lets_in_whom_it_says_and_nobody_else(place, record_property):
    found = routes(place.app)
    wrong = {route.path: failures for route in found if (failures := [*mistaken(place, route)])}
    record_property("figures", f"routes {len(found) - len(wrong)} of {len(found)} guarded")
    assert wrong == {}


def mistaken(place, route):
    """Tell who is let in or kept out otherwise than a route says, by each of its methods."""
    for method in sorted(route.methods - {"HEAD"}):
        if method != "GET" and route.path == "/sign-out":
            continue  # it would end what the others are asked with; see sign_in/test_sessions.py
        for person, who in PEOPLE.items():
            answer = asked(place, route, method, **who)
            if is_let_in(answer) != (person in LET_IN[route.needs]) and not (
                # A form of somebody who is not signed in needs the token of the page they saw.
                method != "GET" and route.needs is Access.ANYONE and who["who"] is None
            ):
                yield f"{method} needs {route.needs}, and answers {person} {answer.status}"


@pytest.mark.parametrize("person", sorted(SIGNED_IN))
def test_every_form_is_refused_without_the_token_of_its_session_and_from_another_site(place, person):
    tries = {
        "no token": {"x-csrf-token": ""},
        "another's token": {"x-csrf-token": place.signed_in("member", "")["x-csrf-token"][::-1]},
        "another site": {"sec-fetch-site": "cross-site"},
        "a sister site": {"sec-fetch-site": "same-site"},
        "another origin": {"origin": "https://evil.example"},
        "no origin that can be told": {"origin": "null"},
        "an origin that is none": {"origin": "https://["},
    }
    wrong = [
        f"{method} {route.path}: {name}"
        for route in routes(place.app)
        if route.needs is not Access.OPERATE_KEY  # no session opens it, so no form of another site can use one
        for method in route.methods - {"GET", "HEAD"}
        for name, headers in tries.items()
        if asked(place, route, method, **PEOPLE[person], headers=headers).status != 403
    ]
    assert wrong == []


def test_a_form_from_our_own_page_is_taken_under_every_name_that_we_have(place):
    for headers in (
        {"sec-fetch-site": "same-origin"},
        {"origin": "http://dashboard.test"},
        {"origin": "http://127.0.0.1:8701"},
        {"origin": "https://pages.example", "x-forwarded-host": "pages.example"},
    ):
        assert place.get("/find", method="POST", body=b"q=12", headers=headers).status == 303


def test_the_token_may_stand_in_the_form_or_in_its_address(place):
    token = place.signed_in()["x-csrf-token"]
    form = {"x-csrf-token": "", "content-type": "application/x-www-form-urlencoded"}
    assert place.get("/find", method="POST", body=f"q=12&csrf={token}".encode(), headers=form).status == 303
    upload = {"x-csrf-token": "", "content-type": "multipart/form-data; boundary=x"}
    assert place.get(f"/find?csrf={token}", method="POST", body=b"", headers=upload).status == 200
    assert place.get("/find", method="POST", body=f"csrf={token}".encode(), headers=upload).status == 403


def test_whoever_is_not_signed_in_is_led_to_the_sign_in_and_back(place):
    answer = place.get("/conversions?state=held", who=None)
    assert (answer.status, answer.headers["location"]) == (303, "/sign-in?next=/conversions%3Fstate%3Dheld")
    answer = place.get("/live", who=None, headers={"accept": "text/event-stream"})
    assert answer.status == 401
    answer = place.get("/users", who=None, method="POST", body=b"do=invite")
    assert answer.status == 401
    assert "Sign in and try again" in answer.text


def test_whoever_may_not_is_told_whom_to_ask(place):
    answer = place.get("/users", who="member")
    assert answer.status == 403
    assert "Only owners can do this. Ask one of them." in answer.text


#: What only the events of `WORKSPACE` can have brought onto a page.
MARKS = re.compile(
    rf"{PIXEL}|Example shop|order[- ]\d{1, 2}\b|lead-80|/events/\d|20\.50|1,234\.56|workspace={WORKSPACE}\b"
)


@pytest.mark.parametrize(
    "query",
    ["", f"?workspace={WORKSPACE}", f"?pixel={PIXEL}&workspace={WORKSPACE}", "?q=12", "?q=order-12", "?before=40"],
)
def test_a_viewer_of_one_workspace_finds_nothing_of_another_whatever_is_asked(place, query):
    elsewhere = PEOPLE["viewer elsewhere"]
    shown = {}
    for route in routes(place.app):
        if route.needs is Access.VIEWER and "GET" in route.methods and route.path not in STREAMS:
            answer = place.get(address_of(route) + query, **elsewhere)
            # What was asked for may be said again.
            assert [mark for mark in MARKS.findall(answer.text) if mark not in query] == [], route.path
            shown[route.path] = answer.status
    assert shown["/"] == shown["/pixels"] == shown["/conversions"] == 200
    assert shown["/events/{id:int}"] == 404


def test_the_same_pages_show_it_to_a_viewer_of_that_workspace(place):
    here = PEOPLE["viewer here"]
    for path in ("/", "/pixels", "/conversions", "/find?q=12", "/events/12"):
        answer = place.get(path, **here)
        answer = place.get(answer.headers["location"], **here) if answer.status == 303 else answer
        assert MARKS.search(answer.text), path
        assert "Hats" not in answer.text, path


def test_the_stream_of_a_viewer_is_of_their_workspace_too(place):
    def seen(workspace):
        headers = place.signed_in("viewer", workspace)
        return place.listen("/live", enough=lambda text: "event: snapshot" in text, headers=headers)

    assert MARKS.search(seen(WORKSPACE))
    assert MARKS.findall(seen(OTHER)) == []


def test_a_viewer_pages_through_their_own_conversions_like_everybody(place):
    whole = place.reader.in_state(("delivered",), limit=100).stories
    kept = OneWorkspace(place.reader, WORKSPACE)
    listed, before = [], None
    while True:
        page = kept.in_state(("delivered",), limit=7, before_id=before)
        listed += page.stories
        before = page.next_id
        if before is None:
            break
    assert listed == whole
    assert OneWorkspace(place.reader, OTHER).in_state(("delivered",), limit=7).stories == []
    assert kept.recent(limit=5) == place.reader.recent(limit=5)


def test_viewers_find_nobody_by_an_address(place):
    for person, sentence in (("viewer", "Viewers cannot search by e-mail address"), ("member", "conversions")):
        assert sentence in place.post("/find", q="ada@shop.example", **PEOPLE[person]).text


def test_the_reference_tells_what_each_route_needs(place, reference):
    rows = re.findall(r"^\| (`/.*?) \| `(\w+)` \|", reference, re.MULTILINE)
    documented = {path: needs for paths, needs in rows for path in re.findall(r"`([^`]+)`", paths)}
    assert documented == {re.sub(r":(int|path)}", "}", route.path): route.needs.value for route in place.app.routes}


def test_a_route_that_needs_a_read_key_answers_nobody_without_one(place):
    paths = [route.path for route in place.app.routes if route.needs is Access.READ_KEY]
    assert paths
    for path in paths:
        for who in (None, "owner"):
            assert place.get(f"{path}?event_id=1", who=who).status == 401
        for key in (SERVER_KEY, BROWSER_KEY):
            assert place.get(f"{path}?event_id=1", headers={"authorization": f"Bearer {key}"}).status == 403


ACCOUNT_FORMS = {
    "/connect/tiktok",
    "/accounts/{id}/choose",
    "/accounts/{id}/import",
    "/accounts/{id}/disconnect",
    "/accounts/{id}/pixels/{code}/token",
    "/accounts/{id}/pixels/{code}/profile",
}
PIXEL_FORMS = {f"/pixels/{{workspace}}/{{code}}/{what}" for what in ("stop", "start", "flow", "limits", "profile")}


def test_only_forms_take_more_than_a_look(place):
    templates = "".join(path.read_text() for path in WEB.rglob("*.html"))
    assert templates.count('method="post"') <= templates.count("form_token() }}")
    writing = {route.path for route in place.app.routes if route.methods - {"GET", "HEAD"}}
    setup = {"/setup", "/setup/{workspace}/{code}"}
    sources = {"/sources", "/sources/{source}"}
    assert writing == {
        "/alerts",
        "/find",
        "/reconciliation/send",
        "/sign-in",
        "/sign-out",
        "/welcome/{token}",
        "/users",
        "/account",
        "/dead-letters",
        "/restored",
        "/v1/dead-letters/resend",
        "/debugger/tests",
        "/debugger/{key}/hashes",
        "/issues/mute",
        *setup,
        *sources,
        *ACCOUNT_FORMS,
        *PIXEL_FORMS,
        "/pixels/{workspace}/{code}/settings",
        "/products/address",
        "/products/upload",
    }


@pytest.mark.parametrize("page", sorted(path.parent.name for path in WEB.glob("*/page.html")))
def test_a_page_is_a_folder_with_its_view_and_its_tests(page):
    assert (WEB / page / "view.py").is_file()
    assert list((TESTS / page).glob("test_*.py"))
