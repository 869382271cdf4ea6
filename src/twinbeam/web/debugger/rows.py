"""One row of the debugger: an event that was recorded, or one that was rejected before that."""

from collections.abc import Iterable, Mapping

from msgspec import Struct

from twinbeam.core.lifecycle import State
from twinbeam.core.outcomes import SENTENCES, Outcome, Reason
from twinbeam.core.rejections import RejectedEvent
from twinbeam.core.sightings import OPENED, Seen
from twinbeam.core.story import Story
from twinbeam.web.wording import reason_sentence, state_sentence

INVALID = "invalid"
#: Of what the visitor refused or has not permitted yet nothing is told but the reason and the evidence.
_REFUSED = frozenset({State.DROPPED, State.WITHDRAWN, State.ERASED})
_UNPERMITTED = frozenset({Reason.CONSENT_NOT_SAID, Reason.CONSENT_NEVER_SAID, Reason.CONSENT_CONTESTED})


class DebuggerRow(Struct, frozen=True):
    """What the list tells of one event."""

    key: str  #: its permalink's last part
    at_ms: int
    workspace: str
    pixel: str
    event: str
    side: str
    channel: str
    source: str
    became: str  #: opened, merged, duplicate, dropped or invalid
    why: str
    seen: Seen | None = None
    story: Story | None = None  #: its conversion as it stands now
    rejected: RejectedEvent | None = None
    is_test: bool = False

    @property
    def number(self) -> int:
        """Its place in the ring; 0 where it is not in it."""
        return 0 if self.seen is None else self.seen.number

    @property
    def stands(self) -> str:
        """The state of the conversion that it is a copy of, where it went into it."""
        return self.story.state if self.story is not None and self.became in (OPENED, Outcome.MERGED) else ""

    @property
    def shown(self) -> str:
        """The word for what became of it."""
        return self.stands or self.became

    @property
    def label(self) -> str:
        """What people know it by."""
        if self.story is None:
            return self.rejected.field if self.rejected is not None else ""
        return f"order {self.story.order_id}" if self.story.order_id else self.story.event_id

    @property
    def is_open(self) -> bool:
        """Return whether more than reason and evidence may be told of it."""
        story = self.story
        if story is None or self.became == Outcome.DROPPED:
            return False
        return story.state not in _REFUSED and story.reason not in _UNPERMITTED

    @property
    def version(self) -> tuple[str, str, int | None]:
        """Return what tells one look of it from the next."""
        story = self.story
        return (self.shown, "", None) if story is None else (self.shown, story.reason, story.due_ms)

    def is_known_as(self, text: str) -> bool:
        """Return whether its order id or event id is this one."""
        return self.story is not None and text in (self.story.order_id, self.story.event_id)


def row_of(seen: Seen, story: Story | None) -> DebuggerRow:
    """Return the row of what was recorded; `story` is its conversion as it stands now, where there is one."""
    it = seen.sighting
    return DebuggerRow(
        key=str(seen.number),
        at_ms=it.at_ms,
        workspace=seen.workspace,
        pixel=seen.pixel,
        event=it.event,
        side=seen.side,
        channel=it.channel,
        source=it.source,
        became=it.became,
        why=_why(seen, story),
        seen=seen,
        story=story,
        is_test=it.is_test,
    )


def rejected_row(one: RejectedEvent) -> DebuggerRow:
    """Return the row of what was rejected on arrival."""
    more = f" {one.more} more events of this request were rejected." if one.more else ""
    return DebuggerRow(
        key=one.number,
        at_ms=one.at_ms,
        workspace=one.workspace,
        pixel=one.pixel,
        event="",
        side=one.side,
        channel=one.channel,
        source=one.source,
        became=INVALID,
        why=f"{one.message}{more}",
        rejected=one,
    )


def rows_of(seen: Iterable[Seen], stories: Mapping[int, Story]) -> list[DebuggerRow]:
    """Return the rows of some sightings."""
    return [row_of(it, stories.get(it.sighting.conversion)) for it in seen]


def _why(seen: Seen, story: Story | None) -> str:
    it = seen.sighting
    if it.became == Outcome.DROPPED:
        return SENTENCES[Reason(it.reason)] if it.reason else ""
    if it.became == Outcome.DUPLICATE:
        return "Counted once: its conversion was already on its way or had ended."
    if story is None:
        return "Its conversion is not stored any more."
    told = reason_sentence(story.reason) or state_sentence(story.state)
    return f"Joined another copy. {told}" if it.became == Outcome.MERGED else told
