"""
The states of a stored conversion and every legal move between them, as a table.

Engines read here what can be erased, and the tests hold them to the whole table; ARCHITECTURE.md shows it as a diagram.
"""

from collections.abc import Collection, Mapping
from enum import StrEnum


class State(StrEnum):
    """Where a conversion stands."""

    DROPPED = "dropped"  #: only the key is kept; not a conversion, counts among the dropped arrivals
    HELD = "held"  #: waits for the visitor's permission, or for the shop's server to confirm it
    READY = "ready"  #: may be sent as soon as it is due
    LEASED = "leased"  #: is in a request that may be on the wire
    WAITING = "waiting"  #: an attempt failed; will be tried again when due
    DELIVERED = "delivered"  #: TikTok answered with code 0
    REFUSED = "refused"  #: TikTok refused it; kept as a dead letter
    EXPIRED = "expired"  #: sending it later could do harm or make no sense
    WITHDRAWN = "withdrawn"  #: a refusal arrived before it was delivered; the payload is gone
    ERASED = "erased"  #: a person asked for erasure; the payload is gone


LEGAL: Mapping[State, Mapping[str, State]] = {
    State.DROPPED: {},
    State.HELD: {
        "released": State.READY,
        "refused": State.WITHDRAWN,
        "too late": State.EXPIRED,
        "joined": State.EXPIRED,
        "erase": State.ERASED,
    },
    State.READY: {
        "lease": State.LEASED,
        "held again": State.HELD,
        "joined": State.EXPIRED,
        "given up": State.DELIVERED,
        "refused": State.WITHDRAWN,
        "too late": State.EXPIRED,
        "erase": State.ERASED,
    },
    State.LEASED: {
        "accepted": State.DELIVERED,
        "try later": State.WAITING,
        "event refused": State.REFUSED,
        "visitor refused meanwhile": State.WITHDRAWN,
        "erase meanwhile": State.ERASED,
        "too late": State.EXPIRED,
    },
    State.WAITING: {
        "lease": State.LEASED,
        "held again": State.HELD,
        "given up": State.DELIVERED,
        "refused": State.WITHDRAWN,
        "too late": State.EXPIRED,
        "erase": State.ERASED,
    },
    State.DELIVERED: {"enriched": State.READY, "erase": State.ERASED},
    State.REFUSED: {
        "resent by its owner": State.READY,
        "refused": State.WITHDRAWN,
        "order cancelled": State.EXPIRED,
        "erase": State.ERASED,
    },
    State.EXPIRED: {
        "said after all": State.READY,
        "said, more is awaited": State.HELD,
        "refused": State.WITHDRAWN,
        "erase": State.ERASED,
    },
    State.WITHDRAWN: {},
    State.ERASED: {},
}

#: States in which a conversion still waits for the wire.
UNSENT = frozenset({State.HELD, State.READY, State.LEASED, State.WAITING})

#: Unsent conversions that may be sent: due, in a request without an answer yet, or to be tried again.
SENDING = (State.READY, State.LEASED, State.WAITING)

#: States in which something is left that a person may have erased.
ERASABLE = frozenset(state for state, moves in LEGAL.items() if State.ERASED in moves.values())

#: Conversions by state make up the accounting sum; DROPPED rows are tombstones and do not.
COUNTED = tuple(state for state in State if state is not State.DROPPED)


def whole(states: Collection[str]) -> frozenset[str]:
    """Return some states to list conversions by; raises ValueError where only some of SENDING are among them."""
    asked = frozenset(states)
    if 0 < len(asked.intersection(SENDING)) < len(SENDING):
        raise ValueError(f"what is being sent is listed as a whole: {', '.join(SENDING)}")
    return asked


def may_move(before: State, after: State) -> bool:
    """Return whether the table allows this move."""
    return after in LEGAL[before].values()


def diagram() -> str:
    """Draw the table as a mermaid state diagram (ARCHITECTURE.md carries the result; a test compares)."""
    lines = ["stateDiagram-v2"]
    lines += [f"    {before} --> {after}: {event}" for before, moves in LEGAL.items() for event, after in moves.items()]
    return "\n".join(lines)
