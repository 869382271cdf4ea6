"""What the consent page is narrowed to, as it stands in an address, and where the rows behind its numbers are. Pure."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from msgspec import Struct
from msgspec.structs import asdict

from twinbeam.core.outcomes import Outcome
from twinbeam.core.pixel_counts import ConsentWord, Decided
from twinbeam.core.story import Narrowed
from twinbeam.core.values import Channel, Decision
from twinbeam.pipeline.record.counted import OTHER
from twinbeam.web.conversions.lists import Asked
from twinbeam.web.debugger.asked import NOWHERE, DebuggerQuestion
from twinbeam.web.pixel.consent.words import Contradiction, Word
from twinbeam.web.pixel.contract import Place
from twinbeam.web.pixel.period import Period

_LONGEST = 100
_DECISIONS: Mapping[str, Decision] = {
    Decided.ALLOWED: Decision.ALLOWED,
    Decided.WAITS: Decision.UNDECIDED,
    Decided.DROPPED: Decision.DROPPED,
}


class WordQuestion(Struct, frozen=True):
    """Which words on consent are asked for; an empty text asks for all."""

    event: str = ""
    channel: str = ""
    region: str = ""  #: `none` for those of whom nobody knows where they are
    said: str = ""

    @property
    def is_wide(self) -> bool:
        """Return whether nothing is left out."""
        return self == WordQuestion()

    def means(self, word: Word) -> bool:
        """Return whether a word is asked for."""
        return (
            self.event in ("", word.event)
            and self.channel in ("", word.channel)
            and self.region in ("", word.region or NOWHERE)
            and self.said in ("", word.said)
        )

    def query(self, **also: object) -> str:
        """Return it as a query, with its question mark."""
        return f"?{urlencode({name: text for name, text in (also | asdict(self)).items() if text})}"


def read_words_asked(said: Mapping[str, str]) -> WordQuestion:
    """Read what an address asks for; what it cannot ask for is left out."""
    text = {name: said.get(name, "").strip()[:_LONGEST] for name in WordQuestion.__struct_fields__}
    allowed = {"channel": {*Channel}, "said": {*ConsentWord}}
    return WordQuestion(**{name: text[name] if text[name] in allowed.get(name, {text[name]}) else "" for name in text})


def arrivals_of(word: Word, decided: str, place: Place) -> str:
    """Return where the debugger has the copies behind a number; empty where it cannot tell them from others."""
    if word.region == OTHER:
        return ""
    return DebuggerQuestion(
        pixel="/".join(place),
        event=word.event,
        channel=word.channel,
        region=word.region or NOWHERE,
        said=word.said,
        decision=_DECISIONS[decided],
    ).address


def rows_behind(it: Contradiction, place: Place, period: Period) -> Sequence[tuple[str, str]]:
    """Return where the rows of a contradiction are: what the list holds, and its address."""
    pixel, since = "/".join(place), period.since_day
    if it.event:
        both = Asked("", place, narrowed=Narrowed(it.event if it.event != OTHER else "", "both", since))
        server = DebuggerQuestion(pixel=pixel, event=it.event, side="server", said=it.said)
        return [("conversions that both reported", both.address()), ("the server's newest copies", server.address)]
    if it.found:
        found = Asked("", place, narrowed=Narrowed(since_day=since, found=it.found))
        return [("their conversions", found.address())]
    if it.outcome == Outcome.DROPPED:
        dropped = DebuggerQuestion(pixel=pixel, outcome=it.outcome, reason=it.reason)
        return [("the newest of them", dropped.address)]
    asked = Asked(it.outcome, place, narrowed=Narrowed(since_day=since, reason=it.reason))
    return [("their conversions", asked.address())]
