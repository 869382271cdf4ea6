"""What the pages list beside single stories. Reads only; there is no index for it, so each look has a bound."""

import msgspec

from twinbeam.core.story import LastAnswer
from twinbeam.engines.stores.sqlite.reading import Reading

#: Requests that are looked through, newest first; a refused token is tried again each minute.
_MOST_REQUESTS = 20_000
_ANSWERS = (  # of a group with max(), SQLite gives the other columns of the row that has it
    "SELECT lane.workspace, lane.source_id AS pixel, batch.answered_at AS at_ms, batch.code, "
    "coalesce(batch.message, '') AS message, max(batch.id) FROM batch JOIN lane ON lane.id = batch.lane "
    "WHERE batch.id > (SELECT max(id) FROM batch) - ? AND batch.code IS NOT NULL "
    "GROUP BY lane.workspace, lane.source_id ORDER BY lane.workspace, lane.source_id"
)


class Listing(Reading):
    """See dashboard.contract.Ledger for the promises."""

    def last_answers(self) -> list[LastAnswer]:
        """Give the newest answer to each pixel that had one lately."""
        return [msgspec.convert(row, LastAnswer) for row in self._records(_ANSWERS, (_MOST_REQUESTS,))]
