"""
The issues of all pixels: one list, behind the pages, the command and the job that writes down since when they stand.

Who is told less, such as a viewer, reads through a reading side that shows less; the checks are the same.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from twinbeam.admin.audit import changing
from twinbeam.admin.beside import read_beside
from twinbeam.admin.contract import Admin
from twinbeam.admin.errors import Invalid, NotFound, quoted
from twinbeam.admin.free_text import check_line
from twinbeam.admin.issue_contract import IssueReads
from twinbeam.admin.pixel_facts import FactReads, Place, facts_of
from twinbeam.admin.pixels import known as known_pixel
from twinbeam.checks.facts import PixelFacts
from twinbeam.checks.listing import BY_ID, CHECKS, OpenIssue, open_issues, urgency
from twinbeam.checks.records import IssueKey, IssueRecord, Mute, by_key, mutes_by_key, next_record
from twinbeam.core.fleet import PixelWeek
from twinbeam.core.story import PixelRow


class PixelFactReads(FactReads, Protocol):
    """The same, with the pixels themselves."""

    def pixels(self) -> list[PixelRow]:
        """Return the configured pixels."""
        ...


class Known(Struct, frozen=True):
    """What is written down of issues."""

    records: Mapping[IssueKey, IssueRecord]
    mutes: Mapping[IssueKey, Mute]

    def of(self, facts: PixelFacts) -> list[OpenIssue]:
        """List the issues of a pixel, muted ones among them, the worst first."""
        return open_issues(facts, self.records, self.mutes)


NOTHING_KNOWN = Known({}, {})


def known(reads: IssueReads) -> Known:
    """Read what is written down of issues."""
    return Known(by_key(reads.records()), mutes_by_key(reads.mutes()))


def all_facts(
    reads: PixelFactReads, weeks: Sequence[PixelWeek], now_ms: int, access_codes: Collection[int] = ()
) -> list[PixelFacts]:
    """Read what is known of every pixel, by the weeks of all."""
    rows = reads.pixels()
    return facts_of(reads, rows, weeks, read_beside(reads.accounts, rows, now_ms), access_codes, now_ms)


def listed(
    reads: PixelFactReads, weeks: Sequence[PixelWeek], now_ms: int, access_codes: Collection[int] = ()
) -> list[OpenIssue]:
    """List the issues of all pixels by urgency: how much they hurt, then money, then how many are affected."""
    told = known(reads.issues)
    found = (issue for facts in all_facts(reads, weeks, now_ms, access_codes) for issue in told.of(facts))
    return sorted(found, key=lambda it: (*urgency(it), it.workspace, it.pixel))


class IssueChanges(Struct, frozen=True):
    """What a look at all pixels changes of what is written down."""

    changed: Sequence[IssueRecord]
    gone: Collection[IssueKey]


def look(facts: Sequence[PixelFacts], records: Mapping[IssueKey, IssueRecord], now_ms: int) -> IssueChanges:
    """Return what to write down after a look at every pixel; of a pixel that is gone nothing is kept."""
    after = {record.key: record for each in facts for record in _after(each, records, now_ms)}
    changed = [record for key, record in after.items() if record != records.get(key)]
    return IssueChanges(changed, records.keys() - after.keys())


def _after(facts: PixelFacts, records: Mapping[IssueKey, IssueRecord], now_ms: int) -> Iterator[IssueRecord]:
    place: Place = facts.pixel.workspace, facts.pixel.code
    for check in CHECKS:
        record = next_record(check, place, records.get((*place, check.id)), check.issue(facts), now_ms)
        if record is not None:
            yield record


def mute(admin: Admin, *, workspace: str, pixel: str, check: str, why: str) -> Mute:
    """Mute an issue of a pixel, because of what a person says; raises Invalid or NotFound."""
    if not why.strip():
        raise Invalid("Say why it is muted, such as: no server by design.")
    check_line("reason", why.strip())
    _known_check(check)
    with changing(admin) as audit:
        row = known_pixel(admin, workspace, pixel)
        muted = Mute(row.workspace, row.code, check, why.strip(), admin.actor.name, audit.at_ms)
        admin.store.issues.save_mute(muted)
        audit.tell(_what(row, check), "", f"muted: {muted.why}")
    return muted


def unmute(admin: Admin, *, workspace: str, pixel: str, check: str) -> None:
    """Tell of an issue again; raises NotFound."""
    _known_check(check)
    with changing(admin) as audit:
        row = known_pixel(admin, workspace, pixel)
        before = mutes_by_key(admin.store.issues.mutes()).get((row.workspace, row.code, check))
        if before is None:
            raise NotFound(f"{check} is not muted for {row.code}. See what is: twinbeam issues list")
        admin.store.issues.drop_mute(before.key)
        audit.tell(_what(row, check), f"muted: {before.why}", "")


def _known_check(check: str) -> None:
    if check not in BY_ID:
        raise NotFound(f"There is no check {quoted(check)}. See what is wrong: twinbeam issues list")


def _what(row: PixelRow, check: str) -> str:
    return f"issue {row.workspace}/{row.code} {check}"
