"""What the list of the debugger is narrowed to, as it stands in an address."""

from collections.abc import Mapping
from urllib.parse import urlencode

from msgspec import Struct
from msgspec.structs import asdict

from twinbeam.core.lifecycle import SENDING, State
from twinbeam.core.outcomes import Outcome
from twinbeam.core.values import Side
from twinbeam.web.debugger.rows import INVALID, DebuggerRow

PATH = "/debugger"
TESTS = ("", "only", "without")

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
    outcome: str = ""
    find: str = ""  #: an order id or event id
    tests: str = ""

    @property
    def is_wide(self) -> bool:
        """Return whether nothing is left out."""
        return self == DebuggerQuestion()

    def query(self, **also: object) -> str:
        """Return it as a query, with its question mark, or an empty text."""
        said = {name: value for name, value in (asdict(self) | also).items() if value not in ("", None)}
        return f"?{urlencode(said)}" if said else ""

    def means(self, row: DebuggerRow) -> bool:
        """Return whether a row is asked for."""
        return (
            self.pixel in ("", f"{row.workspace}/{row.pixel}")
            and self.event in ("", row.event)
            and self.side in ("", row.side)
            and (not self.outcome or bool(OUTCOMES[self.outcome] & {row.became, row.stands}))
            and (not self.find or row.is_known_as(self.find))
            and (not self.tests or row.is_test is (self.tests == "only"))
        )


def read_question(said: Mapping[str, str]) -> DebuggerQuestion:
    """Read what an address asks for; what it cannot ask for is left out."""
    text = {name: said.get(name, "").strip()[:256] for name in DebuggerQuestion.__struct_fields__}
    allowed = {"side": {*Side}, "outcome": {*OUTCOMES}, "tests": {*TESTS}}
    return DebuggerQuestion(
        **{name: text[name] if text[name] in allowed.get(name, {text[name]}) else "" for name in text}
    )


def read_place(said: Mapping[str, str], name: str) -> int | None:
    """Return a number of the ring, or None where an address has none."""
    text = said.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 16 else None
