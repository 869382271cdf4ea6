"""What the list of the debugger is narrowed to, as it stands in an address."""

from collections.abc import Mapping
from urllib.parse import urlencode

from msgspec import Struct
from msgspec.structs import asdict

from twinbeam.core.lifecycle import SENDING, State
from twinbeam.core.names import STANDARD
from twinbeam.core.outcomes import Outcome, Reason
from twinbeam.core.pixel_counts import ConsentWord
from twinbeam.core.values import Channel, Decision, Side
from twinbeam.pipeline.accept.codes import Rejection
from twinbeam.pipeline.record.counted import OTHER
from twinbeam.web.debugger.rows import INVALID, DebuggerRow

PATH = "/debugger"
TESTS = ("", "only", "without")
NOWHERE = "none"  #: asks for those of whom nobody knows where they are

#: What became of an event, by the words of the filter.
OUTCOMES: Mapping[str, frozenset[str]] = {
    INVALID: frozenset({INVALID}),
    "dropped": frozenset({Outcome.DROPPED}),
    "duplicate": frozenset({Outcome.DUPLICATE}),
    "merged": frozenset({Outcome.MERGED}),
    "held": frozenset({State.HELD}),
    "waiting": frozenset(SENDING),
    "delivered": frozenset({State.DELIVERED}),
    "refused": frozenset({State.REFUSED}),
    "ended": frozenset({State.EXPIRED, State.WITHDRAWN, State.ERASED}),
}


class DebuggerQuestion(Struct, frozen=True):
    """What is asked for; an empty text asks for everything."""

    pixel: str = ""  #: workspace and code, with a slash between them
    event: str = ""
    side: str = ""
    channel: str = ""
    outcome: str = ""
    find: str = ""  #: an order id or event id
    tests: str = ""
    source: str = ""  #: by whom it was sent
    reason: str = ""  #: why it was turned away or waits: a reason, or the code of a rejection
    said: str = ""  #: of consent, in one word
    region: str = ""
    decision: str = ""  #: by consent

    @property
    def is_wide(self) -> bool:
        """Return whether nothing is left out."""
        return self == DebuggerQuestion()

    @property
    def is_deep(self) -> bool:
        """Return whether it asks for more than the first fields of the form do."""
        return any((self.source, self.channel, self.reason, self.said, self.region, self.decision))

    @property
    def address(self) -> str:
        """Return where the list stands."""
        return f"{PATH}{self.query()}"

    def query(self, **also: object) -> str:
        """Return it as a query, with its question mark, or an empty text."""
        said = {name: value for name, value in (asdict(self) | also).items() if value not in ("", None)}
        return f"?{urlencode(said)}" if said else ""

    def means(self, row: DebuggerRow) -> bool:
        """Return whether a row is asked for."""
        return (
            self.may_mean(row)
            and (not self.outcome or bool(OUTCOMES[self.outcome] & {row.became, row.stands}))
            and (not self.find or row.is_known_as(self.find))
            and (not self.reason or self.reason in row.reasons)
        )

    def may_mean(self, row: DebuggerRow) -> bool:
        """Return whether a row is asked for, as far as its arrival alone tells; its conversion need not be known."""
        return (
            self.pixel in ("", f"{row.workspace}/{row.pixel}")
            and self._names(row.event)
            and self.side in ("", row.side)
            and self.channel in ("", row.channel)
            and (not self.tests or row.is_test is (self.tests == "only"))
            and self.source in ("", row.source)
            and self.said in ("", row.word)
            and (not self.region or (row.seen is not None and row.region == _code(self.region)))
            and self.decision in ("", row.decision)
        )

    def _names(self, event: str) -> bool:
        if self.event == OTHER:
            return event not in STANDARD | {""}
        return self.event in ("", event)


def read_question(said: Mapping[str, str]) -> DebuggerQuestion:
    """Read what an address asks for; what it cannot ask for is left out."""
    text = {name: said.get(name, "").strip()[:256] for name in DebuggerQuestion.__struct_fields__}
    text["region"] = text["region"] if text["region"] == NOWHERE else text["region"].upper()
    allowed = {"side": {*Side}, "outcome": {*OUTCOMES}, "tests": {*TESTS}, "reason": {*Reason, *Rejection}}
    allowed |= {"said": {*ConsentWord}, "decision": {*Decision}, "channel": {*Channel}}
    return DebuggerQuestion(
        **{name: text[name] if text[name] in allowed.get(name, {text[name]}) else "" for name in text}
    )


def _code(region: str) -> str:
    return "" if region == NOWHERE else region


def read_place(said: Mapping[str, str], name: str) -> int | None:
    """Return a number of the ring, or None where an address has none."""
    text = said.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 16 else None
