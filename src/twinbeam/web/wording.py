"""The words and numbers that people read: sentences for every state, money, durations and times in UTC."""

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal

from twinbeam.core.lifecycle import State
from twinbeam.core.money import decimal_places
from twinbeam.core.outcomes import Finding, Reason
from twinbeam.core.story import Attempt, Story
from twinbeam.core.wording import duration, moment_of

STATE_SENTENCES: Mapping[State, str] = {
    State.DROPPED: "Not sent; only its key is stored.",
    State.HELD: "Held until consent or shop confirmation comes; without it nothing is sent.",
    State.READY: "Will be sent to TikTok.",
    State.LEASED: "Sent to TikTok; no answer yet.",
    State.WAITING: "The last attempt failed; it will be retried.",
    State.DELIVERED: "Accepted by TikTok.",
    State.REFUSED: "Rejected by TikTok; kept as a dead letter.",
    State.EXPIRED: "Not sent; it is too late to send it safely.",
    State.WITHDRAWN: "The visitor declined before it was delivered; its content is deleted.",
    State.ERASED: "Erased on request; its content is deleted.",
}

#: What the attempt log writes about a request, for people.
ATTEMPT_WORDS: Mapping[str, str] = {
    "leased": "sent, no answer yet",
    "delivered": "accepted",
    "try later": "will be retried",
    "refused": "rejected",
    "split": "rejected as a batch; its parts were sent separately",
    "expired": "too late to send again",
}


def state_word(state: str) -> str:
    """Return what pages call a state: "waiting" is said of all that is to be sent."""
    return "to retry" if state == State.WAITING else state


def state_sentence(state: str) -> str:
    """Return what a state means for the conversion."""
    return STATE_SENTENCES[State(state)]


def reason_sentence(reason: str) -> str:
    """Return why, or an empty text where there is no reason."""
    return Reason(reason).sentence if reason else ""


def finding_sentence(finding: str) -> str:
    """Return what copies were found to disagree about."""
    return Finding(finding).sentence


def why(story: Story) -> str:
    """
    Return the one sentence that explains where a conversion stands: its reason, else its state.

    Where it has a due time, `due_words` and the time go on from it.
    """
    if story.due_ms is not None and not story.reason and story.state in _BEFORE_DUE:
        return _BEFORE_DUE[State(story.state)]
    return reason_sentence(story.reason) or state_sentence(story.state)


def due_words(story: Story) -> str:
    """Return what stands before a conversion's due time, such as " at"."""
    if story.state == State.HELD:
        return " Held until"
    return " at" if not story.reason and story.state in _BEFORE_DUE else " Will be sent at"


#: Sentences that the due time completes.
_BEFORE_DUE: Mapping[State, str] = {State.READY: "Will be sent", State.WAITING: "Retry"}


def last_failure(log: Sequence[Attempt], access_codes: Collection[int]) -> str:
    """Return what went wrong with the last attempt, or an empty text where there was none."""
    if not log or log[-1].answered_ms is None:
        return ""
    answer = log[-1]
    if answer.code in access_codes:
        return "TikTok rejected the token."
    if not answer.status:
        return "TikTok did not answer."
    return f"TikTok answered: {answer.message.rstrip('.')}." if answer.message else "TikTok did not accept it."


def amount(minor: int | None, currency: str) -> Decimal | None:
    """Return an amount in the currency's own unit with all its decimals, or None where it is not known."""
    if minor is None or not currency:
        return None
    return Decimal(minor).scaleb(-decimal_places(currency))


def money(story: Story) -> str:
    """Write a conversion's value for people, or nothing."""
    value = amount(story.value_minor, story.currency)
    return "" if value is None else f"{value:,} {story.currency}"


def lapse(ms: int) -> str:
    """Write how long a request took."""
    return f"{ms} ms" if ms < 1_000 else duration(ms / 1_000)


def iso(ms: int) -> str:
    """Write a time for machines, with milliseconds."""
    return moment_of(ms).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def time_of_day(ms: int) -> str:
    """Write the hour of a time, to the second."""
    return f"{moment_of(ms):%H:%M:%S}"


def date(ms: int) -> str:
    """Write the day of a time."""
    moment = moment_of(ms)
    return f"{moment.day} {moment:%b %Y}"
