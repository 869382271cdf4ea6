"""
Where a conversion waits: among the held with a deadline, or among the ready with a due time.

A conversion is ready when it lacks nothing: it is permitted, a purchase is confirmed in its owner's sense, and nobody
contests it.
"""

from twinbeam.core.clock import MS_PER_DAY
from twinbeam.core.lifecycle import State
from twinbeam.core.outcomes import Reason
from twinbeam.core.values import Channel, Side, Signal
from twinbeam.pipeline.record.arriving import Arriving
from twinbeam.pipeline.record.confirming import is_awaited
from twinbeam.pipeline.record.conversion import (
    CLAIMED,
    CONFIRMATION,
    CONTEST,
    GRANTED,
    OWNER,
    PERMISSION,
    RESTORED,
    SILENT,
    VOUCHED,
    Conversion,
    both_channels,
    conditions_of,
    is_proven,
    reason_to_wait,
)
from twinbeam.pipeline.record.counters import Counters
from twinbeam.pipeline.record.effective_consent import ConsentStatus
from twinbeam.pipeline.record.policy import RecordPolicy, Terms
from twinbeam.pipeline.record.read_set import ReadSet
from twinbeam.pipeline.record.relation import Relation
from twinbeam.pipeline.record.vouching import hand_over, is_believed, outdoes, vouch
from twinbeam.pipeline.record.write_set import Place, WriteSet

_BROWSER, _SERVER = Side.BROWSER.value, Side.SERVER.value
_UNSCHEDULED = frozenset({State.EXPIRED, State.REFUSED})
_OWNER_DAYS = 7  #: for its owner to look at a number that was used twice; TikTok takes no older event


class Schedule:
    """Moves the conversions of one transaction to where they wait, and counts each move."""

    def __init__(self, read_set: ReadSet, write_set: WriteSet, counters: Counters, policy: RecordPolicy) -> None:
        self._read_set = read_set
        self._write_set = write_set
        self._counters = counters
        self._policy = policy

    def terms_of(self, place: Signal | Conversion) -> Terms:
        """Return the terms of a pixel."""
        return self._policy.terms_of(place.workspace, place.pixel)

    def is_confirmed(self, signal: Signal) -> bool:
        """Return whether a copy says that a purchase took place, in its owner's sense."""
        awaited = signal.event == "Purchase" and is_awaited(self._read_set.confirming, signal)
        return self.terms_of(signal).confirmed_by(signal, awaited=awaited)

    def satisfy(self, conversion: Conversion, it: Arriving) -> None:
        """Note what a copy brings of what is lacking, on which conditions, and what it says of TikTok's own script."""
        signal, effective = it.signal, it.effective
        if signal.channel.side is Side.SERVER:
            vouch(conversion, it, after_browser_ms=self._policy.holding.after_browser_ms)
        else:
            conversion.evidence |= it.belief
        if effective.status is ConsentStatus.ALLOWED:
            self._permitted(conversion, it)
        if self.is_confirmed(signal):
            conversion.lacks &= ~CONFIRMATION
        if is_believed(it.relation):
            conversion.match |= signal.match
        if is_believed(it.relation) or not conversion.evidence & GRANTED:
            conversion.conditions |= conditions_of(effective, conversion.event_source)
        if signal.channel is Channel.BROWSER and signal.native not in SILENT:
            self._fired(conversion, it)

    def admit(self, conversion: Conversion, it: Arriving) -> None:
        """Let a conversion that nobody waits for begin to wait, by what its first copy brings."""
        received_ms = it.signal.received_ms
        conversion.lacks = PERMISSION | CONFIRMATION | conversion.lacks & (OWNER | RESTORED)
        if self._policy.may_double(conversion.event_time, received_ms):
            conversion.lacks |= RESTORED
        if conversion.contested_ms and not _is_of_a_visit(conversion, it):
            conversion.lacks |= CONTEST
        conversion.since_ms = received_ms
        self.satisfy(conversion, it)
        if conversion.lacks:
            self._await(conversion, received_ms)
        else:
            conversion.state, conversion.reason = State.READY, ""
            conversion.due_ms = self._due_ms(conversion, received_ms)
        self._write_set.scheduled[conversion.id] = conversion
        self._counters.state(conversion, 1)

    def begin_anew(self, conversion: Conversion, it: Arriving) -> None:
        """Let what waits on the word of strangers wait on the word of this copy alone."""
        self._leave(conversion)
        self._counters.state(conversion, -1)
        was_held = conversion.state is State.HELD
        self.admit(conversion, it)
        if was_held and conversion.state is State.READY:
            self._write_set.released.add(conversion.id)

    def rearrange(self, conversion: Conversion, lacked: int, now_ms: int) -> None:
        """Move an unsent conversion on by what a further copy, or a word on consent, has brought it."""
        if conversion.lacks != lacked:
            self._advance(conversion, now_ms)
        elif conversion.state is State.HELD:
            self._wait_for_outcome(conversion)
        elif conversion.state is State.READY and both_channels(conversion.channels) and conversion.due_ms > now_ms:
            self._plan(conversion, now_ms)

    def permit(self, conversion: Conversion, basis: str, granter: bytes, *, own: bool) -> None:
        """Let a visit's grant reach a conversion that waits for it; its `own` visit's frees the server's copy too."""
        lacked, conversion.lacks = conversion.lacks, conversion.lacks & ~PERMISSION
        if own and conversion.evidence & VOUCHED:
            conversion.evidence |= GRANTED
        if conversion.lacks != lacked:
            conversion.consent = basis
            _granted_by(conversion, granter, own=own)
            self._advance(conversion, conversion.received_ms)

    def release_by_owner(self, conversion: Conversion, now_ms: int, *, of: int = OWNER) -> None:
        """Let go what waits for its owner's word alone, or let it wait for the rest."""
        lacked, conversion.lacks = conversion.lacks, conversion.lacks & ~of
        if conversion.state is State.HELD and conversion.lacks != lacked:
            self._advance(conversion, now_ms)

    def hold_restored(self, conversion: Conversion, now_ms: int) -> None:
        """Hold what came back with an old backup and waited to be sent, until its owner decides."""
        if conversion.state in (State.READY, State.WAITING):
            conversion.lacks |= RESTORED
            self._advance(conversion, now_ms)

    def contest(self, conversion: Conversion, now_ms: int) -> None:
        """Hold a conversion because a visit that nothing ties to it refused it; a dead letter is not sent again."""
        lacked, conversion.lacks = conversion.lacks, conversion.lacks | CONTEST
        conversion.contested_ms = max(conversion.contested_ms, now_ms)
        self._write_set.changed[conversion.id] = conversion
        if conversion.lacks != lacked and conversion.state is not State.REFUSED:
            self._advance(conversion, now_ms)

    def send_again(self, conversion: Conversion, now_ms: int) -> None:
        """Schedule an enrichment of a delivered conversion."""
        self._counters.state(conversion, -1)
        conversion.state, conversion.reason = State.READY, ""
        conversion.enriched, conversion.due_ms = True, now_ms
        self._counters.state(conversion, 1)
        self._write_set.scheduled[conversion.id] = conversion

    def resend(self, conversion: Conversion, now_ms: int) -> None:
        """Schedule anew what TikTok refused and its owner wants sent again."""
        self._counters.state(conversion, -1)
        conversion.state, conversion.reason, conversion.due_ms = State.READY, "", now_ms
        self._counters.state(conversion, 1)
        self._write_set.scheduled[conversion.id] = conversion
        self._write_set.changed[conversion.id] = conversion

    def end(self, conversion: Conversion, state: State, reason: Reason | None) -> None:
        """End a conversion that waits or waited in vain; its payload goes."""
        self._leave(conversion)
        self._counters.state(conversion, -1)
        conversion.state, conversion.reason = state, reason or ""
        self._counters.state(conversion, 1)
        if state is State.DELIVERED:
            self._counters.coverage.delivered(conversion, 1)
        self._write_set.changed[conversion.id] = conversion
        self._write_set.payloads.pop(conversion.id, None)
        self._write_set.held.discard(conversion.id)
        self._write_set.released.discard(conversion.id)
        self._write_set.purged.add(conversion.id)

    def _permitted(self, conversion: Conversion, it: Arriving) -> None:
        vouched = it.signal.channel.side is Side.SERVER
        if conversion.lacks & PERMISSION and not vouched:
            _granted_by(conversion, it.visitor, own=it.relation is Relation.OWN)
        conversion.lacks &= ~PERMISSION
        if vouched or (it.relation is Relation.OWN and conversion.evidence & VOUCHED):
            conversion.evidence |= GRANTED
        if vouched and outdoes(it.signal, conversion.contested_ms):
            conversion.lacks &= ~CONTEST
            conversion.browser_at, conversion.native_proven, conversion.contested_ms = None, False, 0

    def _fired(self, conversion: Conversion, it: Arriving) -> None:
        """
        Note when TikTok's own script may have reported it first.

        A claim is dated by its receipt, since its age is the claimant's word. It counts only where it says `sent`, and
        only until the conversion's own visit tells more.
        """
        signal = it.signal
        fired = min(signal.event_time * 1_000, signal.received_ms)
        if it.relation is not Relation.OWN:
            is_told = conversion.native_proven and not conversion.evidence & CLAIMED
            if signal.native != "sent" or not it.believed or is_told:
                return
            fired = signal.received_ms
            conversion.evidence |= CLAIMED
        elif conversion.evidence & CLAIMED:
            conversion.browser_at = None
            conversion.evidence &= ~CLAIMED
        conversion.native_proven = conversion.native_proven or signal.native == "sent"
        conversion.browser_at = fired if conversion.browser_at is None else min(conversion.browser_at, fired)

    def _advance(self, conversion: Conversion, now_ms: int) -> None:
        if not conversion.lacks:
            self._release(conversion, now_ms)
            return
        if conversion.state is not State.HELD:
            self._hold(conversion, now_ms)
            return
        self._counters.state(conversion, -1)
        conversion.reason = reason_to_wait(conversion.lacks)  # and the deadline stays, but for an order's outcome
        self._counters.state(conversion, 1)
        self._write_set.changed[conversion.id] = conversion
        self._wait_for_outcome(conversion)

    def _hold(self, conversion: Conversion, now_ms: int) -> None:
        """Hold what was ready; its payload is sealed under a key of its own from now on."""
        self._leave(conversion)
        self._counters.state(conversion, -1)
        self._await(conversion, now_ms)
        self._counters.state(conversion, 1)
        self._write_set.released.discard(conversion.id)
        self._write_set.payloads.setdefault(conversion.id, [])
        self._write_set.scheduled[conversion.id] = conversion
        self._write_set.changed[conversion.id] = conversion

    def _await(self, conversion: Conversion, now_ms: int) -> None:
        conversion.state, conversion.reason = State.HELD, reason_to_wait(conversion.lacks)
        if conversion.lacks & (OWNER | RESTORED):
            conversion.due_ms = now_ms + _OWNER_DAYS * MS_PER_DAY
        elif _awaits_outcome(conversion):
            conversion.due_ms = self._outcome_due_ms(conversion)
        else:
            conversion.due_ms = self._policy.holding.ends_ms(now_ms, _seen_at(conversion))
        self._write_set.held.add(conversion.id)

    def _wait_for_outcome(self, conversion: Conversion) -> None:
        """Let what is permitted, and only awaits what becomes of its order, wait as long as its owner says."""
        if not _awaits_outcome(conversion) or self._outcome_due_ms(conversion) <= conversion.due_ms:
            return
        self._leave(conversion)
        conversion.due_ms = self._outcome_due_ms(conversion)
        self._write_set.scheduled[conversion.id] = conversion
        self._write_set.changed[conversion.id] = conversion

    def _outcome_due_ms(self, conversion: Conversion) -> int:
        wait_ms = self.terms_of(conversion).rules.purchase_expires_days * MS_PER_DAY
        return self._policy.holding.ends_ms(conversion.since_ms, _seen_at(conversion), wait_ms)

    def _release(self, conversion: Conversion, now_ms: int) -> None:
        self._leave(conversion)
        self._counters.state(conversion, -1)
        conversion.state, conversion.reason = State.READY, ""
        self._counters.state(conversion, 1)
        if now_ms - conversion.since_ms > self._policy.holding.wait_ms:
            conversion.since_ms = now_ms  # it counts from its outcome
        self._write_set.held.discard(conversion.id)
        self._write_set.released.add(conversion.id)
        self._enter(conversion, now_ms)

    def _plan(self, conversion: Conversion, now_ms: int) -> None:
        self._leave(conversion)
        self._enter(conversion, now_ms)

    def _enter(self, conversion: Conversion, now_ms: int) -> None:
        conversion.due_ms = self._due_ms(conversion, now_ms)
        self._write_set.scheduled[conversion.id] = conversion
        self._write_set.changed[conversion.id] = conversion

    def _leave(self, conversion: Conversion) -> None:
        if conversion.state not in _UNSCHEDULED:
            place = Place(conversion, conversion.due_ms, held=conversion.state is State.HELD)
            self._write_set.unscheduled.setdefault(conversion.id, place)
        self._write_set.scheduled.pop(conversion.id, None)

    def _due_ms(self, conversion: Conversion, now_ms: int) -> int:
        window = self._policy.window
        awaited = conversion.native_proven or conversion.event in window.events
        if not awaited or both_channels(conversion.channels) or not self._two_sided(conversion, now_ms):
            return now_ms
        if conversion.native_proven and conversion.browser_at is not None:
            wait_ms = self.terms_of(conversion).rules.native_wait_seconds * 1_000
            return max(now_ms, min(conversion.browser_at, now_ms) + wait_ms)
        return now_ms + window.wait_ms

    def _two_sided(self, conversion: Conversion, now_ms: int) -> bool:
        """Return whether both sides have reported to this pixel lately, so that a second copy is to be expected."""
        since, seen = now_ms - self._policy.window.seen_within_ms, self._read_set.last_seen
        workspace, pixel = conversion.workspace, conversion.pixel
        return seen.get((workspace, pixel, _BROWSER), 0) >= since and seen.get((workspace, pixel, _SERVER), 0) >= since


def _awaits_outcome(conversion: Conversion) -> bool:
    """Return whether nothing but the outcome is lacking of an order that the shop's server told of."""
    return conversion.lacks == CONFIRMATION and bool(conversion.evidence & VOUCHED)


def _seen_at(conversion: Conversion) -> int | None:
    """Return when TikTok's own script may have reported it, as far as that is more than a claim."""
    return conversion.browser_at if is_proven(conversion.evidence) else None


def _is_of_a_visit(conversion: Conversion, it: Arriving) -> bool:
    """Return whether a visit reports what no server vouches for: another visit's refusal does not hold it."""
    return bool(it.visitor) and it.signal.channel is Channel.BROWSER and not conversion.evidence & VOUCHED


def _granted_by(conversion: Conversion, granter: bytes, *, own: bool) -> None:
    """Note which visit permits a conversion: where no server vouches for it, the granter's own copy goes out."""
    conversion.granter = granter
    if not own and not conversion.evidence & VOUCHED:
        hand_over(conversion, granter)
