"""Every route says what it needs, and what a route needs is asked for."""

import re
from pathlib import Path

import pytest

from door import BROWSER_KEY, SERVER_KEY
from twinbeam import web
from twinbeam.web.access import Access, DeclaredRoute

WEB = Path(web.__file__).parent
TESTS = Path(__file__).parent


def test_no_route_lacks_a_declaration(room):
    assert [route for route in room.app.routes if not isinstance(route, DeclaredRoute)] == []
    assert {route.needs for route in room.app.routes} <= set(Access)
    with pytest.raises(TypeError, match="needs"):
        DeclaredRoute("/", lambda _: None)


def test_no_other_kind_of_route_is_made_anywhere():
    plain = re.compile(r"(?<!Declared)\b(?:Route|Mount|Host|WebSocketRoute)\(")
    assert [path.name for path in WEB.rglob("*.py") if plain.search(path.read_text())] == []


def test_the_reference_tells_what_each_route_needs(room, reference):
    rows = re.findall(r"^\| (`/.*?) \| `(\w+)` \|", reference, re.MULTILINE)
    documented = {path: needs for paths, needs in rows for path in re.findall(r"`([^`]+)`", paths)}
    assert documented == {route.path.replace(":int", ""): route.needs.value for route in room.app.routes}


def test_a_route_that_needs_a_read_key_answers_nobody_without_one(room):
    paths = [route.path for route in room.app.routes if route.needs is Access.READ_KEY]
    assert paths
    for path in paths:
        assert room.get(f"{path}?event_id=1").status == 401
        for key in (SERVER_KEY, BROWSER_KEY):
            assert room.get(f"{path}?event_id=1", headers={"authorization": f"Bearer {key}"}).status == 403


def test_only_the_search_takes_more_than_a_look_of_viewers(room):
    writing = {route.path for route in room.app.routes if route.methods - {"GET", "HEAD"}}
    changing = {route.path for route in room.app.routes if route.needs in (Access.MEMBER, Access.OWNER)}
    assert writing - changing == {"/find"}  # a search may hold an e-mail address, which belongs in no address line


@pytest.mark.parametrize("page", sorted(path.parent.name for path in WEB.glob("*/page.html")))
def test_a_page_is_a_folder_with_its_view_and_its_tests(page):
    assert (WEB / page / "view.py").is_file()
    assert list((TESTS / page).glob("test_*.py"))
