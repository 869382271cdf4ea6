"""The story of one conversion in the order in which it happened. Pure; the page shows it line by line."""

from collections.abc import Iterator

from msgspec import Struct

from twinbeam.core.lifecycle import State
from twinbeam.core.story import Attempt, CopySeen, Story
from twinbeam.core.values import Channel
from twinbeam.web.wording import ATTEMPT_WORDS, reason_sentence, state_sentence

_BY_ITSELF = (State.EXPIRED, State.WITHDRAWN, State.ERASED)


class Moment(Struct, frozen=True):
    """Something that happened to a conversion, or will."""

    at_ms: int
    what: str
    detail: str = ""
    side: str = ""  #: browser, server, or empty where neither did it
    is_next: bool = False


def timeline(story: Story) -> list[Moment]:
    """Return everything that is known of a conversion, the earliest first; what is to come stands last."""
    moments = [Moment(story.event_time * 1_000, "Happened"), *_copies(story), *_attempts(story), *_end(story)]
    return [*sorted(moments, key=lambda moment: moment.at_ms), *_next(story)]


def _copies(story: Story) -> Iterator[Moment]:
    sent_ms = min((attempt.at_ms for attempt in story.log), default=None)
    for place, copy in enumerate(story.copies):
        side = Channel(copy.channel).side if copy.channel in list(Channel) else ""
        yield Moment(copy.received_ms, _copy_words(copy, place, sent_ms), _copy_detail(copy), side)


def _copy_words(copy: CopySeen, place: int, sent_ms: int | None) -> str:
    what = f"{copy.channel.capitalize()} copy from {copy.source}"
    if not place:
        return what
    late = sent_ms is not None and copy.received_ms > sent_ms
    return f"{what}, after the event was sent" if late else f"{what}, joined"


def _copy_detail(copy: CopySeen) -> str:
    differs = f"; differs: {copy.differs}" if copy.differs else ""
    return f"consent {copy.consent or 'not said'}{differs}"


def _attempts(story: Story) -> Iterator[Moment]:
    was_accepted = False
    for number, attempt in enumerate(story.log, start=1):
        again = " once more, with added match keys" if was_accepted else f", attempt {number}" if number > 1 else ""
        yield Moment(attempt.at_ms, f"Sent to TikTok{again}")
        if attempt.answered_ms is not None:
            yield Moment(attempt.answered_ms, f"TikTok: {_answer(attempt)}", _answer_detail(attempt))
        was_accepted = was_accepted or attempt.state == State.DELIVERED


def _answer(attempt: Attempt) -> str:
    if attempt.status == 0:
        return "no answer"
    return ATTEMPT_WORDS.get(attempt.state, attempt.state)


def _answer_detail(attempt: Attempt) -> str:
    parts = [f"code {attempt.code}"] if attempt.code is not None else []
    parts += [attempt.message] if attempt.message else []
    parts += [f"request {attempt.request_id}"] if attempt.request_id else []
    return " · ".join(parts)


def _end(story: Story) -> Iterator[Moment]:
    """Yield how it ended, where no answer of TikTok's says so."""
    if story.state in _BY_ITSELF:
        why = reason_sentence(story.reason) or state_sentence(story.state)
        last_ms = max((copy.received_ms for copy in story.copies), default=story.received_ms)  # which ended it
        yield Moment(last_ms if story.settled_ms is None else story.settled_ms, story.state.capitalize(), why)
    if story.state == State.DROPPED:
        yield Moment(story.received_ms, "Dropped", reason_sentence(story.reason))


def _next(story: Story) -> Iterator[Moment]:
    if story.due_ms is not None:
        what = "Held until then" if story.state == State.HELD else "Will be sent"
        yield Moment(story.due_ms, what, reason_sentence(story.reason), is_next=True)
