"""
Two engines, one truth: whatever commands come in whatever order, SQLite does what the model does.

The harness checks both accounting laws and the lifecycle after each command, on both engines; this machine compares
what they tell: stories, counters, cursors, lanes, and every lease down to its bytes.
"""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from engines.kit.embedded import MemoryEngine, SqliteEngine
from engines.kit.harness import Harness
from signals import (
    ALLOWED,
    BROWSER,
    DAY,
    DENIED,
    HOUR,
    SERVER,
    UNSAID,
    a_record,
    a_signal,
    a_statement,
    an_email,
    denied,
    granted,
    order_lookup,
)
from twinbeam.core.consent import ConsentRecord
from twinbeam.core.delivery import Lease
from twinbeam.core.lifecycle import State
from twinbeam.core.values import Channel, Decision, Facts, Signal

EVENT_IDS = ("a", "b", "c")
PIXELS = ("PIXEL1", "CONFIRMED", "PAID")
VISITORS = ("v-1", "v-2")
#: No sum of these lies within the hour before seven days: a store keeps to the hour when a channel was last seen.
PAUSES_MS = (11_000, 4_000, 1, 60_000, 25 * HOUR, 47 * HOUR, 8 * DAY)

ANSWERS: dict[str, Callable[[Harness, Lease], Any]] = {
    "split": lambda h, lease: h.split(lease),
    "delivered": lambda h, lease: h.delivered(lease),
    "refused": lambda h, lease: h.refused(lease),
    "busy": lambda h, lease: h.waiting(lease, after_ms=4_000),
    "unreachable": lambda h, lease: h.waiting(lease, arrived=False),
}

WORDS: dict[str, Callable[[int], ConsentRecord]] = {
    "granted": granted,
    "denied": denied,
    "limited": lambda at_ms: a_record(at_ms, ad_storage="granted", ad_user_data="granted", ad_personalization="denied"),
}

a_few_signals = st.lists(
    st.fixed_dictionaries(
        {
            "event_id": st.sampled_from(EVENT_IDS),
            "pixel": st.sampled_from(PIXELS),
            "event": st.sampled_from(["Purchase", "ViewContent"]),
            "channel": st.sampled_from([BROWSER, BROWSER, SERVER, Channel.WEBHOOK, Channel.FILE]),
            "permission": st.sampled_from([ALLOWED, ALLOWED, ALLOWED, UNSAID, DENIED]),
            "event_time": st.integers(1_790_000_000, 1_790_000_003),
            "value": st.sampled_from([None, 10.0, 20.5]),
            "currency": st.sampled_from(["EUR", "USD", ""]),
            "order_id": st.sampled_from(["", "1001", "1002"]),
            "visitor": st.sampled_from(["", "v-1", "v-2", ["v-1", "v-2"]]),
            "user": st.sampled_from([None, {"email": an_email("ada")}, {"email": an_email("ben"), "ttclid": "c"}]),
            "facts": st.sampled_from([None, Facts(ttclid="c"), Facts(ip="198.51.100.7", user_agent="agent", url="u")]),
            "lookups": st.sampled_from([[], [order_lookup("1001")], [order_lookup("1002"), order_lookup("1001")]]),
            "limited": st.booleans(),
            "also": st.sampled_from([[], [], ["a"], ["b"], ["b", "c"]]),
            "native": st.sampled_from(["sent", "blocked", "not_fired", "unknown"]),
            "stage": st.sampled_from(["", "placed", "paid"]),
            "spelling": st.sampled_from(["", "CompletePayment"]),
            "test_code": st.sampled_from(["", "", "", "TEST1"]),
            "consent": st.sampled_from([None, None, "granted", "denied"]),
            "age_ms": st.sampled_from([0, 1, 3_000]),
        }
    ),
    max_size=6,
)


class UnsyncedSqliteEngine(SqliteEngine):
    """SQLite without its syncs: what is compared here is what it knows, not whether it survives."""

    def _open(self) -> None:
        super()._open()
        for db in (self.store._db, self.journal._db):
            db.execute("PRAGMA synchronous=OFF")


class TwoEngines(RuleBasedStateMachine):
    """The same commands for both, and the same answers from both."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.model = Harness(MemoryEngine(self.folder))
        self.real = Harness(UnsyncedSqliteEngine(self.folder))
        self.model.engine.journal.journal_id = self.real.engine.journal.journal_id
        self.batches: list[Lease] = []

    def both(self, act: Callable[[Harness], Any]) -> Any:
        expected, found = act(self.model), act(self.real)
        assert plain(found) == plain(expected)
        return expected

    @invariant()
    def tell_the_same(self) -> None:
        assert everything(self.real) == everything(self.model)

    @initialize(signals=a_few_signals)
    def begin(self, signals: list[dict[str, Any]]) -> None:
        self.take([signals])

    @rule(groups=st.lists(a_few_signals, min_size=1, max_size=3))
    def take(self, groups: list[list[dict[str, Any]]]) -> None:
        """Several groups in one call."""
        for group in groups:
            self.both(lambda h, group=group: h.append(*(built(h, said) for said in group)))
        self.both(lambda h: h.drain())

    @rule(reopen=st.booleans())
    def replay(self, *, reopen: bool) -> None:
        """Hand everything over again, perhaps to a writer that stopped and started in between."""
        if reopen:
            self.both(lambda h: h.engine.reopen())
        self.both(lambda h: h.replay())

    @rule(visitor=st.sampled_from(VISITORS), word=st.sampled_from(["granted", "denied", "limited"]))
    def state(self, visitor: str, word: str) -> None:
        """A word on consent without an event."""
        self.both(lambda h: h.take(a_statement(WORDS[word](h.now()), visitor=visitor, received_ms=h.now())))

    @rule(limit=st.sampled_from([1, 100]))
    def end_overdue(self, limit: int) -> None:
        """What nobody permitted or confirmed in time ends, and so does what no lane asked for in a week."""
        self.both(lambda h: h.step(lambda: h.store.end_overdue(h.now(), limit=limit)))
        self.both(lambda h: h.step(lambda: h.store.end_stale(h.now(), limit=100)))  # lanes have no order in common

    @precondition(lambda self: self.model.store.next_deadline_ms())
    @rule()
    def wait_for_the_deadline(self) -> None:
        ms = max(0, self.model.store.next_deadline_ms() - self.model.now())
        self.both(lambda h: h.clock.advance(ms=ms))
        self.end_overdue(limit=100)

    @rule(ms=st.sampled_from(PAUSES_MS))
    def wait(self, ms: int) -> None:
        self.both(lambda h: h.clock.advance(ms=ms))

    @precondition(lambda self: by_place(self.model))
    @rule(pick=st.integers(0, 3), limit=st.sampled_from([1_000, 3, 1]), answer=st.sampled_from([*ANSWERS, None]))
    def send(self, pick: int, limit: int, answer: str | None) -> None:
        """Wait until something is due, lease it, and perhaps have an answer at once."""
        ms = max(0, self.model.store.next_due_ms() - self.model.now())
        self.both(lambda h: h.clock.advance(ms=ms))
        due = sorted(
            place
            for place, lane in by_place(self.model).items()
            if lane in self.model.store.due_lanes(self.model.now())
        )
        lease = self.both(lambda h: h.try_lease(by_place(h)[due[pick % len(due)]], limit=limit))
        self.batches += [lease] if lease else []
        if lease and answer:
            self.settle(lease, answer)

    @precondition(lambda self: self.under_way)
    @rule(pick=st.integers(0, 3), answer=st.sampled_from(list(ANSWERS)))
    def answer(self, pick: int, answer: str) -> None:
        """An answer to what was sent before."""
        self.settle(self.under_way[pick % len(self.under_way)], answer)

    def settle(self, lease: Lease, answer: str) -> None:
        settled = self.both(lambda h: ANSWERS[answer](h, lease))
        assert settled or answer == "split"  # which may have nothing left to send
        assert lease not in self.under_way
        self.batches += settled if answer == "split" else []

    @precondition(lambda self: self.under_way)
    @rule(pick=st.integers(0, 3))
    def renew(self, pick: int) -> None:
        """A batch that waited for its turn."""
        lease = self.under_way[pick % len(self.under_way)]
        renewed = self.both(lambda h: h.renew(lease))
        self.batches += [renewed] if renewed and renewed.batch != lease.batch else []

    @precondition(lambda self: self.batches)
    @rule(pick=st.integers(0, 9), answer=st.sampled_from(list(ANSWERS)))
    def answer_again(self, pick: int, answer: str) -> None:
        """An answer to what is settled already."""
        lease = self.batches[pick % len(self.batches)]
        if lease not in self.under_way:
            assert not self.both(lambda h: ANSWERS[answer](h, lease))

    @precondition(lambda self: self.under_way)
    @rule()
    def restart(self) -> None:
        """The writer dies; its heir takes over what is under way and not too late, byte for byte."""
        before = {lease.batch: lease.body for lease in self.under_way}
        taken = self.both(lambda h: h.restart())
        left = {lease.batch for lease in self.under_way}
        again = {lease.batch: lease.body for lease in taken if lease.batch in before}
        assert again == {n: body for n, body in before.items() if n in left}
        self.batches += [lease for lease in taken if lease.batch not in before]  # the rest of what was refused in part

    @rule(days=st.sampled_from([1, 8, 31]))
    def tidy(self, days: int) -> None:
        """Time passes, and housekeeping does its round; never at the very moment at which something ends."""
        self.both(lambda h: h.clock.advance(ms=HOUR))
        self.both(lambda h: h.tidy(days))

    @rule(who=st.sampled_from([("order", "1001"), ("visitor", "v-1")]))
    def erase(self, who: tuple[str, str]) -> None:
        self.tidy(1)
        self.both(lambda h: h.erase(*who))

    @property
    def under_way(self) -> list[Lease]:
        """List the batches that wait for their verdict."""
        return [lease for lease in self.batches if self.model.store._rows.batches[lease.batch].state == State.LEASED]

    @rule(group=a_few_signals)
    def take_all_but_one(self, group: list[dict[str, Any]]) -> None:
        """A group with an item that cannot be recorded."""
        self.both(lambda h: h.take_all_but_one(a_signal("culprit"), *(built(h, said) for said in group)))

    def teardown(self) -> None:
        self.real.engine.close()
        shutil.rmtree(self.folder)


def built(h: Harness, said: dict[str, Any]) -> Signal:
    """Build a signal, accepted a little before now; a refused one is a tombstone."""
    said = dict(said)
    at_ms = h.now() - said.pop("age_ms")
    word = said.pop("consent")
    said["consent"] = WORDS[word](at_ms) if word else None
    if said["test_code"]:
        said["event_id"] += "?test"
        said["also"] = []
    signal = a_signal(received_ms=at_ms, **said)
    refused = signal.permission.decision is Decision.DROPPED
    return msgspec.structs.replace(signal, body=b"") if refused else signal


def by_place(h: Harness) -> dict[tuple[object, ...], Any]:
    """Index the lanes with unsent events; their ids are each engine's own."""
    lanes = h.store.due_lanes(2**62)
    return {(lane.source_id, lane.event_source, lane.test_code, lane.enriches): lane for lane in lanes}


def plain(answer: Any) -> Any:
    """Leave out of an answer what engines need not agree on: the ids of lanes."""
    if isinstance(answer, Lease):
        return msgspec.structs.replace(answer, lane=msgspec.structs.replace(answer.lane, id=0))
    return [plain(part) for part in answer] if isinstance(answer, list) else answer


def everything(h: Harness) -> dict[str, Any]:
    """Ask a store all it can tell."""
    store = h.store
    stories = [
        story for n in EVENT_IDS for event_id in (n, f"{n}?test") for story in store.by_event_id("shop", event_id)
    ]
    return {
        "stories": sorted(stories, key=lambda story: story.id),
        "found": [story.id for n in ("1001", "1002") for story in store.by_lookup([order_lookup(n)])],
        "counts": sorted(msgspec.structs.astuple(count) for count in store.counts()),
        "states": store.states(),
        "removed": store.removed(),
        "cursors": store.cursors(),
        "due": sorted(lane.source_id for lane in store.due_lanes(h.now())),
        "next": store.next_due_ms(),
        "deadline": store.next_deadline_ms(),
        "unsent": store.unsent(),
        "quarantined": store.quarantined(),
    }


TestTwoEngines = pytest.mark.slow(TwoEngines.TestCase)
TestTwoEngines.settings = settings(
    max_examples=settings.default.max_examples // 2,
    stateful_step_count=25,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],  # whole histories are slow and large
)
