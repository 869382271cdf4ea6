"""Dead letters: what TikTok refused, what sending it again would do, and the resend that does it."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from twinbeam.admin.audit import changing
from twinbeam.admin.contract import Admin
from twinbeam.admin.dead_letter_contract import DeadLetterReads, ResendLog
from twinbeam.admin.errors import AdminError, NotFound
from twinbeam.admin.workspaces import known as known_workspace
from twinbeam.core.dead_letters import DeadLetter, LetterFilter, Resend, ResendPreview, Shape, ShapedEvent
from twinbeam.core.outcomes import Reason
from twinbeam.core.rules import DEFAULT_WORKSPACE, WorkspaceRules
from twinbeam.core.story import PixelRow
from twinbeam.pipeline.identity.reshaping import shaped_anew
from twinbeam.pipeline.send.limits import Ages
from twinbeam.pipeline.send.resending import previewed, why_not

PAGE = 50
AT_ONCE = 500  #: conversions in one transaction, so that the recorder never waits for long


class ResendingStore(Protocol):
    """What carrying a resend out needs: the writer's store."""

    @property
    def dead_letters(self) -> DeadLetterReads:
        """What TikTok refused."""
        ...

    @property
    def resends(self) -> ResendLog:
        """The resends, and how far each is."""
        ...

    def pixels(self) -> list[PixelRow]:
        """Return the pixels of all workspaces."""
        ...

    def workspaces(self) -> Mapping[str, WorkspaceRules]:
        """Return what was decided about each workspace, by its name."""
        ...

    def resend(
        self, ids: Collection[int], never_taken: Collection[int], now_ms: int, shape: Shape
    ) -> Mapping[str, int]:
        """Let those of some dead letters be sent again that may be, and count what became of them."""
        ...

    def transaction(self) -> AbstractContextManager[None]:
        """Commit all that is changed inside together, durably, or nothing."""
        ...


class ResendTerms(Struct, frozen=True):
    """What decides beside a letter itself whether it may be sent again."""

    never_taken: frozenset[int]  #: TikTok's codes that prove that a batch did not arrive
    ages: Ages = Ages()


class JudgedLetter(Struct, frozen=True):
    """A dead letter, and why it must stay one, if it must."""

    letter: DeadLetter
    stays: Reason | None


class Page(Struct, frozen=True):
    """Some dead letters, the newest first, and before which id the list goes on."""

    letters: list[JudgedLetter]
    next_id: int | None


class LetterJudge(Struct, frozen=True):
    """What judging dead letters reads: the letters, the pixels' rules, and the time."""

    found: DeadLetterReads
    pixels: Sequence[PixelRow]
    terms: ResendTerms
    now_ms: int

    def judged(self, ids: Collection[int]) -> list[JudgedLetter]:
        """Return some dead letters with the reasons why they must stay."""
        rows = self._rows()
        return [JudgedLetter(it, self._why_not(it, rows)) for it in self.found.letters(ids, self.terms.never_taken)]

    def preview(self, asked: LetterFilter) -> ResendPreview:
        """Return what sending some dead letters again would do, judged once for all that are alike."""
        rows, moments = self._rows(), self.terms.ages.moments(self.now_ms)
        alike = self.found.alike(asked, self.terms.never_taken, moments)
        return previewed((it.like, self._why_not(it.like, rows), it.count) for it in alike)

    def _rows(self) -> dict[tuple[str, str], PixelRow]:
        return {(row.workspace, row.code): row for row in self.pixels}

    def _why_not(self, letter: DeadLetter, rows: Mapping[tuple[str, str], PixelRow]) -> Reason | None:
        row = rows.get((letter.workspace, letter.pixel))
        closed = _closed(row)
        return closed if row is None or closed else why_not(letter, row.rules, self.terms.ages, self.now_ms)


def letter_judge(admin: Admin, terms: ResendTerms) -> LetterJudge:
    """Return what an owner's command reads."""
    store = admin.store
    return LetterJudge(store.dead_letters, store.pixels(), terms, admin.clock.now_ms())


def listed(reads: LetterJudge, asked: LetterFilter, *, before: int | None = None, limit: int = PAGE) -> Page:
    """Return a page of dead letters, the newest first."""
    ids = reads.found.newest(asked, before=before, limit=limit + 1)
    shown = reads.judged(ids[:limit])
    return Page(shown[::-1], ids[limit - 1] if len(ids) > limit else None)


def preview(reads: LetterJudge, asked: LetterFilter) -> ResendPreview:
    """Return what sending some dead letters again would do, without doing it."""
    return reads.preview(asked)


def resend(admin: Admin, asked: LetterFilter, terms: ResendTerms) -> Resend:
    """
    Have some dead letters sent again; the running gateway carries it out, and the audit tells of it.

    Raises NotFound where none is meant, and AdminError where none of them may be sent.
    """
    known_workspace(admin, asked.workspace)
    with changing(admin) as audit:
        reads = letter_judge(admin, terms)
        meant = reads.preview(asked)
        if not meant.count:
            raise NotFound("No dead letter matches. List them with: twinbeam dead-letters list")
        if not meant.sendable:
            raise AdminError("None of these can be sent again; the preview tells why.")
        (upto,) = reads.found.newest(asked, before=None, limit=1)
        run = Resend(0, asked, admin.actor.name, audit.at_ms, count=meant.count, upto=upto)
        kept = admin.store.resends.add(run)
        by_rules = f", {meant.anew} of them with the pixel's rules of today" if meant.anew else ""
        told = f"send {meant.sendable} again{by_rules}"
        audit.tell(f"dead letters ({asked.workspace}), resend {kept.id}", "", told)
    return kept


def carry_out(store: ResendingStore, terms: ResendTerms, now_ms: int) -> Resend | None:
    """Carry the oldest resend out a little further, in one transaction; returns it, or None where there is none."""
    run = store.resends.unfinished()
    if run is None:
        return None
    with store.transaction():
        found = store.dead_letters
        ids = found.ids(run.asked, after=run.place, upto=run.upto, limit=AT_ONCE)
        rows = {(row.workspace, row.code): row for row in store.pixels()}
        letters = found.letters(ids, terms.never_taken)
        closed = {it.id: reason for it in letters if (reason := _closed(rows.get((it.workspace, it.pixel))))}
        open_ = [it.id for it in letters if it.id not in closed]
        moved = store.resend(open_, terms.never_taken, now_ms, _by_rules_in_force(rows, store.workspaces()))
        became: Counter[str] = Counter(closed.values()) + Counter(moved)
        sent = became.pop("", 0)
        left = {reason: run.left.get(reason, 0) + became.get(reason, 0) for reason in {**run.left, **became}}
        done = replace(
            run,
            place=ids[-1] if ids else run.upto,
            sent=run.sent + sent,
            left=left,
            finished_ms=now_ms if len(ids) < AT_ONCE else None,
        )
        store.resends.note(done)
    return done


def _by_rules_in_force(rows: Mapping[tuple[str, str], PixelRow], workspaces: Mapping[str, WorkspaceRules]) -> Shape:
    """Return what shapes a dead letter as a new event of its pixel would be shaped now."""

    def shape(letter: DeadLetter, body: bytes, event_time: int) -> ShapedEvent | None:
        rates = workspaces.get(letter.workspace, DEFAULT_WORKSPACE).rates
        return shaped_anew(body, rows[letter.workspace, letter.pixel].rules, rates, event_time)

    return shape


def _closed(row: PixelRow | None) -> Reason | None:
    """Return why nothing is sent again to a pixel, if nothing is."""
    if row is None:
        return Reason.PIXEL_REMOVED
    return Reason.PIXEL_STOPPED if row.stopped is not None else None
