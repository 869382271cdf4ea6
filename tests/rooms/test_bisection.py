"""Every culprit of a refused batch is found, and costs no more than 2·log2(n) + 2 further requests, lies or not."""

import asyncio
import json
from math import log2
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sending import OK, SendingRoom, ids_in, until
from twinbeam.core.delivery import Accepted, Answered, Refused, TryLater
from twinbeam.destinations.tiktok.verdicts import verdict
from twinbeam.pipeline.send.bisection import Names, most_calls, parts_of

#: What TikTok says of a refused batch, given the culprits' places in it, its size and chance.
MESSAGES = {
    "honest": lambda bad, count, chance: bad[0],
    "silent": lambda bad, count, chance: None,
    "the first": lambda bad, count, chance: 0,
    "the last": lambda bad, count, chance: count - 1,
    "beyond": lambda bad, count, chance: count,
    "any": lambda bad, count, chance: chance.randrange(count),
    "an innocent": lambda bad, count, chance: next((n for n in range(count) if n not in bad), None),
    "sometimes honest": lambda bad, count, chance: chance.choice([bad[0], bad[-1], None, chance.randrange(count)]),
    "a number too many": lambda bad, count, chance: bad[0] + 1,
}


def found(count, culprits, message, chance):
    """Play the sender against a destination that takes whole batches or nothing; give who ended how, and the calls."""
    names, queue, calls = Names(), [(0, range(count))], 0
    delivered, refused = [], []
    while queue:
        batch, events = queue.pop(chance.randrange(len(queue)))  # answers come in any order
        calls += 1
        bad = [place for place, event in enumerate(events) if event in culprits]
        said = Refused(Answered(), named=message(bad, len(events), chance)) if bad else Accepted(Answered())
        names.hear(batch, said)
        if not bad or len(events) == 1:
            (refused if bad else delivered).extend(events)
            continue
        named = names.believed(said, len(events))
        parts = [
            (calls * 10 + number, [events[place] for place in part])
            for number, part in enumerate(parts_of(len(events), named))
        ]
        if named is not None:
            names.ask(parts[0][0])
        queue += parts
    return sorted(delivered), sorted(refused), calls - 1


@given(st.data(), st.sampled_from(sorted(MESSAGES)), st.integers(0, 2**32))
def test_every_innocent_is_delivered_and_every_culprit_found_within_the_bound(data, message, seed):
    count = data.draw(st.integers(2, 1_000))
    culprits = data.draw(st.one_of(st.sets(st.integers(0, count - 1), max_size=5), st.sets(st.integers(0, count - 1))))
    delivered, refused, calls = found(count, culprits, MESSAGES[message], Random(seed))
    assert delivered == [event for event in range(count) if event not in culprits]
    assert refused == sorted(culprits)
    assert calls <= len(culprits) * (2 * log2(count) + 2)


@pytest.mark.parametrize("message", sorted(MESSAGES))
def test_one_culprit_anywhere_stays_within_the_bound(message):
    chance = Random(22)
    for count in [2, 3, 4, 5, 13, 55, 487, 488, 513, 514, 973, 1_000]:
        for culprit in {0, 1, count // 3, count // 2, count - 2, count - 1}:
            _, refused, calls = found(count, {culprit}, MESSAGES[message], chance)
            assert refused == [culprit]
            assert calls <= 2 * log2(count) + 2, (count, culprit)


def test_a_lie_is_paid_for_by_thirds_in_batches_of_any_size():
    assert all(1 + most_calls(count) <= 2 * log2(count) + 2 for count in range(2, 1_001))
    assert most_calls(1_000) == 20


def test_an_honest_name_costs_four_requests_at_most():
    assert all(found(count, {count // 2}, MESSAGES["honest"], Random(1))[2] <= 4 for count in range(2, 1_001))


@given(st.integers(1, 1_000), st.data())
def test_each_event_is_in_exactly_one_part(count, data):
    named = data.draw(st.none() | st.integers(0, count - 1))
    parts = parts_of(count, named)
    assert sorted(place for part in parts for place in part) == [*range(count)]
    assert all(parts)
    assert all([*part] == sorted(part) for part in parts)
    assert named is None or [*parts[0]] == [named]


def spoken(bad, count, code, honest):
    """Answer as TikTok does, in bytes."""
    names = f"data.{bad[0] if honest else count - 1}.event_time: Not a valid integer." if honest is not None else "no"
    return verdict(400, json.dumps({"code": code, "message": names, "request_id": "r"}).encode(), {})


@pytest.mark.parametrize("code", [20001, 40002])
@pytest.mark.parametrize("honest", [True, False, None], ids=["honest", "lying", "silent"])
def test_the_sender_finds_several_culprits_whatever_the_message(code, honest):
    async def story():
        room = SendingRoom()
        ids = room.add(300)
        culprits = {ids[0], ids[77], ids[78], ids[290]}

        def answered(lease):
            bad = [place for place, event_id in enumerate(ids_in(lease)) if event_id in culprits]
            return spoken(bad, lease.count, code, honest) if bad else OK

        room.destination.answer = answered
        async with room.running():
            await until(lambda: room.states() == {"delivered": 296, "refused": 4}, 20)
        assert {event_id for event_id in ids if room.state(event_id) == "refused"} == culprits
        assert len(room.destination.sent) - 1 <= 4 * (2 * log2(300) + 2)

    asyncio.run(story())


def test_parts_that_are_sent_again_by_an_heir_are_the_same_bytes():
    async def story():
        room = SendingRoom(
            lambda lease: spoken([2], lease.count, 40002, True) if lease.count == 9 else asyncio.Event().wait()
        )
        room.add(9)
        sender, stop = room.sender(), asyncio.Event()
        task = asyncio.create_task(sender.run(stop))
        await until(lambda: len(room.destination.sent) == 5)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        parts = {lease.batch: lease.body for lease in room.destination.sent[1:]}
        room.destination.answer = lambda lease: OK
        async with room.running(owner="writer-2"):
            await until(lambda: room.states() == {"delivered": 9})
        again = {lease.batch: lease.body for lease in room.destination.sent if lease.resent}
        assert again == parts

    asyncio.run(story())


UNKNOWN = verdict(400, b'{"code": 49999, "message": "?"}', {})


def test_a_code_that_nobody_knows_is_tried_again_and_then_ends_the_culprit_alone():
    async def story():
        room = SendingRoom(lambda lease: UNKNOWN if culprit in ids_in(lease) else OK, most_unknown=3, look_ms=1)
        culprit, *_ = room.add(5)
        async with room.running() as sender:
            for _ in range(40):
                await asyncio.sleep(0.002)
                room.clock.advance(seconds=1_200)
                sender.wake()
                if room.states() == {"delivered": 4, "refused": 1}:
                    break
        assert room.states() == {"delivered": 4, "refused": 1}
        assert room.state(culprit) == "refused"
        assert [lease.attempt for lease in room.destination.sent if lease.count == 5] == [1, 2, 3]

    asyncio.run(story())


def test_only_a_code_outside_of_the_table_is_unknown():
    assert isinstance(UNKNOWN, TryLater)
    assert UNKNOWN.unknown
    for known in (b'{"code": 40006}', b'{"code": 50000}', b"<html>"):
        said = verdict(400, known, {})
        assert isinstance(said, TryLater)
        assert not said.unknown


@pytest.mark.parametrize(
    ("message", "named"),
    [
        ("data.3.event_time: Not a valid integer.", 3),
        ("data.12: Not a valid mapping type.", 12),
        ("Batch.0.properties.contents.0.content_id: Not a valid string", 0),
        ("data[7].user.email: bad", 7),
        ("Invalid value for event_id: not a valid string.", None),
        ("data.99999.event: bad", None),
        ("metadata.3", None),
        ("", None),
    ],
)
def test_the_event_that_a_message_names_is_read(message, named):
    said = verdict(400, json.dumps({"code": 40002, "message": message}).encode(), {})
    assert isinstance(said, Refused)
    assert said.named == named
