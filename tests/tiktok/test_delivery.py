"""The sending room with the real client against the real emulator: what the two make of each other."""

import asyncio

import pytest

from sending import SendingRoom, until
from tiktok_emulator.embed import Emulator
from twinbeam.core.clock import SystemClock
from twinbeam.destinations.tiktok.client import TikTok
from twinbeam.pipeline.send.bisection import most_calls


@pytest.fixture(scope="module")
def running_emulator():
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def tiktok(running_emulator):
    running_emulator.reset()
    yield running_emulator
    assert running_emulator.complaints() == []
    running_emulator.reset()


def drain(tiktok, room, done, owner="writer-1", patience=0.3):
    """Run a sender against the emulator until the store looks as expected."""

    async def story():
        client = TikTok(base_url=tiktok.url, token=lambda lane: tiktok.token, timeout_seconds=patience)
        try:
            async with room.running(owner=owner, destination=client) as sender:
                await until(lambda: _woken(sender) and room.states() == done, seconds=10)
        finally:
            await client.close()

    asyncio.run(story())


def _woken(sender):
    sender.wake()
    return True


def a_room(**policy):
    return SendingRoom(clock=SystemClock(), backoff_base_ms=5, **policy)


def add(room, tiktok, count, **changes):
    return room.add(count, pixel=tiktok.pixel, **changes)


def bodies(tiktok):
    return [request["body"] for request in tiktok.requests()]


def test_two_thousand_events_are_counted_once_each(tiktok):
    room = a_room()
    ids = add(room, tiktok, 2_000)
    drain(tiktok, room, {"delivered": 2_000}, patience=10)  # a full batch takes its time on a busy machine
    assert sorted(each["event_id"] for each in tiktok.counted()) == sorted(ids)
    assert len(tiktok.requests()) == 2


@pytest.mark.parametrize(
    "kind", ["rate_limit", "html_502", "truncated", "reset", "hang", "slow_body", "partial", "code"]
)
def test_after_any_passing_trouble_every_event_counts_once(tiktok, kind):
    room = a_room()
    ids = add(room, tiktok, 30)
    tiktok.trouble(kind, times=2, seconds=1)
    drain(tiktok, room, {"delivered": 30})
    assert sorted(each["event_id"] for each in tiktok.counted()) == sorted(ids)


def test_a_bad_event_ends_alone_as_a_dead_letter_with_tiktoks_message(tiktok):
    room = a_room()
    add(room, tiktok, 40)
    (culprit,) = add(room, tiktok, 1, body=b'{"event_time":"soon","event_id":"culprit"}')
    add(room, tiktok, 40)
    tiktok.expect("event_time_not_integer")
    drain(tiktok, room, {"delivered": 80, "refused": 1})
    (story,) = room.store.by_event_id("default", culprit)
    assert story.state == "refused"
    assert story.log[-1].code == 40002
    assert "event_time" in story.log[-1].message
    assert len(tiktok.counted()) == 80


@pytest.mark.parametrize("bad_event", ["refuse_all", "partial"])
@pytest.mark.parametrize(("grammar", "most"), [("path", 9), ("field", most_calls(603))], ids=["named", "not named"])
def test_each_of_several_culprits_costs_few_requests_and_fewer_where_it_is_named(tiktok, bad_event, grammar, most):
    room = a_room()
    tiktok.switch(bad_event_in_batch=bad_event, message_grammar=grammar)
    tiktok.expect("event_time_not_integer")
    for number in range(3):
        add(room, tiktok, 1, body=b'{"event_time":"soon","event_id":"culprit-%d"}' % number)
        add(room, tiktok, 200)
    drain(tiktok, room, {"delivered": 600, "refused": 3}, patience=10)
    assert len(tiktok.requests()) - 1 <= 3 * most
    assert len(tiktok.counted()) == 600


def test_a_revoked_token_costs_no_event(tiktok):
    room = a_room(token_pause_ms=30)
    add(room, tiktok, 10)
    tiktok.trouble("token_revoked", times=3)
    drain(tiktok, room, {"delivered": 10})
    assert len(tiktok.counted()) == 10


def test_a_sender_that_dies_with_a_request_on_the_wire_sends_the_same_bytes_again(tiktok):
    room = a_room(shutdown_grace_ms=1)
    add(room, tiktok, 25)
    tiktok.trouble("hang", times=1, seconds=1, when="after")

    async def die():
        client = TikTok(base_url=tiktok.url, token=lambda lane: tiktok.token)
        async with room.running(owner="writer-1", destination=client):
            await until(tiktok.received)
        await client.close()

    asyncio.run(die())
    assert room.states() == {"leased": 25}
    drain(tiktok, room, {"delivered": 25}, owner="writer-2")
    first, *again = bodies(tiktok)  # more than one more where the machine answers too late
    assert again
    assert set(again) == {first}
    assert len(tiktok.counted()) == 25
