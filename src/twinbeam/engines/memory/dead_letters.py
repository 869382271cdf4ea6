"""Dead letters in the model: found in the rows, and sent again."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from functools import partial

from msgspec.structs import replace

from twinbeam.core.dead_letters import AlikeLetters, DeadLetter, LetterFilter, Shape, rounded
from twinbeam.core.lifecycle import State
from twinbeam.core.restored import Restore
from twinbeam.engines.memory.recording import StoreRecorder
from twinbeam.engines.memory.rows import Rows
from twinbeam.pipeline.record.conversion import Conversion, is_proven
from twinbeam.pipeline.record.policy import RecordPolicy
from twinbeam.pipeline.record.reshaping import shaped_copies
from twinbeam.pipeline.send.limits import Ages
from twinbeam.pipeline.send.resending import goes_anew, why_not

#: Nothing of these is ever sent again.
CLOSED = frozenset({State.DELIVERED, State.DROPPED, State.WITHDRAWN, State.ERASED})


class DeadLetters:
    """What TikTok refused."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def ids(self, asked: LetterFilter, *, after: int, upto: int, limit: int) -> list[int]:
        """Return the next dead letters that are meant, the oldest first."""
        return [id_ for id_ in self._meant(asked) if after < id_ <= upto][:limit]

    def newest(self, asked: LetterFilter, *, before: int | None, limit: int) -> list[int]:
        """Return the newest dead letters that are meant, the newest first."""
        return [id_ for id_ in reversed(self._meant(asked)) if before is None or id_ < before][:limit]

    def alike(self, asked: LetterFilter, never_taken: Collection[int], moments: Sequence[int]) -> list[AlikeLetters]:
        """Count the dead letters that are meant by all that decides about them."""
        letters = self.letters(self._meant(asked), never_taken)
        return [AlikeLetters(like, n) for like, n in Counter(_plain(it, moments) for it in letters).items()]

    def letters(self, ids: Collection[int], never_taken: Collection[int]) -> list[DeadLetter]:
        """Return those of some conversions that are dead letters."""
        rows = [self._rows.by_id[id_] for id_ in sorted(ids) if id_ in self._rows.by_id]
        return [self._letter(row, never_taken) for row in rows if row.state is State.REFUSED]

    def _meant(self, asked: LetterFilter) -> list[int]:
        letters = self.letters(self._rows.by_id, ())
        return [letter.id for letter in letters if _is_meant(letter, asked)]

    def _letter(self, row: Conversion, never_taken: Collection[int]) -> DeadLetter:
        kept = self._rows.kept[row.id]
        batches = [self._rows.batches[batch] for batch in kept.batches]
        answers = [batch.answer for batch in batches]
        return DeadLetter(
            id=row.id,
            workspace=row.workspace,
            event_source=row.event_source,
            pixel=row.pixel,
            test_code=row.test_code,
            event=row.event,
            event_id=row.event_id,
            order_id=row.order_id,
            value_minor=row.minor,
            currency=row.currency,
            event_time=row.event_time,
            refused_ms=row.received_ms if kept.settled_at is None else kept.settled_at,
            attempts=kept.attempts,
            code=answers[-1].code,
            message=answers[-1].message,
            request_id=answers[-1].request_id,
            since_ms=row.since_ms,
            maybe_at=kept.maybe_at,
            browser_at=row.browser_at,
            is_proven=is_proven(row.evidence),
            is_contested=row.lacks != 0,
            is_united=row.united != 0,
            is_kept=bool(kept.copies),
            never_taken=self._knows_all_of(row)
            and all(batch.answer.code in never_taken and not batch.taken_over for batch in batches),
        )

    def _knows_all_of(self, row: Conversion) -> bool:
        restore = self._rows.restored
        return restore is None or restore.knows_all_of(row.event_time * 1_000)


class Resending(StoreRecorder):
    """See send.contract.Resends for the promises."""

    def __init__(self, rows: Rows, policy: RecordPolicy, ages: Ages) -> None:
        super().__init__(rows, policy)
        self._resend_ages = ages

    @property
    def dead_letters(self) -> DeadLetters:
        """What TikTok refused."""
        return DeadLetters(self._rows)

    def begin_restored(self, restore: Restore) -> None:
        """Note that this store was restored: since the backup TikTok may have what waited in it."""
        self._rows.restored = restore
        for row in self._rows.by_id.values():
            kept = self._rows.kept[row.id]
            if kept.maybe_at is None and row.state not in CLOSED:
                kept.maybe_at = restore.taken_ms

    def resend(
        self, ids: Collection[int], never_taken: Collection[int], now_ms: int, shape: Shape
    ) -> Mapping[str, int]:
        """Let those of some dead letters be sent again that may be, and count what became of them."""
        letters, reasons = self.dead_letters.letters(ids, never_taken), Counter[str]()
        fold = self._fold()
        for letter in letters:
            rules = self._policy.terms_of(letter.workspace, letter.pixel).rules
            reason = why_not(letter, rules, self._resend_ages, now_ms)
            reasons[reason or ""] += 1
            if reason is None:
                fold.resend([self._rows.by_id[letter.id]], now_ms)
                self._begin_anew(letter, shape)
        self._write(fold, now_ms)
        return reasons

    def _begin_anew(self, letter: DeadLetter, shape: Shape) -> None:
        """Shape what TikTok certainly never took; its 48 hours begin with the next attempt."""
        row, kept = self._rows.by_id[letter.id], self._rows.kept[letter.id]
        if letter.never_taken:
            kept.maybe_at = None
        if goes_anew(letter):
            kept.copies = shaped_copies(row, kept.copies, partial(shape, letter)) or kept.copies


def _plain(letter: DeadLetter, moments: Sequence[int]) -> DeadLetter:
    """Leave out what is its own and decides nothing."""
    own = dict.fromkeys(("id", "event_time", "refused_ms", "attempts"), 0)
    words = dict.fromkeys(("event", "event_id", "order_id", "message", "request_id"), "")
    times = {name: rounded(getattr(letter, name), moments) for name in ("since_ms", "maybe_at", "browser_at")}
    return replace(letter, code=None, **own, **words, **times)


def _is_meant(letter: DeadLetter, asked: LetterFilter) -> bool:
    narrows = ((asked.pixel, letter.pixel), (asked.event, letter.event))
    return (
        letter.workspace == asked.workspace
        and all(wanted in ("", is_) for wanted, is_ in narrows)
        and asked.code in (None, letter.code)
        and asked.since_ms <= letter.refused_ms < asked.until_ms
        and (not asked.ids or letter.id in asked.ids)
    )
