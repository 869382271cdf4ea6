"""A page of the debugger's list: what was recorded and what was rejected, in one order. For the reader's thread."""

from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from twinbeam.core.rejections import RejectedEvent
from twinbeam.core.sightings import SightingReads
from twinbeam.search import By, find_anywhere
from twinbeam.web.contract import ReadModel
from twinbeam.web.debugger.asked import DebuggerQuestion
from twinbeam.web.debugger.rows import INVALID, DebuggerRow, rejected_row, row_of, rows_of

ROWS = 50  #: of one page
_STEP = 500
_END_MS = 2**62


class RowPage(Struct, frozen=True):
    """Some rows, the newest first, and where older ones begin."""

    rows: list[DebuggerRow]
    older: int | None  #: what is older has a smaller number; None where nothing is


def read_rows(
    read_model: ReadModel, rejected: Sequence[RejectedEvent], question: DebuggerQuestion, before: int | None = None
) -> RowPage:
    """Return a page of what is asked for."""
    reads = read_model.sightings
    if question.find:
        return RowPage(_found(read_model, question), None)
    begun = None if before is None else reads.one(before)
    until_ms = _END_MS if begun is None else begun.sighting.at_ms
    rows, older = ([], None) if question.outcome == INVALID else _recorded(reads, question, before)
    since_ms = rows[-1].at_ms if older is not None else 0
    between = [rejected_row(one) for one in rejected if since_ms <= one.at_ms < until_ms]
    turned = [row for row in between if question.means(row)]
    return RowPage(sorted([*rows, *turned], key=lambda row: row.at_ms, reverse=True), older)


def _recorded(
    reads: SightingReads, question: DebuggerQuestion, before: int | None
) -> tuple[list[DebuggerRow], int | None]:
    """Return the newest rows that are asked for, and where older ones may be."""
    kept: list[DebuggerRow] = []
    for row in _newest_first(reads, question, before):
        if question.means(row):
            kept.append(row)
        if len(kept) > ROWS:
            return kept[:ROWS], kept[ROWS - 1].number
    return kept, None


def _newest_first(reads: SightingReads, question: DebuggerQuestion, before: int | None) -> Iterator[DebuggerRow]:
    """Yield what may be asked for; conversions are looked up for those alone."""
    while page := reads.before(before, limit=_STEP):
        some = [it for it in page if question.may_mean(row_of(it, None))]
        yield from rows_of(some, reads.conversions(sorted({it.sighting.conversion for it in some} - {0})))
        before = page[-1].number


def _found(read_model: ReadModel, question: DebuggerQuestion) -> list[DebuggerRow]:
    """Return all rows of the conversions that an order id or event id leads to."""
    workspaces = sorted({row.workspace for row in read_model.pixels()})
    stories = find_anywhere(read_model, workspaces, question.find, (By.EVENT_ID, By.ORDER_ID))
    by_id = {story.id: story for story in stories}
    found = rows_of(read_model.sightings.of(sorted(by_id)), by_id)
    unfound = replace(question, find="")
    return [row for row in found if unfound.means(row)]


def read_row(
    read_model: ReadModel, rejected: Callable[[], Sequence[RejectedEvent]], key: str
) -> tuple[DebuggerRow, list[DebuggerRow]] | None:
    """Return one row by its key, and the rows of the other copies of its conversion; None where it is gone."""
    if key.startswith("r"):
        return next(((rejected_row(one), []) for one in rejected() if one.number == key), None)
    reads = read_model.sightings
    seen = reads.one(int(key)) if key.isdecimal() and len(key) < 16 else None
    if seen is None:
        return None
    id_ = seen.sighting.conversion
    story = read_model.by_id(id_) if id_ else None
    copies = rows_of(reads.of([id_]), {} if story is None else {id_: story}) if id_ else []
    return row_of(seen, story), [row for row in copies if row.number != seen.number]
