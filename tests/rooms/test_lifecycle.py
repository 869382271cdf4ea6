"""The table of states: total, without dead ends that are not ends, and the same in code and picture."""

import pytest

from twinbeam.core.lifecycle import COUNTED, LEGAL, UNSENT, State, diagram, may_move

#: A tombstone is an end too: what was refused is never opened again under its key.
ENDS = {State.DROPPED, State.WITHDRAWN, State.ERASED}


def reachable(start: State) -> set[State]:
    found, frontier = {start}, [start]
    while frontier:
        steps = set(LEGAL[frontier.pop()].values()) - found
        found |= steps
        frontier += steps
    return found


def test_every_state_has_its_moves_listed() -> None:
    assert LEGAL.keys() == set(State)


def test_only_what_is_gone_for_good_has_no_way_on() -> None:
    assert {state for state, moves in LEGAL.items() if not moves} == ENDS


def test_every_state_is_reached_from_where_rows_begin() -> None:
    begins = reachable(State.DROPPED) | reachable(State.READY) | reachable(State.HELD)
    assert begins == set(State)


@pytest.mark.parametrize("state", State)
def test_no_state_may_move_to_itself(state: State) -> None:
    assert not may_move(state, state)


@pytest.mark.parametrize("state", sorted(UNSENT - {State.LEASED}))
def test_what_waits_can_be_refused_expired_and_erased(state: State) -> None:
    assert all(may_move(state, end) for end in (State.WITHDRAWN, State.EXPIRED, State.ERASED))


@pytest.mark.parametrize("state", sorted(ENDS))
def test_what_ended_is_never_sent_again(state: State) -> None:
    assert State.LEASED not in reachable(state)


def test_only_a_lease_leads_to_an_answer() -> None:
    for answer in (State.REFUSED, State.WAITING):
        assert {state for state in State if may_move(state, answer)} == {State.LEASED}


def test_without_an_answer_only_a_second_word_that_is_given_up_leads_back_to_delivered() -> None:
    ways = {(before, event) for before, moves in LEGAL.items() for event in moves if moves[event] is State.DELIVERED}
    assert ways == {(State.LEASED, "accepted"), (State.READY, "given up"), (State.WAITING, "given up")}


def test_what_is_on_the_wire_can_be_withdrawn_and_expire_but_not_be_sent_twice_at_once() -> None:
    assert may_move(State.LEASED, State.WITHDRAWN)
    assert may_move(State.LEASED, State.EXPIRED)
    assert not may_move(State.LEASED, State.READY)


def test_nothing_becomes_a_tombstone_later() -> None:
    assert not any(may_move(state, State.DROPPED) for state in State)


def test_every_state_but_the_tombstone_counts_as_a_conversion() -> None:
    assert set(COUNTED) == set(State) - {State.DROPPED}


def test_the_diagram_draws_every_move_once() -> None:
    lines = diagram().splitlines()
    assert lines[0] == "stateDiagram-v2"
    moves = {f"    {before} --> {after}: {event}" for before, moves in LEGAL.items() for event, after in moves.items()}
    assert set(lines[1:]) == moves
    assert len(lines) == len(moves) + 1
