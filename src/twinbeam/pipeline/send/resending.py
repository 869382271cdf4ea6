"""May a dead letter be sent again? Pure: its owner decides that it should, this decides whether it can."""

from collections.abc import Iterable

from twinbeam.core.dead_letters import DeadLetter, ResendPreview
from twinbeam.core.delivery import Lane
from twinbeam.core.outcomes import Reason
from twinbeam.core.rules import PixelRules
from twinbeam.pipeline.send.limits import Ages, ended_test


def why_not(letter: DeadLetter, rules: PixelRules, ages: Ages, now_ms: int) -> Reason | None:
    """
    Return why a dead letter must stay one, or None if it may be sent again.

    Where TikTok certainly took nothing of it, only its age counts; else it may be there already, and the windows of
    any other attempt hold.
    """
    if letter.is_united:
        return Reason.JOINED
    if letter.is_contested:
        return Reason.CONSENT_CONTESTED
    if not letter.is_kept:
        return Reason.PAYLOAD_LOST
    if ended := ended_test(_lane(letter), rules, now_ms):
        return ended
    ours = None if letter.never_taken else letter.maybe_at
    return ages.reason_to_end(letter.since_ms, ours, letter.browser_at, now_ms, proven=letter.is_proven)


def goes_anew(letter: DeadLetter) -> bool:
    """
    Return whether a dead letter that is sent again is shaped by the rules of today.

    Where TikTok certainly took nothing of it, no other bytes are known there under its id. Else it goes as it was.
    """
    return letter.never_taken


def previewed(letters: Iterable[tuple[DeadLetter, Reason | None, int]]) -> ResendPreview:
    """Add up what sending some dead letters again would do, from how many there are of each."""
    sendable, anew, left, value = 0, 0, dict[str, int](), dict[str, int]()
    for letter, reason, count in letters:
        if reason is not None:
            left[reason] = left.get(reason, 0) + count
            continue
        sendable += count
        anew += count if goes_anew(letter) else 0
        if letter.value_minor is not None:
            value[letter.currency] = value.get(letter.currency, 0) + letter.value_minor * count
    return ResendPreview(sendable, left, value, anew)


def _lane(letter: DeadLetter) -> Lane:
    return Lane(0, letter.workspace, letter.event_source, letter.pixel, letter.test_code)
