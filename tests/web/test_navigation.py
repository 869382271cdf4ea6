"""The head of every page leads to all pages that its reader may open, and to no other."""

import pytest

from showroom import Showroom
from twinbeam.core.users import Role
from twinbeam.web.navigation import DAILY, ENTRIES


@pytest.fixture(scope="module")
def room(tmp_path_factory):
    room = Showroom(tmp_path_factory.mktemp("head") / "data")
    yield room
    room.close()


@pytest.mark.parametrize("role", list(Role))
def test_the_head_leads_where_its_reader_may_go(room, role):
    page = room.get("/", who=role.value).text
    for path, name, needed in ENTRIES:
        assert (f'<a href="{path}"' in page) == role.covers(needed) or path == "/", name
        if role.covers(needed):
            assert room.get(path, who=role.value).status == 200


def test_what_is_looked_at_daily_stands_outside_the_menu(room):
    page = room.get("/dead-letters").text
    head, menu = page.split("<details", 1)
    for path, name, _ in ENTRIES:
        assert (f">{name}</a>" in head) == (path in DAILY)
    assert '<summary class="inside">Dead letters</summary>' in f"<details{menu}"
    assert {path for path, _, _ in ENTRIES} >= DAILY
