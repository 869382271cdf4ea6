import asyncio
from base64 import b64encode
from pathlib import Path

import pytest

from builders import NOW_MS, WORKSPACE
from door import BROWSER_KEY, READ_KEY, SERVER_KEY, a_directory
from sealing import ALLOWED, DROPPED, UNDECIDED, seal
from showroom import BAD, TAKEN, UNSAID, Showroom, bought, kept_out, seen_in_browser
from twinbeam.core.errors import StorageBusy
from twinbeam.core.outcomes import Reason
from twinbeam.core.rules import PixelRules
from twinbeam.core.values import KeyKind
from twinbeam.pipeline.accept.directory import AccessKey, Directory, fingerprint
from twinbeam.pipeline.identity.event_ids import safe_id
from twinbeam.web.api.problems import DOCS, ReadProblem
from twinbeam.web.contract import LagView

ROOT = Path(__file__).parents[3]


@pytest.fixture
def room(tmp_path):
    room = Showroom(tmp_path / "data")
    room.add_pixel()
    yield room
    room.close()


def the_one(answer):
    assert answer.status == 200, answer.text
    (told,) = answer.json["conversions"]
    return told


def test_a_delivered_purchase_is_told_with_its_copies_its_attempt_and_sentences(room):
    room.record(seen_in_browser("1001"), bought("1001", received_ms=NOW_MS + 3_000))
    room.clock.advance(seconds=20)
    room.deliver()
    told = the_one(room.story("order_id=1001"))
    assert (told["state"], told["state_sentence"]) == ("delivered", "Accepted by TikTok.")
    assert (told["reason"], told["reason_sentence"]) == ("", "")
    assert (told["event"], told["event_id"], told["order_id"]) == ("Purchase", "order-1001", "1001")
    assert told["channels"] == ["browser", "server"]
    assert [(copy["channel"], copy["received_ms"]) for copy in told["copies"]] == [
        ("browser", NOW_MS),
        ("server", NOW_MS + 3_000),
    ]
    (attempt,) = told["attempts"]
    assert (attempt["status"], attempt["code"], attempt["request_id"]) == (200, 0, TAKEN.request_id)


def test_a_refused_purchase_carries_tiktoks_message_and_the_reason(room):
    room.record(bought("1001"))
    room.clock.advance(seconds=20)
    room.refuse()
    told = the_one(room.story("event_id=order-1001"))
    assert (told["state"], told["reason_sentence"]) == ("refused", Reason.REFUSED_BY_TIKTOK.sentence)
    assert told["attempts"][0]["message"] == BAD.message


def test_what_was_dropped_is_found_by_its_event_id_and_says_why(room):
    room.record(kept_out("1001"))
    told = the_one(room.story("event_id=order-1001"))
    assert (told["state"], told["event_id"]) == ("dropped", "order-1001")
    assert told["reason_sentence"] == Reason.NO_CONSENT.sentence
    assert told["value"] is None


def test_the_log_of_new_keys_is_read_once_however_many_names_events_have(room):
    room.record(bought("1001"), *(bought(str(n), event=f"Custom{n}") for n in range(60)))
    asked = []
    room.reader._db.set_trace_callback(asked.append)
    assert the_one(room.story("event_id=order-1001"))["event"] == "Purchase"
    assert len([statement for statement in asked if "dedup_log" in statement]) == 1


def test_what_is_held_is_found_and_says_what_it_waits_for(room):
    room.record(bought("1001", permission=UNSAID))
    told = the_one(room.story("event_id=order-1001"))
    assert (told["state"], told["event_id"]) == ("held", "order-1001")
    assert told["reason_sentence"] == Reason.CONSENT_NOT_SAID.sentence
    assert told["due_ms"] == told["received_ms"] + 24 * 3_600_000


@pytest.mark.parametrize("permission", [ALLOWED, UNDECIDED, DROPPED])
def test_a_test_is_found_whatever_became_of_it_while_its_pixel_has_the_code(room, permission):
    room.add_pixel(rules=PixelRules(test_code="TEST123"))
    room.record(seal(test_code="TEST123", permission=permission).signal)
    assert the_one(room.story("event_id=order-1001"))["event"] == "Purchase"


@pytest.mark.parametrize(
    ("minor", "currency", "written"),
    [
        (2_050, "EUR", b"20.50"),
        (-2_050, "EUR", b"-20.50"),
        (5, "USD", b"0.05"),
        (1_200, "JPY", b"1200"),
        (1_234, "KWD", b"1.234"),
        (100, "XXX", b"1.00"),
        (0, "EUR", b"0.00"),
        (None, "EUR", b"null"),
        (None, "", b"null"),
    ],
)
def test_the_value_is_a_decimal_number_in_the_currencys_own_unit(room, minor, currency, written):
    room.record(bought("1001", minor=minor, currency=currency))
    answer = room.story("order_id=1001")
    assert b'"value":' + written + b"," in answer.body


def test_an_event_that_lies_in_a_journal_is_accepted_and_not_yet_recorded(room):
    room.in_journal.add((WORKSPACE, "order-7"))
    room.lag = LagView(lag_seconds=1.5, pending=3)
    answer = room.story("event_id=order-7")
    assert answer.status == 200
    assert answer.json == {"conversions": [], "state": "accepted, not yet recorded", "lag_seconds": 1.5}


def test_an_event_that_leaves_the_journal_between_two_looks_is_not_lost(tmp_path):
    async def just_recorded(_workspace, event_id):
        room.record(bought("8", event_id=event_id))
        return False

    room = Showroom(tmp_path / "data", pending=just_recorded)
    assert the_one(room.story("event_id=order-8"))["event_id"] == "order-8"
    room.close()


def test_what_nobody_knows_is_a_404_with_the_fix(room):
    answer = room.story("event_id=never")
    assert (answer.status, answer.headers["content-type"]) == (404, "application/problem+json")
    assert answer.json["code"] == "unknown_conversion"
    assert "wait=10" in answer.json["fix"]
    assert "never" not in answer.json["message"]


class Impatience(Showroom):
    """A showroom whose clock moves half a second with every look, and where something happens at the third."""

    def __init__(self, folder, happens):
        super().__init__(folder)
        self.happens = happens

    async def on_reader(self, call):
        self.clock.advance(seconds=0.5)
        if self.reads == 2:
            await asyncio.to_thread(self.happens, self)
        return await super().on_reader(call)


def test_a_wait_ends_as_soon_as_the_event_is_recorded_and_settled(tmp_path):
    def arrive_and_go(room):
        room.record(bought("9"))
        room.clock.advance(seconds=1)
        room.deliver()

    room = Impatience(tmp_path / "data", arrive_and_go)
    assert the_one(room.story("order_id=9&wait=10"))["state"] == "delivered"
    assert room.reads == 3
    room.close()


def test_a_wait_that_runs_out_tells_what_is_known_so_far(tmp_path):
    room = Impatience(tmp_path / "data", lambda room: room.record(bought("9")))
    assert the_one(room.story("order_id=9&wait=2"))["state"] == "ready"
    assert room.reads >= 4
    room.close()


def test_a_wait_is_over_at_once_for_what_has_settled(room):
    room.record(bought("1001"))
    room.clock.advance(seconds=20)
    room.deliver()
    assert the_one(room.story("order_id=1001&wait=10"))["state"] == "delivered"
    assert room.reads == 1


def test_a_process_that_stops_lets_nobody_wait(tmp_path):
    room = Showroom(tmp_path / "data", closing=lambda: True)
    room.record(bought("1001"))
    assert the_one(room.story("order_id=1001&wait=10"))["state"] == "ready"
    room.close()


def test_a_key_reads_its_own_workspace_only(tmp_path):
    stranger = "tbr_" + "x" * 32
    keys = a_directory().keys | {fingerprint(stranger): AccessKey("k9", KeyKind.READ, "other", "support")}
    room = Showroom(tmp_path / "data", directory=lambda: Directory(keys))
    room.record(bought("1001"), bought("2002", workspace="other"))
    assert the_one(room.story("order_id=1001"))["order_id"] == "1001"
    assert room.story("order_id=1001", key=stranger).status == 404
    assert room.story("event_id=order-1001", key=stranger).status == 404
    assert the_one(room.story("order_id=2002", key=stranger))["order_id"] == "2002"
    room.close()


def test_a_read_key_may_come_as_the_user_name_of_basic_authorization(room):
    room.record(bought("1001"))
    encoded = b64encode(f"{READ_KEY}:".encode()).decode()
    answer = room.get("/v1/conversions?order_id=1001", headers={"authorization": f"Basic {encoded}"})
    assert the_one(answer)["order_id"] == "1001"


@pytest.mark.parametrize(
    ("path", "key", "status", "code"),
    [
        ("/v1/conversions?order_id=1", None, 401, "missing_key"),
        ("/v1/conversions?order_id=1", "tbr_unknown", 401, "invalid_write_key"),
        ("/v1/conversions?order_id=1", SERVER_KEY, 403, "write_key_cannot_read"),
        ("/v1/conversions?order_id=1", BROWSER_KEY, 403, "write_key_cannot_read"),
        (f"/v1/conversions?order_id=1&key={READ_KEY}", None, 403, "secret_key_in_url"),
    ],
)
def test_only_a_read_key_reads(room, path, key, status, code):
    answer = room.get(path, headers={"authorization": f"Bearer {key}"} if key else {})
    assert (answer.status, answer.json["code"]) == (status, code)
    assert room.reads == 0


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "event_id"),
        ("event_id=", "event_id"),
        ("event_id=a&order_id=b", "event_id"),
        ("event_id=a&wait=soon", "wait"),
        ("event_id=a&wait=-1", "wait"),
        ("event_id=a&wait=10.1", "wait"),
        ("event_id=a&wait=nan", "wait"),
    ],
)
def test_a_question_that_cannot_be_answered_names_the_field(room, query, field):
    answer = room.story(query)
    assert (answer.status, answer.json["code"], answer.json["field"]) == (400, "bad_query", field)


def test_programs_get_problems_where_people_get_pages(room):
    assert room.get("/v1/elsewhere").json["code"] == "not_found"
    posted = room.get("/v1/conversions", method="POST")
    assert (posted.status, posted.json["code"], sorted(posted.headers["allow"].split(", "))) == (
        405,
        "method_not_allowed",
        ["GET", "HEAD"],
    )


def failing(error):
    def fail(*_args, **_kwargs):
        raise error

    return fail


def test_a_ledger_that_cannot_be_read_is_a_503_that_says_when_to_ask_again(room, monkeypatch):
    monkeypatch.setattr(room.reader, "by_event_ids", failing(StorageBusy("locked")))
    answer = room.story("event_id=a")
    assert (answer.status, answer.json["code"], answer.headers["retry-after"]) == (503, "unreadable", "2")


def test_a_surprise_is_a_500_that_tells_nothing_of_it(room, monkeypatch):
    monkeypatch.setattr(room.reader, "by_event_ids", failing(ZeroDivisionError("secret detail")))
    headers = {"authorization": f"Bearer {READ_KEY}"}
    answer = room.get("/v1/conversions?event_id=a", headers=headers, survive=ZeroDivisionError)
    assert (answer.status, answer.json["code"]) == (500, "internal")
    assert b"secret detail" not in answer.body


def test_an_id_that_names_a_person_is_found_by_what_was_sent_though_only_its_hash_is_kept(room):
    sent = "order-of-ada@shop.example"
    room.record(bought(safe_id(sent), event_id=safe_id(sent)))
    for query in ("order_id", "event_id"):
        told = the_one(room.story(f"{query}={sent.replace('@', '%40')}"))
        assert told["order_id"].startswith("sha-")


def test_every_problem_of_the_read_api_is_documented():
    text = (ROOT / DOCS).read_text()
    for code in ReadProblem:
        assert f'<a id="{code}"></a>`{code}`' in text


def test_stories_are_never_kept_by_a_cache(room):
    room.record(bought("1001"))
    for query in ("order_id=1001", "order_id=nope", ""):
        assert room.story(query).headers["cache-control"] == "no-store"
