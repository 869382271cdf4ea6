"""The laws that hold in every snapshot of every engine."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from twinbeam.core.lifecycle import COUNTED, LEGAL, UNSENT, State, may_move
from twinbeam.core.outcomes import Outcome
from twinbeam.core.pixel_counts import GAP_JOINED, CountKind, joined
from twinbeam.core.values import MATCH
from twinbeam.pipeline.record.counters import FINDING, RECORDED

Rows = Mapping[int, str]
"""The state of every row by its id."""

_KEYS = ("ttclid", "email", "phone", "external_id", "ttp", "ip")
_BARE = 2  #: of a conversion's conditions: it goes without identifiers


class CoverageRow(NamedTuple):
    """Of a row what its place in the coverage follows from."""

    day: int
    workspace: str
    pixel: str
    state: str
    channels: str
    match: int
    conditions: int
    test_code: str
    united: int

    @property
    def side_alone(self) -> str:
        """The side that reported it, where only one did."""
        return "browser" if self.channels == "browser" else "server"


_SCHEDULED = (State.READY, State.WAITING)
#: The moves that recording makes; all others belong to later rooms.
_RECORDS = (
    "permission arrives",
    "released",
    "refused",
    "enriched",
    "said after all",
    "said, more is awaited",
    "given up",
    "held again",
    "joined",
    "order cancelled",
)


def assert_accounted(engine: Any, *, counts_since: int = 0) -> None:
    """Check both laws of accounting, and what follows from them; counts of earlier days are forgotten by now."""
    assert_journal_accounted(engine)
    assert_counters_add_up(engine.store)
    assert recorded_by(engine.store) == sum(events for _, events in engine.store.cursors().values())
    assert_counters_equal_rows(engine.store)
    assert_coverage_equals_rows(engine)
    assert_carried_equals_rows(engine, counts_since)
    assert_each_pair_has_its_gap(engine.store, counts_since)
    assert_unsent_is_known(engine.store)


def assert_journal_accounted(engine: Any) -> None:
    """Law (a): what was appended is recorded, quarantined items included, or still in the journal."""
    store, reader = engine.store, engine.reader
    seq, recorded = store.cursors().get(reader.journal_id, (0, 0))
    pending = sum(group.count for group in reader.read(seq, limit=2**62))
    backlog = engine.journal.backlog()
    assert backlog.appended == recorded + pending
    assert backlog.pending >= pending


def assert_counters_add_up(store: Any) -> None:
    """Law (b): what was recorded was dropped, merged, a duplicate, quarantined, or is a conversion in some state."""
    recorded: Counter[tuple[int, str, str, str]] = Counter()
    explained: Counter[tuple[int, str, str, str]] = Counter()
    ends = {*Outcome, *COUNTED}
    for count in store.counts():
        place = (count.day, count.workspace, count.pixel, count.event)
        assert count.n > 0, count
        if count.outcome == FINDING:
            continue
        assert count.outcome == RECORDED or count.outcome in ends, count
        (recorded if count.outcome == RECORDED else explained)[place] += count.n
    assert recorded == explained


def recorded_by(store: Any) -> int:
    """Add up the arrivals that counters call recorded."""
    return sum(count.n for count in store.counts() if count.outcome == RECORDED)


def assert_counters_equal_rows(store: Any) -> None:
    """Compare the counters of states with the rows, kept and removed after their time; tombstones are no conversions."""
    counted: Counter[str] = Counter()
    for count in store.counts():
        if count.outcome in COUNTED:
            counted[count.outcome] += count.n
    rows = Counter(store.states()) + Counter(store.removed())
    del rows[State.DROPPED]
    assert counted == rows


def assert_coverage_equals_rows(engine: Any) -> None:
    """Compare what is counted by sides and match keys with the rows; what was removed after its time stays counted."""
    counted: Counter[tuple[int, str, str, str]] = Counter()
    for covered in engine.store.coverage():
        numbers = msgspec.structs.asdict(covered)
        place = (numbers.pop("day"), numbers.pop("workspace"), numbers.pop("pixel"))
        del numbers["event"]  # a name too many is counted as another
        for column, n in numbers.items():
            assert n >= 0, covered
            counted[(*place, column)] += n
    rows = sum(map(_covers, engine.coverage_rows()), Counter())
    if engine.store.removed():
        assert counted >= rows
    else:
        assert +counted == rows


def assert_carried_equals_rows(engine: Any, since: int) -> None:
    """Compare what is counted of match keys by sides with the rows; what was removed after its time stays counted."""
    counted: Counter[tuple[str, str]] = Counter()
    for it in engine.store.pixel_counts():
        assert it.n > 0, it
        if it.kind == CountKind.CARRIED and it.day >= since:
            counted[it.pixel, it.name] += it.n
        if it.kind == CountKind.BARE and it.day >= since:
            counted[it.pixel, joined("bare", it.name, "one" if it.event else "all")] += it.n
    rows = Counter((row.pixel, name) for row in engine.coverage_rows() if row.day >= since for name in _carries(row))
    assert counted >= rows if engine.store.removed() else counted == rows


def assert_each_pair_has_its_gap(store: Any, since: int) -> None:
    """Compare the times between the sides with the conversions of both sides, and with those that were joined later."""
    pairs: Counter[str] = Counter()
    gaps: Counter[str] = Counter()
    for covered in store.coverage():
        pairs[covered.pixel] += covered.both if covered.day >= since else 0
    for it in store.pixel_counts():
        if it.kind == CountKind.GAP and it.day >= since:
            (pairs if it.name == GAP_JOINED else gaps)[it.pixel] += it.n
    assert +gaps == +pairs


def _carries(row: CoverageRow) -> list[str]:
    if row.state != State.DELIVERED or row.test_code:
        return []
    servers = [channel for channel in row.channels.split("+") if channel != "browser"]
    side = "both" if len(servers) < len(row.channels.split("+")) and servers else row.side_alone
    keys = [key for key in _KEYS if row.match & MATCH[key] and not row.conditions & _BARE]
    bare = [joined("bare", side, of) for of in ("one", "all")] if row.conditions & _BARE else []
    return [*(joined(side, key) for key in ("", *keys)), *bare]


def _covers(row: CoverageRow) -> Counter[tuple[int, str, str, str]]:
    """Say by hand what one row counts as."""
    columns = []
    if row.state != State.DROPPED and not row.test_code and not row.united:
        servers = [channel for channel in row.channels.split("+") if channel != "browser"]
        columns.append("both" if len(servers) < len(row.channels.split("+")) and servers else row.side_alone)
    if row.state == State.DELIVERED and not row.test_code:
        keys = [key for key in _KEYS if row.match & MATCH[key] and not row.conditions & _BARE]
        columns += ["delivered", *keys]
    return Counter((row.day, row.workspace, row.pixel, column) for column in columns)


def assert_unsent_is_known(store: Any) -> None:
    """Compare the schedule with the rows."""
    states = store.states()
    scheduled, held = sum(states.get(state, 0) for state in _SCHEDULED), states.get(State.HELD, 0)
    assert (store.unsent(), store.held()) == (scheduled, held)
    assert (store.next_due_ms() is None) == (scheduled == 0)
    assert (store.next_deadline_ms() is None) == (held == 0)


def assert_legal(before: Rows, after: Rows) -> None:
    """Check that a step moved each row at most once, along the lifecycle, and made and removed none."""
    assert before.keys() == after.keys()
    for id_, state in before.items():
        assert after[id_] == state or may_move(State(state), State(after[id_])), (id_, state, after[id_])


def assert_tidied(before: Rows, after: Rows) -> None:
    """Check that housekeeping made no row and moved none but to ERASED, and removed none that waits."""
    assert after.keys() <= before.keys()
    for id_, state in before.items():
        if id_ not in after:
            assert state not in UNSENT, (id_, state)
        elif after[id_] != state:
            assert after[id_] == State.ERASED, (id_, state, after[id_])
            assert may_move(State(state), State.ERASED), (id_, state)


def assert_recordable(before: Rows, after: Rows) -> None:
    """Check that recording removed no row, and moved rows only as recording may."""
    assert before.keys() <= after.keys()
    for id_, state in after.items():
        starts = [State(before[id_])] if id_ in before else [State.DROPPED, State.HELD, State.READY]
        assert state in {end for start in starts for end in _recorded_from(start)}, (id_, starts, state)


def _recorded_from(start: State) -> set[State]:
    """Give the states that any number of arrivals may lead to."""
    reached, grown = {start}, True
    while grown:
        steps = {LEGAL[state][event] for state in reached for event in _RECORDS if event in LEGAL[state]}
        grown = not steps <= reached
        reached |= steps
    return reached
