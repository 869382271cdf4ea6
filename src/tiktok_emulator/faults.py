"""What was found wrong, kept in order: the evidence behind Diagnostics and behind a failing test."""

from collections import Counter, deque

import msgspec

from tiktok_emulator.clock import MS_PER_HOUR
from tiktok_emulator.rules import ABOUT, Finding, Rule, Severity

#: Beyond this only the counts grow; a sender that errs this often is understood.
KEPT = 5_000


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One finding with its place in the stream of requests."""

    seq: int
    at_ms: int
    rule: Rule
    source_id: str
    event: str
    event_id: str
    request: int
    path: str
    evidence: str


class Where(msgspec.Struct, frozen=True):
    """The request and event a finding belongs to."""

    request: int
    at_ms: int
    source_id: str = ""
    event: str = ""
    event_id: str = ""


class Faults:
    """Findings: the newest of each severity in full, all of them as counts by hour."""

    def __init__(self) -> None:
        self._kept: dict[Severity, deque[Fault]] = {each: deque(maxlen=KEPT) for each in Severity}
        self.counts: Counter[Rule] = Counter()
        self.hourly: Counter[tuple[int, Rule, str, str]] = Counter()
        self._seq = 0

    def record(self, where: Where, findings: list[Finding]) -> None:
        """Keep what was found at one place."""
        for rule, path, evidence in findings:
            self._seq += 1
            self.counts[rule] += 1
            self.hourly[where.at_ms // MS_PER_HOUR, rule, where.source_id, where.event] += 1
            self._kept[ABOUT[rule].severity].append(
                Fault(
                    seq=self._seq,
                    at_ms=where.at_ms,
                    rule=rule,
                    source_id=where.source_id,
                    event=where.event,
                    event_id=where.event_id,
                    request=where.request,
                    path=path,
                    evidence=evidence,
                )
            )

    def all(self) -> list[Fault]:
        """List what is kept, oldest first."""
        return sorted((each for kept in self._kept.values() for each in kept), key=lambda each: each.seq)

    def grave(self) -> list[Fault]:
        """List only the sender's mistakes, oldest first."""
        return list(self._kept[Severity.FAULT])


def masked(value: object) -> str:
    """Show enough of a value to recognise it, not enough to use it."""
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 3 else f"{text[:3]}... ({len(text)} characters)"
