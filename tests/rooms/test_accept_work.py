"""How much work one request may make, and that others have their turn meanwhile."""

import asyncio
import gc
import json
import time
from itertools import pairwise

import phonenumbers
import pytest

from builders import a_body, an_item
from door import BROWSER_KEY, SERVER_KEY, House, a_scope, converse
from twinbeam.core.clock import SystemClock
from twinbeam.engines.memory import MemoryJournal
from twinbeam.pipeline.accept.phones import MOST_PHONES
from twinbeam.pipeline.consent.receipts import Receipts
from twinbeam.pipeline.flow import Intake
from twinbeam.pipeline.identity.seal import Sealer
from twinbeam.pipeline.journal.codec import decode
from twinbeam.pipeline.journal.commit import GroupCommit

pytestmark = pytest.mark.outside("work")

BROWSER = {"authorization": f"Bearer {BROWSER_KEY}", "origin": "https://shop.example"}
SERVER = {"authorization": f"Bearer {SERVER_KEY}"}


class Front:
    """A door with rooms 2 to 4 behind it, and a journal in memory."""

    def __init__(self):
        self.journal = MemoryJournal()
        commit = GroupCommit(self.journal, clock=SystemClock(), report=lambda **_: None)
        self.intake = Intake(receipts=Receipts([b"r" * 32]), seal=Sealer().seal, append=commit.append)
        self.house = House(take=self.intake.take, note=self.intake.note)

    def post(self, body, headers):
        return self.house.post(body, headers)

    def signals(self):
        return [signal for group in self.journal.read(0, limit=2**62) for signal in decode(group.body)]


@pytest.fixture
def parsed(monkeypatch):
    """Note what the library for hard numbers is asked."""
    found, parse = [], phonenumbers.parse

    def noted(text, region=None):
        found.append(text)
        return parse(text, region)

    monkeypatch.setattr(phonenumbers, "parse", noted)
    return found


def odd(number):
    """Write a number as nobody does, so that no pattern settles it."""
    return f"tel (0) {number:09d} ext 7"


def twenty_thousand(*, headers):
    events = [
        an_item(event="ViewContent", event_id=f"e-{n}", phone=[odd(n * 20 + place) for place in range(20)])
        for n in range(1_000)
    ]
    front = Front()
    return front, front.post(a_body(*events), headers)


def test_of_twenty_thousand_odd_numbers_of_a_page_a_hundred_are_resolved_and_no_event_is_lost(parsed):
    front, answered = twenty_thousand(headers=BROWSER)
    assert (answered.status, answered.json["accepted"]) == (202, 1_000)
    assert len(front.signals()) == 1_000
    assert len(set(parsed)) == 2 * MOST_PHONES == 200  # each is tried as it stands and as an international one
    told = [(it["code"], it["field"]) for it in answered.json["notices"] if it["code"] == "phones_left_out"]
    assert told == [("phones_left_out", "events[5].user.phone")]


def test_the_same_numbers_again_are_no_more_of_them(parsed):
    items = [an_item(event_id=str(n), phone=["+491701234567", odd(1)]) for n in range(1_000)]
    front = Front()
    answered = front.post(a_body(*items), BROWSER)
    assert [it for it in answered.json["notices"] if it["code"] == "phones_left_out"] == []
    assert all(b'"phone"' in signal.body for signal in front.signals())


def test_a_number_that_is_not_resolved_is_taken_out_of_the_texts_all_the_same():
    many = [an_item(event_id=str(n), phone=odd(n)) for n in range(100)]
    last = an_item(event_id="last", phone="017012345678", url="https://shop.example/?a=17012345678")
    front = Front()
    front.post(a_body(*many, last), BROWSER)
    (signal,) = [signal for signal in front.signals() if signal.event_id == "last"]
    sent = json.loads(signal.body)
    assert "phone" not in sent["user"]
    assert sent["page"] == {"url": "https://shop.example/?a=redacted"}


@pytest.mark.slow
def test_what_a_server_sends_is_resolved_in_full(parsed):
    _, answered = twenty_thousand(headers=SERVER)
    assert answered.json["accepted"] == 1_000
    assert len(set(parsed)) == 2 * 20_000


HEAVY = {
    "odd phones": lambda n: {"phone": [odd(n * 20 + place) for place in range(20)]},
    "addresses": lambda n: {"url": "https://shop.example/?" + "&".join(f"a{k}={n}{k:09d}" for k in range(400))},
    "texts": lambda n: {"description": "+49 151 1" * 110, "search_string": "(0)" * 333},
}
MANY = {"odd phones": 800, "addresses": 120, "texts": 400}  #: what fits into one body, or a quarter of a second of work


@pytest.fixture
def calm():
    """Keep the collector from looking through all that other tests left, as a gateway's is kept from its own start."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize("kind", HEAVY)
@pytest.mark.usefixtures("calm")
def test_others_have_their_turn_while_a_large_body_is_sealed(kind):
    heavy = a_body(*[an_item(event_id=f"e-{n}", **HEAVY[kind](n)) for n in range(MANY[kind])])
    front = Front()
    turns = []

    async def beside():
        sent = asyncio.create_task(ask(front, SERVER, heavy))
        while not sent.done():
            turns.append(time.thread_time())
            await asyncio.sleep(0)
        return sent.result()

    assert asyncio.run(beside()).json["accepted"] == MANY[kind]
    longest = max(after - before for before, after in pairwise(turns))
    whole = turns[-1] - turns[0]
    assert longest < max(0.5 * whole, 0.1), f"{longest:.3f} of {whole:.3f} s in one go"


def test_many_small_requests_do_not_hold_the_loop_together():
    front, turns = Front(), []
    bodies = [a_body(an_item(event_id=f"e-{n}", **HEAVY["addresses"](n))) for n in range(300)]

    async def beside():
        sent = [asyncio.create_task(ask(front, SERVER, body)) for body in bodies]
        while not all(task.done() for task in sent):
            turns.append(time.thread_time())
            await asyncio.sleep(0)
        return [task.result().status for task in sent]

    assert set(asyncio.run(beside())) == {202}
    assert len(front.signals()) == 300
    assert len(list(front.journal.read(0, limit=2**62))) > 3


async def ask(front, headers, body):
    encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
    return await converse(front.house.door, a_scope(headers=encoded), [body])
