"""
Making one conversion of two that turned out to be one order.

What was never sent is absorbed or ends; what was sent stands. Where both were sent nothing can be taken back: that is
counted, and becomes an issue.
"""

from collections.abc import Collection

from twinbeam.core.lifecycle import UNSENT, State
from twinbeam.core.outcomes import Finding, Reason
from twinbeam.pipeline.record.conversion import (
    APART,
    BELIEVED,
    CLAIMED,
    CONFIRMATION,
    CONTEST,
    GRANTED,
    OWNER,
    PERMISSION,
    REPORTER,
    RESTORED,
    STRONG,
    VOUCHED,
    Conversion,
)
from twinbeam.pipeline.record.coverage import Coverage
from twinbeam.pipeline.record.relation import has_left
from twinbeam.pipeline.record.schedule import Schedule
from twinbeam.pipeline.record.transitions import Transitions
from twinbeam.pipeline.record.write_set import WriteSet

_EITHER = PERMISSION | CONFIRMATION  #: what one of two may bring for both


class Uniting:
    """Unites the conversions of one transaction."""

    def __init__(self, write_set: WriteSet, schedule: Schedule, transitions: Transitions, coverage: Coverage) -> None:
        self._write_set = write_set
        self._schedule = schedule
        self._transitions = transitions
        self._coverage = coverage

    def unite(
        self, first: Conversion, other: Conversion, now_ms: int, *, absorbs: bool, visitors: Collection[bytes]
    ) -> None:
        """
        Count another conversion in the first from now on; what strangers reported is ended, and not absorbed.

        The copy that shows them to be one names these visits, which are one person's.
        """
        if has_left(other):
            if has_left(first):
                self._transitions.count(first, Finding.SENT_TWICE)
            return
        if other.state in UNSENT:
            if absorbs and not has_left(first) and first.state in UNSENT:
                self._absorb(first, other, now_ms)
            self._schedule.end(other, State.EXPIRED, Reason.JOINED)
        elif absorbs and not first.evidence & STRONG:
            _remember_claims(first, other)
        self._count_in(first, other, absorbs=absorbs)
        if absorbs:
            _name_both(first, other, visitors)
        if absorbs:
            self._redirect(first, other)

    def _absorb(self, first: Conversion, other: Conversion, now_ms: int) -> None:
        """Let the copies of another conversion, and what they brought, be the first one's."""
        lacked = first.lacks
        first.lacks = first.lacks & other.lacks & _EITHER | (first.lacks | other.lacks) & (CONTEST | OWNER | RESTORED)
        if other.evidence & STRONG and not first.evidence & STRONG:
            first.visitor, first.other_visitor = other.visitor, other.other_visitor
            first.evidence &= ~REPORTER
        first.granter = first.granter or other.granter
        if other.evidence & VOUCHED or not first.evidence & GRANTED:
            first.conditions |= other.conditions
            first.match |= other.match
        first.evidence |= other.evidence & ~REPORTER
        first.contested_ms = max(first.contested_ms, other.contested_ms)
        first.native_proven = first.native_proven or (other.native_proven and _fired(first, other) is not None)
        fired = (first.browser_at, _fired(first, other))
        first.browser_at = min((at for at in fired if at is not None), default=None)
        channels = dict.fromkeys([*first.channels.split("+"), *other.channels.split("+")])
        self._coverage.report(first, "+".join(channels), other.received_ms)
        first.person = first.person or other.person
        first.order_id = first.order_id or other.order_id
        self._write_set.absorbed.append((other.id, first.id))
        moved = self._write_set.payloads.get(other.id, [])
        self._write_set.payloads.setdefault(first.id, []).extend(moved)
        self._write_set.changed[first.id] = first
        self._schedule.rearrange(first, lacked, now_ms)

    def _count_in(self, first: Conversion, other: Conversion, *, absorbs: bool) -> None:
        """Let whatever comes under the other's ids belong to the first; a stranger's id is not sent."""
        self._coverage.join(other)
        other.united = first.id
        other.evidence |= APART * (not absorbs)
        self._write_set.changed[other.id] = other

    def _redirect(self, first: Conversion, other: Conversion) -> None:
        """Let the later word of the other's visit reach the first."""
        if other.visitor:
            self._write_set.watched.append((other.visitor, first.id))


def _name_both(first: Conversion, other: Conversion, visitors: Collection[bytes]) -> None:
    """Let the copies of both visits be heard, where one copy bears the tokens of both; what was sent stays as it is."""
    if first.frozen and first.evidence & STRONG:
        return
    if other.visitor != first.visitor and {first.visitor, other.visitor} <= set(visitors):
        known = b"" if first.evidence & REPORTER else first.other_visitor
        first.other_visitor, first.evidence = known or other.visitor, first.evidence & ~REPORTER


def _remember_claims(first: Conversion, other: Conversion) -> None:
    """Let the first remember what browsers claimed of another that has ended: a server's copy is weighed with it."""
    fired = _fired(first, other)
    first.evidence |= other.evidence & (BELIEVED | CLAIMED)
    first.contested_ms = max(first.contested_ms, other.contested_ms)
    first.native_proven = first.native_proven or (other.native_proven and fired is not None)
    first.browser_at = min((at for at in (first.browser_at, fired) if at is not None), default=None)


def _fired(first: Conversion, other: Conversion) -> int | None:
    """Return when TikTok's own script may have reported the other; on what a server vouches for that is a claim."""
    if other.browser_at is None or first.evidence & STRONG or not first.evidence & VOUCHED:
        return other.browser_at
    return max(other.browser_at, other.received_ms) if other.evidence & BELIEVED else None
