"""Dead letters that go back among what waits to be sent, because their owner wants them sent again."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from functools import partial

from twinbeam.core.dead_letters import DeadLetter, Shape
from twinbeam.engines.stores.sqlite.connection import StoreConnection
from twinbeam.engines.stores.sqlite.dead_letters import DeadLetters
from twinbeam.engines.stores.sqlite.recording import StoreRecorder
from twinbeam.pipeline.record.conversion import Conversion
from twinbeam.pipeline.record.policy import RecordPolicy
from twinbeam.pipeline.record.reshaping import shaped_copies
from twinbeam.pipeline.send.limits import Ages
from twinbeam.pipeline.send.resending import goes_anew, why_not

#: TikTok certainly took nothing of it: its 48 hours begin with the next attempt.
_UNMARK = "UPDATE conversion SET maybe_at=NULL WHERE id IN (SELECT value FROM json_each(?))"


class Resending(StoreRecorder):
    """See send.contract.Resends for the promises."""

    def __init__(self, connection: StoreConnection, policy: RecordPolicy, ages: Ages) -> None:
        super().__init__(connection, policy)
        self._resend_ages = ages

    def resend(
        self, ids: Collection[int], never_taken: Collection[int], now_ms: int, shape: Shape
    ) -> Mapping[str, int]:
        """Let those of some dead letters be sent again that may be, and count what became of them."""
        with self._refolding(ids, now_ms) as (fold, rows):
            letters = DeadLetters(self._connection.db).letters(ids, never_taken)
            reasons = {
                letter.id: why_not(
                    letter, self._policy.terms_of(letter.workspace, letter.pixel).rules, self._resend_ages, now_ms
                )
                for letter in letters
            }
            going = [letter for letter in letters if reasons[letter.id] is None]
            known = {row.id: row for row in rows}
            fold.resend([known[letter.id] for letter in going], now_ms)
            self._shape(known, [letter for letter in going if goes_anew(letter)], shape, now_ms)
            unmarked = [letter.id for letter in going if letter.never_taken]
            self._connection.execute_with_ids(_UNMARK, unmarked)
        return Counter(reason or "" for reason in reasons.values())

    def _shape(self, rows: Mapping[int, Conversion], letters: Sequence[DeadLetter], shape: Shape, now_ms: int) -> None:
        """Keep what is shaped anew; the rows are written by whoever folds."""
        kept = self._payloads.copies_of([letter.id for letter in letters])
        shaped = (
            (letter.id, shaped_copies(rows[letter.id], kept.get(letter.id, []), partial(shape, letter)))
            for letter in letters
        )
        self._payloads.write([(id_, copies) for id_, copies in shaped if copies], set(), now_ms)
