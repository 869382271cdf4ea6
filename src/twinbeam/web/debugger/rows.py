"""One row of the debugger: an event that was recorded, or one that was rejected before that."""

from collections.abc import Iterable, Mapping

from msgspec import Struct

from twinbeam.core.lifecycle import State
from twinbeam.core.outcomes import SENTENCES, Outcome, Reason
from twinbeam.core.rejections import RejectedEvent
from twinbeam.core.sightings import OPENED, Seen
from twinbeam.core.story import Story
from twinbeam.core.values import Decision
from twinbeam.pipeline.record.beside import region_of, said
from twinbeam.web.wording import reason_sentence, state_sentence

INVALID = "invalid"
#: Of what the visitor refused or has not permitted yet nothing is told but the reason and the evidence.
_REFUSED = frozenset({State.DROPPED, State.WITHDRAWN, State.ERASED})
_UNPERMITTED = frozenset({Reason.CONSENT_NOT_SAID, Reason.CONSENT_NEVER_SAID, Reason.CONSENT_CONTESTED})
#: Why an arrival is dropped by what a visitor said; by any other reason it was, whatever they said.
_OF_CONSENT = frozenset({Reason.NO_CONSENT, Reason.DENIED_BY_ANOTHER_COPY, *_UNPERMITTED})


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
    def reasons(self) -> frozenset[str]:
        """Return why it was turned away, or why its conversion stands where it does."""
        own = self.seen.sighting.reason if self.seen is not None else ""
        standing = self.story.reason if self.story is not None and self.stands else ""
        return frozenset({own, standing, self.rejected.code if self.rejected is not None else ""}) - {""}

    @property
    def ended_by(self) -> Reason | None:
        """Return what dropped it whatever the visitor said, such as a foreign host; None where consent decided."""
        it = self.seen.sighting if self.seen is not None else None
        if it is None or it.decision != Decision.DROPPED or not it.reason or it.reason in _OF_CONSENT:
            return None
        return Reason(it.reason)

    @property
    def word(self) -> str:
        """Return in one word what it said of consent; empty where nobody asked."""
        it = self.seen.sighting if self.seen is not None else None
        if it is None or self.ended_by is not None:
            return ""
        return said(it.consent, is_refused=it.reason == Reason.NO_CONSENT)

    @property
    def region(self) -> str:
        """Return where its visitor is, empty where nobody knows."""
        return region_of(self.seen.sighting.consent) if self.seen is not None else ""

    @property
    def decision(self) -> str:
        """Return what was decided by consent; empty where nobody asked."""
        return self.seen.sighting.decision if self.seen is not None and self.ended_by is None else ""

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
