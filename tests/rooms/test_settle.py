import asyncio

import pytest

from builders import NOW_MS
from sending import BAD, BUSY, NO_TOKEN, OK, SendingRoom
from twinbeam.core.delivery import Answered, TokenRejected, TryLater
from twinbeam.core.errors import StorageFull
from twinbeam.destinations.tiktok.verdicts import NOT_TAKEN
from twinbeam.destinations.tiktok.wire import compose
from twinbeam.pipeline.settle.settle import Settled, Settler

DUE_MS = NOW_MS + 5_000
TWO_DAYS_MS = 2 * 86_400_000


class Desk:
    """One leased batch of two, and the settler that waits for its verdict."""

    def __init__(self, owner="writer-1", **options):
        self.room = SendingRoom(**options)
        self.ids = self.room.add(2)
        self.lease = self.take("writer-1")
        self.settler = Settler(
            ledger=self.room._parts,
            owner=owner,
            clock=self.room.clock,
            on_store=self.room.on_store,
            not_taken=NOT_TAKEN,
        )

    def take(self, owner):
        (lane,) = self.room.store.due_lanes(self.room.clock.now_ms())
        now_ms = self.room.clock.now_ms()
        return self.room.store.lease(lane, limit=1_000, owner=owner, now_ms=now_ms, compose=compose)

    def settle(self, verdict, due_ms=DUE_MS):
        return asyncio.run(self.settler.settle(self.lease, verdict, due_ms=due_ms))

    def story(self):
        (story,) = self.room.store.by_event_id("default", self.ids[0])
        return story


@pytest.mark.parametrize(
    ("verdict", "settled", "state"),
    [
        (OK, Settled.DELIVERED, "delivered"),
        (BAD, Settled.REFUSED, "refused"),
        (BUSY, Settled.WAITING, "waiting"),
        (NO_TOKEN, Settled.WAITING, "waiting"),
    ],
)
def test_each_verdict_becomes_one_fate_of_the_whole_batch_with_its_answer_in_the_log(verdict, settled, state):
    desk = Desk()
    assert desk.settle(verdict) is settled
    assert desk.room.states() == {state: 2}
    (attempt,) = desk.story().log
    assert (attempt.status, attempt.code) == (verdict.answer.status, verdict.answer.code)
    assert (attempt.message, attempt.request_id) == (verdict.answer.message, verdict.answer.request_id)


@pytest.mark.parametrize("verdict", [BUSY, NO_TOKEN])
def test_a_waiting_batch_is_due_when_the_sender_said(verdict):
    desk = Desk()
    desk.settle(verdict, due_ms=NOW_MS + 77_000)
    assert desk.story().due_ms == NOW_MS + 77_000


@pytest.mark.parametrize("verdict", [OK, BAD, BUSY, NO_TOKEN])
def test_a_batch_that_passed_to_another_owner_is_left_alone(verdict):
    desk = Desk(owner="somebody-else")
    assert desk.settle(verdict) is Settled.NOT_OURS
    assert desk.room.states() == {"leased": 2}


@pytest.mark.parametrize("verdict", [OK, BAD, BUSY, NO_TOKEN])
def test_a_verdict_is_written_down_once(verdict):
    desk = Desk()
    desk.settle(verdict)
    before = desk.room.states()
    assert desk.settle(OK) is Settled.NOT_OURS
    assert desk.room.states() == before


@pytest.mark.parametrize(
    ("verdict", "later"),
    [
        (TryLater(Answered(503)), "expired"),
        (TryLater(Answered(), arrived=False), "leased"),
        (TokenRejected(Answered(message="no token is saved")), "leased"),
        (TokenRejected(Answered(400, 40001)), "leased"),
        (TokenRejected(Answered(401, 40105)), "leased"),
        (TokenRejected(Answered(403, 40113)), "expired"),
    ],
)
def test_after_two_days_only_what_certainly_never_arrived_may_still_be_sent(verdict, later):
    desk = Desk()
    desk.settle(verdict)
    desk.room.clock.advance(ms=TWO_DAYS_MS)
    desk.take("writer-1")
    assert desk.room.states() == {later: 2}


@pytest.mark.parametrize("verdict", [OK, BAD, BUSY, NO_TOKEN])
def test_a_store_that_cannot_write_is_a_surprise_and_not_a_fate(verdict):
    desk = Desk(fails=lambda method, args: StorageFull("disk full") if method.startswith("settle") else None)
    with pytest.raises(StorageFull):
        desk.settle(verdict)
    assert desk.room.states() == {"leased": 2}
