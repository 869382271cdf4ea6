"""
Where a conversion waits: among the held with a deadline, or among the ready with a due time.

A conversion is ready when it lacks nothing: it is permitted, and a purchase is confirmed in its owner's sense.
"""

from twinbeam.core.lifecycle import State
from twinbeam.core.outcomes import Reason
from twinbeam.core.values import Channel, Side, Signal
from twinbeam.pipeline.record.conversion import (
    CONFIRMATION,
    PERMISSION,
    Conversion,
    both_channels,
    conditions_of,
    reason_to_wait,
)
from twinbeam.pipeline.record.known import Known, Place, Writes
from twinbeam.pipeline.record.policy import RecordPolicy, Terms
from twinbeam.pipeline.record.standing import Stance, Standing
from twinbeam.pipeline.record.tally import Tally

_BROWSER, _SERVER = Side.BROWSER.value, Side.SERVER.value


class Waiting:
    """Moves the conversions of one transaction to where they wait, and counts each move."""

    def __init__(self, known: Known, writes: Writes, tally: Tally, policy: RecordPolicy) -> None:
        self._known = known
        self._writes = writes
        self._tally = tally
        self._policy = policy

    def terms_of(self, place: Signal | Conversion) -> Terms:
        """Give the terms of a pixel."""
        return self._policy.terms_of(place.workspace, place.pixel)

    def satisfy(self, conversion: Conversion, signal: Signal, standing: Standing) -> None:
        """Note what a copy brings of what is lacking, on which conditions, and what it says of TikTok's own script."""
        if standing.stance is Stance.ALLOWED:
            conversion.lacks &= ~PERMISSION
        if self.terms_of(signal).confirmed_by(signal):
            conversion.lacks &= ~CONFIRMATION
        conversion.match |= signal.match
        conversion.conditions |= conditions_of(standing, conversion.event_source)
        if signal.channel is Channel.BROWSER and signal.native not in ("blocked", "not_fired"):
            conversion.native_proven = conversion.native_proven or signal.native == "sent"
            fired = min(signal.event_time * 1_000, signal.received_ms)
            conversion.browser_at = fired if conversion.browser_at is None else min(conversion.browser_at, fired)

    def admit(self, conversion: Conversion, signal: Signal, standing: Standing) -> None:
        """Let a conversion that nobody waits for begin to wait, by what its first copy brings."""
        conversion.lacks, conversion.since_ms = PERMISSION | CONFIRMATION, signal.received_ms
        self.satisfy(conversion, signal, standing)
        if conversion.lacks:
            conversion.state, conversion.reason = State.HELD, reason_to_wait(conversion.lacks)
            conversion.due_ms = self._policy.holding.ends_ms(signal.received_ms, conversion.browser_at)
            self._writes.held.add(conversion.id)
        else:
            conversion.state, conversion.reason = State.READY, ""
            conversion.due_ms = self._due_ms(conversion, signal.received_ms)
        self._writes.scheduled[conversion.id] = conversion
        self._tally.state(conversion, 1)

    def rearrange(self, conversion: Conversion, lacked: int, now_ms: int) -> None:
        """Move an unsent conversion on by what a further copy, or a word on consent, has brought it."""
        if conversion.lacks != lacked:
            self._advance(conversion, now_ms)
        elif conversion.state is State.READY and both_channels(conversion.channels) and conversion.due_ms > now_ms:
            self._schedule(conversion, now_ms)

    def permit(self, conversion: Conversion, basis: str) -> None:
        """Let the visit's grant reach a conversion that waits for it."""
        lacked, conversion.lacks = conversion.lacks, conversion.lacks & ~PERMISSION
        if conversion.lacks != lacked:
            conversion.consent = basis
            self._advance(conversion, conversion.received_ms)

    def send_again(self, conversion: Conversion, now_ms: int) -> None:
        """Schedule a second word about a delivered conversion."""
        self._tally.state(conversion, -1)
        conversion.state, conversion.reason = State.READY, ""
        conversion.enriched, conversion.due_ms = True, now_ms
        self._tally.state(conversion, 1)
        self._writes.scheduled[conversion.id] = conversion

    def end(self, conversion: Conversion, state: State, reason: Reason | None) -> None:
        """End a conversion that waits or waited in vain; its payload goes."""
        self._leave(conversion)
        self._tally.state(conversion, -1)
        conversion.state, conversion.reason = state, reason or ""
        self._tally.state(conversion, 1)
        self._writes.changed[conversion.id] = conversion
        self._writes.payloads.pop(conversion.id, None)
        self._writes.held.discard(conversion.id)
        self._writes.released.discard(conversion.id)
        self._writes.purged.add(conversion.id)

    def _advance(self, conversion: Conversion, now_ms: int) -> None:
        if not conversion.lacks:
            self._release(conversion, now_ms)
            return
        self._tally.state(conversion, -1)
        conversion.reason = reason_to_wait(conversion.lacks)  # and the deadline stays: it is never extended
        self._tally.state(conversion, 1)
        self._writes.changed[conversion.id] = conversion

    def _release(self, conversion: Conversion, now_ms: int) -> None:
        self._leave(conversion)
        self._tally.state(conversion, -1)
        conversion.state, conversion.reason = State.READY, ""
        self._tally.state(conversion, 1)
        self._writes.held.discard(conversion.id)
        self._writes.released.add(conversion.id)
        self._enter(conversion, now_ms)

    def _schedule(self, conversion: Conversion, now_ms: int) -> None:
        self._leave(conversion)
        self._enter(conversion, now_ms)

    def _enter(self, conversion: Conversion, now_ms: int) -> None:
        conversion.due_ms = self._due_ms(conversion, now_ms)
        self._writes.scheduled[conversion.id] = conversion
        self._writes.changed[conversion.id] = conversion

    def _leave(self, conversion: Conversion) -> None:
        if conversion.state is not State.EXPIRED:
            place = Place(conversion, conversion.due_ms, held=conversion.state is State.HELD)
            self._writes.unscheduled.setdefault(conversion.id, place)
        self._writes.scheduled.pop(conversion.id, None)

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
        """Tell whether both sides have reported to this pixel lately, so that a second copy is to be expected."""
        since, seen = now_ms - self._policy.window.seen_within_ms, self._known.last_seen
        workspace, pixel = conversion.workspace, conversion.pixel
        return seen.get((workspace, pixel, _BROWSER), 0) >= since and seen.get((workspace, pixel, _SERVER), 0) >= since
