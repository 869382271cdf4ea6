"""Who may read how much there is: users, programs of this machine, and who has the monitor's token."""

import pytest

from showroom import Showroom
from twinbeam.web.contract import SignInTerms

TOKEN = "monitor-token-0123456789"
PATHS = ("/metrics", "/readyz")


@pytest.fixture
def room(tmp_path):
    room = Showroom(tmp_path / "data")
    yield room
    room.close()


@pytest.fixture
def guarded(tmp_path):
    room = Showroom(tmp_path / "data", terms=SignInTerms(monitor_token=TOKEN))
    yield room
    room.close()


@pytest.mark.parametrize("path", PATHS)
def test_a_program_of_this_machine_may_ask_where_no_token_is_set(room, path):
    assert room.get(path, who=None).status == 200


@pytest.mark.parametrize("header", ["x-forwarded-for", "x-real-ip", "forwarded", "via", "x-forwarded-host"])
def test_whoever_comes_through_a_proxy_of_this_machine_is_somebody_else(room, header):
    answer = room.get("/metrics", who=None, headers={header: "203.0.113.9"})
    assert answer.status == 401
    answer = room.get("/metrics", who=None, headers={header: "203.0.113.9", "accept": "text/html"})
    assert answer.headers["location"] == "/sign-in?next=/metrics"


@pytest.mark.parametrize("path", PATHS)
def test_with_a_token_set_it_is_asked_of_every_program(guarded, path):
    assert guarded.get(path, who=None).status == 401
    for wrong in (TOKEN[:-1], TOKEN + "x", "", "ä"):
        assert guarded.get(path, who=None, headers={"authorization": f"Bearer {wrong}"}).status == 401
    assert guarded.get(path, who=None, headers={"authorization": f"Bearer {TOKEN}"}).status == 200


@pytest.mark.parametrize("path", PATHS)
def test_users_who_see_all_workspaces_may_look(guarded, path):
    assert [guarded.get(path, who=role).status for role in ("viewer", "member", "owner")] == [200] * 3
    answer = guarded.get(path, who="viewer", workspace="acme")
    assert answer.status == 403
    assert "These numbers are of all workspaces, and you see one." in answer.text


def test_a_token_opens_nothing_else(guarded):
    assert guarded.get("/pixels", who=None, headers={"authorization": f"Bearer {TOKEN}"}).status == 303
