"""
What one arrival does to the conversion it belongs to: a pure table of decisions.

Every engine asks `decide` and then writes down what it says, so all engines agree by construction.

| the conversion is        | an allowed copy           | a copy without a word on consent | a refusal                |
|--------------------------|---------------------------|----------------------------------|--------------------------|
| unknown                  | OPEN                      | KEEP_OUT                         | KEEP_OUT                 |
| dropped, refused         | dropped                   | dropped                          | dropped                  |
| dropped, nothing said    | REOPEN                    | dropped                          | dropped, DENY            |
| unsent, never attempted  | MERGE                     | dropped                          | dropped, WITHDRAW        |
| waiting after an attempt | duplicate                 | dropped                          | dropped, WITHDRAW        |
| on the wire              | duplicate                 | dropped                          | dropped, RECALL          |
| withdrawn                | dropped                   | dropped                          | dropped                  |
| ended otherwise          | duplicate                 | dropped                          | dropped                  |
"""

from enum import Enum, auto

from twinbeam.core.lifecycle import State
from twinbeam.core.outcomes import Reason
from twinbeam.core.values import Decision, Signal
from twinbeam.pipeline.record.conversion import Conversion

_UNLEASED = frozenset({State.HELD, State.READY, State.WAITING})


class Act(Enum):
    """What a store has to do for one arrival."""

    OPEN = auto()  #: a new conversion, ready to be sent
    KEEP_OUT = auto()  #: a new tombstone: only the key is kept; the arrival is dropped
    DROP = auto()  #: nothing changes; the arrival is dropped
    DENY = auto()  #: the tombstone now carries a spoken refusal; the arrival is dropped
    REOPEN = auto()  #: the tombstone becomes a conversion
    MERGE = auto()  #: the copy joins the conversion
    WITHDRAW = auto()  #: the payload is purged; the arrival is dropped
    RECALL = auto()  #: the refusal is noted: this attempt is the last; the arrival is dropped
    DUPLICATE = auto()  #: the copy is counted and noted, nothing is sent


def decide(known: Conversion | None, signal: Signal) -> Act:
    """Say what an arrival does; total over all pairs, without side effects."""
    if signal.permission.decision is Decision.ALLOWED:
        return _allowed(known)
    if known is None:
        return Act.KEEP_OUT
    if signal.permission.reason is not Reason.NO_CONSENT:
        return Act.DROP
    if known.state is State.DROPPED:
        return Act.DENY if known.reason == Reason.CONSENT_NOT_SAID else Act.DROP
    if known.state is State.LEASED:
        return Act.RECALL
    return Act.WITHDRAW if known.state in _UNLEASED else Act.DROP


def _allowed(known: Conversion | None) -> Act:
    if known is None:
        return Act.OPEN
    if known.state is State.DROPPED:
        return Act.REOPEN if known.reason == Reason.CONSENT_NOT_SAID else Act.DROP
    if known.state is State.WITHDRAWN:
        return Act.DROP
    return Act.MERGE if _open(known) else Act.DUPLICATE


def _open(known: Conversion) -> bool:
    """Tell whether it still takes copies: until its first attempt only, for what may be on the wire stands."""
    return not known.frozen and known.state in _UNLEASED


def drop_reason(known: Conversion | None, signal: Signal) -> Reason:
    """Name the reason a dropped arrival is counted under."""
    if signal.permission.reason is not None:
        return signal.permission.reason
    if signal.permission.decision is Decision.ALLOWED and known is not None:
        return Reason.DENIED_BY_ANOTHER_COPY
    return Reason.CONSENT_NOT_SAID
