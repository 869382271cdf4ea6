"""Dead letters for programs: listed with a read key, sent again with an operate key, in one workspace only."""

from contextlib import closing

import msgspec
import pytest

from builders import WORKSPACE
from door import OPERATE_KEY, READ_KEY, SERVER_KEY
from showroom import Showroom, bought
from twinbeam.admin import audit
from twinbeam.admin.contract import Actor, Admin
from twinbeam.admin.dead_letters import ResendTerms, carry_out
from twinbeam.core.clock import MS_PER_DAY
from twinbeam.core.rules import WorkspaceRules

TERMS = ResendTerms(never_taken=frozenset({40002}))


@pytest.fixture
def room(tmp_path):
    with closing(Showroom(tmp_path / "data", resend_terms=TERMS)) as room:
        room.store.save_workspace(WORKSPACE, WorkspaceRules())
        room.add_pixel()
        room.record(bought("1001", received_ms=room.clock.now_ms()), bought("1002", received_ms=room.clock.now_ms()))
        room.clock.advance(seconds=20)
        room.refuse()
        yield room


def asked(room, path, key=READ_KEY):
    return room.get(path, who=None, headers={"authorization": f"Bearer {key}"})


def send(room, body, key=OPERATE_KEY):
    given = body if isinstance(body, bytes) else msgspec.json.encode(body)
    headers = {"authorization": f"Bearer {key}"}
    return room.get("/v1/dead-letters/resend", who=None, method="POST", body=given, headers=headers)


def test_a_list_tells_what_tiktok_said_what_to_do_and_whether_it_may_go_again(room):
    answer = asked(room, "/v1/dead-letters?code=40002").json
    assert [it["order_id"] for it in answer["dead_letters"]] == ["1002", "1001"]
    assert answer["next_before"] is None
    letter = answer["dead_letters"][0]
    assert (letter["code"], letter["request_id"], letter["stays"]) == (40002, "20261120-bad", "")
    assert "Not a valid string" in letter["message"]
    assert "Correct the field" in letter["fix"]
    assert asked(room, "/v1/dead-letters?code=40001").json["dead_letters"] == []


def test_a_preview_counts_what_goes_and_what_stays(room):
    assert asked(room, "/v1/dead-letters/preview").json == {
        "count": 2,
        "sendable": 2,
        "left": {},
        "value": {"EUR": 4100},
        "anew": 2,
    }
    room.clock.advance(seconds=8 * MS_PER_DAY / 1_000)
    assert asked(room, "/v1/dead-letters/preview").json["left"] == {"too_old": 2}
    assert asked(room, "/v1/dead-letters").json["dead_letters"][0]["stays"] == "too_old"
    assert send(room, {"all": True}).json["code"] == "nothing_to_resend"


def test_a_resend_is_carried_out_and_told_with_the_key_that_asked(room):
    answer = send(room, {"code": 40002, "since": "2020-01-01T00:00"})
    assert (answer.status, answer.json["count"], answer.json["who"]) == (202, 2, "key k4")
    assert carry_out(room.store, TERMS, room.clock.now_ms()).sent == 2
    (run,) = asked(room, "/v1/resends").json["resends"]
    assert (run["done"], run["sent"], run["left"]) == (2, 2, {})
    reader = Admin(room.store, Actor("ada"), room.clock)
    assert [line.who for line in audit.latest(reader, limit=1)] == ["key k4"]


def test_one_goes_by_its_id(room):
    (newest, _) = asked(room, "/v1/dead-letters").json["dead_letters"]
    assert send(room, {"ids": [newest["id"]]}).json["count"] == 1


def test_only_an_operate_key_sends_again(room):
    assert send(room, {"all": True}, READ_KEY).json["code"] == "key_cannot_operate"
    assert send(room, {"all": True}, SERVER_KEY).status == 403
    assert asked(room, "/v1/resends", SERVER_KEY).status == 403
    assert asked(room, "/v1/dead-letters", OPERATE_KEY).status == 200
    assert room.store.resends.unfinished() is None


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", "body"),
        (b"[" * 9_000, "body"),
        ({"pixle": "C1"}, "body"),
        ({}, "all"),
        ({"since": "yesterday"}, "since"),
        ({"event": "x" * 300}, "event"),
    ],
)
def test_a_body_that_cannot_be_meant_is_refused_with_its_field(room, body, field):
    answer = send(room, body)
    assert (answer.status, answer.json["code"], answer.json["field"]) == (400, "bad_query", field)
    assert room.store.resends.unfinished() is None


@pytest.mark.parametrize("query", ["workspace=other", "order=1", "code=x", "before=x"])
def test_a_query_that_cannot_be_meant_is_refused(room, query):
    assert asked(room, f"/v1/dead-letters?{query}").json["code"] == "bad_query"


def test_a_key_sees_its_own_workspace_only(room):
    room.add_pixel("C0EXAMPLEPIXELCODE21", workspace="other")
    room.record(bought("2001", received_ms=room.clock.now_ms(), workspace="other", pixel="C0EXAMPLEPIXELCODE21"))
    room.clock.advance(seconds=20)
    room.refuse()
    assert {it["order_id"] for it in asked(room, "/v1/dead-letters").json["dead_letters"]} == {"1001", "1002"}
