"""When the supervisor takes a process for hung."""

import socket

import pytest

from twinbeam.app.child import HUNG_SECONDS, START_SECONDS, Child


@pytest.fixture
def child():
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    with theirs:
        made = Child("ingest-0", [], theirs, sends_heartbeats=True, _lifeline=ours, _due=START_SECONDS)
        yield made, theirs
        made.forget()


def test_a_child_has_two_minutes_for_its_first_heartbeat(child):
    assert not child[0].is_hung(START_SECONDS - 1)
    assert child[0].is_hung(START_SECONDS)


def test_each_heartbeat_counts_for_half_a_minute(child):
    made, theirs = child
    for now in range(0, 1_000, 20):
        theirs.send(b".")
        assert not made.is_hung(now)
    assert not made.is_hung(980 + HUNG_SECONDS - 1)
    assert made.is_hung(980 + HUNG_SECONDS)


def test_it_is_told_once(child):
    made, _ = child
    assert [made.is_hung(START_SECONDS + n) for n in range(3)] == [True, False, False]


def test_a_child_that_has_closed_its_end_is_dying_and_not_hung(child):
    made, theirs = child
    theirs.close()
    assert not made.is_hung(1)


def test_a_child_that_sends_none_is_never_taken_for_hung():
    with socket.socket() as listener:
        assert not Child("writer", [], listener).is_hung(1e9)
