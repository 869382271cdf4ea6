import asyncio
import json
import re
from pathlib import Path

import pytest

from asgi import ask
from showroom import Showroom
from twinbeam.core.clock import HandClock
from twinbeam.observe.health import Health
from twinbeam.pipeline.accept.answers import Answer
from twinbeam.pipeline.journal.contract import Backlog
from twinbeam.web.contract import JournalLag, LagView

FIRST_EVENT = (Path(__file__).parents[3] / "docs" / "howto" / "first-event.md").read_text()


@pytest.fixture
def room(tmp_path):
    room = Showroom(tmp_path / "data")
    yield room
    room.close()


def test_a_process_that_can_answer_is_alive_whatever_the_ledger_does(room):
    room.reasons.append("the recorder is 90 seconds behind")
    room.reader.close()
    answer = room.get("/healthz", who=None)
    assert (answer.status, answer.json) == (200, {"status": "ok", "lag_seconds": 0.0})


def test_readiness_tells_the_lag_of_every_journal(room):
    room.lag = LagView(lag_seconds=0.5, pending=7, journals=(JournalLag("journal-0", 7, 1_790_000_000_000),))
    answer = room.get("/readyz")
    assert answer.status == 200
    assert answer.json == {
        "ready": True,
        "reasons": [],
        "lag_seconds": 0.5,
        "pending": 7,
        "journals": [{"journal": "journal-0", "pending": 7, "oldest_ms": 1_790_000_000_000}],
    }


def test_what_is_not_ready_says_why_with_a_503(room):
    room.reasons.append("the recorder is 90 seconds behind")
    answer = room.get("/readyz")
    assert (answer.status, answer.json["ready"]) == (503, False)
    assert answer.json["reasons"] == ["the recorder is 90 seconds behind"]


def test_metrics_are_passed_on_with_their_content_type(room):
    answer = room.get("/metrics")
    assert answer.body == b"twinbeam_unsent 0\n"
    assert answer.headers["content-type"] == "text/plain; version=0.0.4"
    assert room.reads == 1  # summing up the processes' files belongs on the reader's thread


class EmptyJournal:
    """A journal into which nothing was written."""

    def backlog(self):
        return Backlog(appended=0, pending=0, oldest_ms=None, used_bytes=0)

    def has_room(self):
        return True


def test_the_first_event_shows_the_intakes_readiness_as_it_is_told():
    answer = asyncio.run(ask(Health(EmptyJournal(), HandClock()), "/readyz"))
    assert f"```json\n{answer.text}\n```" in FIRST_EVENT


class BusyJournal:
    """A journal in which a shop's day waits."""

    def backlog(self):
        return Backlog(appended=4_711_000, pending=815, oldest_ms=1_789_999_930_000, used_bytes=10**9)

    def has_room(self):
        return True


@pytest.mark.outside("readyz")
@pytest.mark.parametrize("journal", [EmptyJournal, BusyJournal])
def test_the_public_side_tells_nobody_how_much_a_shop_sells(journal):
    answer = asyncio.run(ask(Health(journal(), HandClock()), "/readyz"))
    assert answer.status == (200 if journal is EmptyJournal else 503)
    assert {name: type(value) for name, value in json.loads(answer.text).items()} == {"ready": bool, "has_room": bool}


def test_the_first_event_shows_answers_with_all_their_members():
    shown = [json.loads(line) for line in re.findall(r'^\{"accepted":.*$', FIRST_EVENT, re.MULTILINE)]
    members = [name for name in Answer.__struct_fields__ if name != "receipt"]  # that is for browsers
    assert [list(answer) for answer in shown] == [members] * 3
