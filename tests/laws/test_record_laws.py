"""
What does not depend on order: copies of one conversion, and arrivals of many.

Promised for any order and any grouping of the same arrivals, as long as nothing was leased before the last of them:
which keys are sent (those with an allowed copy and no refusal by anybody; whose word counts where a server names a
visit is test_evidence_laws.py's), with which bytes, and what their rows show of money,
time and order. Not promised: whether a refused key ends as withdrawn or dropped, which copies count as duplicate or
dropped once one refused, the order of channels, the accept time a row is kept under, what a visit left behind later
than the copy that could have used it; and between copies accepted in the same millisecond, who comes first.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from engines.kit.embedded import MemoryEngine
from engines.kit.harness import Harness
from signals import (
    ALLOWED,
    BROWSER,
    DENIED,
    HOUR,
    NOW,
    SERVER,
    UNSAID,
    a_copy,
    a_signal,
    an_email,
    carried,
    carried_ids,
)
from twinbeam.core.delivery import Lease
from twinbeam.core.values import Decision, Signal
from twinbeam.pipeline.record.authority import heard
from twinbeam.pipeline.record.conversion import Copy, spoken_of
from twinbeam.pipeline.record.counters import FINDING
from twinbeam.pipeline.record.merge import VISIT, merge, show

EVENT_IDS = ("a", "b", "c")

a_match_key = st.sampled_from([an_email("ada"), an_email("ben"), an_email("cyd")])
a_user = st.fixed_dictionaries(
    {},
    optional={
        "email": a_match_key | st.lists(a_match_key, min_size=1, max_size=2, unique=True),
        "phone": a_match_key,
        "ttclid": st.sampled_from(["click-1", "click-2"]),
        "ip": st.sampled_from(["198.51.100.7", "203.0.113.9"]),
        "locale": st.just("de-DE"),
    },
)
said = st.fixed_dictionaries(
    {
        "event_time": st.integers(1_790_000_000, 1_790_000_005),
        "value": st.none() | st.sampled_from([10.0, 20.5]),
        "currency": st.sampled_from(["EUR", "USD", ""]),
        "order_id": st.sampled_from(["", "1001", "1002"]),
        "user": a_user,
        "page": st.fixed_dictionaries(
            {}, optional={"url": st.sampled_from(["https://a.example", "https://b.example"])}
        ),
        "limited": st.booleans(),
    }
)
some_copies = st.lists(
    st.tuples(st.sampled_from([BROWSER.value, SERVER.value, VISIT]), st.integers(0, 2), said), min_size=1, max_size=6
).map(
    lambda rows: [
        a_copy(channel, arrival=n, received_ms=NOW + age, **facts) for n, (channel, age, facts) in enumerate(rows)
    ]
)


@given(some_copies, st.randoms())
def test_merging_does_not_depend_on_the_order_of_copies(copies: list[Copy], chance: Any) -> None:
    shuffled = copies.copy()
    chance.shuffle(shuffled)
    assert merge(shuffled, 0) == merge(copies, 0)


@given(some_copies)
def test_merging_copies_that_were_handed_over_twice_changes_nothing(copies: list[Copy]) -> None:
    assert msgspec.json.decode(merge(copies + copies, 0)) == msgspec.json.decode(merge([*copies, copies[0]], 0))
    if len(copies) > 1:
        assert merge(copies + copies, 0) == merge(copies, 0)


def goes_bare(copies: list[Copy]) -> bool:
    """Tell whether a merged event loses its identifiers: limited data use needs an address (tiktok.md 10.3)."""
    parts = [msgspec.json.decode(copy.body) for copy in copies]
    located = any("ip" in part.get("user", {}) for part in parts)
    return any(part.get("limited_data_use") for part in parts) and not located


@given(some_copies.filter(lambda copies: not goes_bare(copies)))
def test_a_merged_event_knows_everything_that_any_copy_knew(copies: list[Copy]) -> None:
    merged, parts = msgspec.json.decode(merge(copies, 0)), [msgspec.json.decode(copy.body) for copy in copies]
    for section in ("user", "page", "properties"):
        assert merged.get(section, {}).keys() == {name for part in parts for name in part.get(section, {})}
    for key in ("email", "phone"):
        known = {value for part in parts for value in _listed(part.get("user", {}).get(key))}
        assert set(_listed(merged.get("user", {}).get(key))) == known


@given(some_copies)
def test_a_merged_event_invents_nothing(copies: list[Copy]) -> None:
    parts = [msgspec.json.decode(copy.body) for copy in copies]
    for section, facts in msgspec.json.decode(merge(copies, 0)).items():
        if section in ("page", "properties"):
            for name, value in facts.items():
                assert value in [part[section][name] for part in parts if name in part.get(section, {})]


@given(some_copies.filter(lambda copies: any(copy.channel != VISIT for copy in copies)), st.randoms())
def test_a_row_shows_what_is_sent(copies: list[Copy], chance: Any) -> None:
    real = [copy for copy in copies if copy.channel != VISIT]
    shuffled = real.copy()
    chance.shuffle(shuffled)
    row = _row(shuffled)
    told = heard(real, spoken_of(row))
    sent = msgspec.json.decode(merge(real, 0, spoken_of(row)))
    assert row.event_time == sent["event_time"]
    money = sent.get("properties", {})
    if any(
        copy.minor is not None for copy in (*told.whole, *told.money)
    ):  # else nobody named an amount and its currency together
        assert row.minor == round(money["value"] * 100)
    assert row.currency == money.get("currency", "")


some_arrivals = st.lists(
    st.tuples(
        st.sampled_from(EVENT_IDS),
        st.sampled_from([BROWSER, SERVER]),
        st.sampled_from([ALLOWED, ALLOWED, ALLOWED, UNSAID, DENIED]),
        said,
    ),
    min_size=1,
    max_size=10,
).map(lambda rows: [_arrival(n, *row) for n, row in enumerate(rows)])
a_grouping = st.lists(st.integers(1, 4), min_size=10, max_size=10)


@given(some_arrivals, a_grouping, a_grouping, st.randoms())
def test_what_is_sent_depends_on_the_arrivals_alone(
    arrivals: list[Signal], sizes: list[int], other_sizes: list[int], chance: Any
) -> None:
    shuffled = arrivals.copy()
    chance.shuffle(shuffled)
    one, other = _recorded(arrivals, sizes), _recorded(shuffled, other_sizes)
    assert _shown(one) == _shown(other)
    sent = _sent(one)
    assert sent == _sent(other)
    assert sent.keys() == _permitted(arrivals)


@given(some_arrivals, a_grouping)
def test_counting_does_not_depend_on_the_grouping(arrivals: list[Signal], sizes: list[int]) -> None:
    one, other = _recorded(arrivals, sizes), _recorded(arrivals, [1] * 10)
    assert _counted(one) == _counted(other)
    assert one.store.states() == other.store.states()


@given(some_arrivals, a_grouping, st.data())
def test_nothing_that_was_not_allowed_is_ever_leased(
    arrivals: list[Signal], sizes: list[int], data: st.DataObject
) -> None:
    """Every body carries its arrival's number; leases are taken, and answered with "try later", between the groups."""
    h, refused, under_way = Harness(MemoryEngine(None)), set(), []
    marked = [_marked(signal, n) for n, signal in enumerate(arrivals)]
    forbidden = {n for n, signal in enumerate(arrivals) if signal.permission is DENIED}
    allowed = {n for n, signal in enumerate(arrivals) if signal.permission is ALLOWED}
    for group in _grouped(marked, sizes):
        h.take(*group)
        refused |= {signal.event_id for signal in group if signal.permission is DENIED}
        under_way = [lease for lease in under_way if data.draw(st.booleans()) or not h.waiting(lease)]
        for lease in _some_leases(h) if data.draw(st.booleans()) else []:
            under_way.append(lease)
            assert not set(carried_ids(lease)) & refused
        for lease in under_way:
            for numbers in _copies_in(h, lease):
                assert numbers & allowed
                assert not numbers & forbidden


def _copies_in(h: Harness, lease: Lease) -> list[set[int]]:
    """Give the numbers of the copies that each conversion of a batch is made of."""
    rows = h.store._rows
    copies = [rows.kept[id_].copies for id_ in rows.batches[lease.batch].ids]
    bodies = [[msgspec.json.decode(copy.body) for copy in of_one] for of_one in copies]
    return [{int(body["properties"]["description"]) for body in of_one} for of_one in bodies]


def _counted(h: Harness) -> list[Any]:
    return [count for count in h.store.counts() if count.outcome != FINDING]


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _row(copies: Sequence[Copy]) -> Any:
    """Give the row of a conversion that took its first copy as it came, and was then shown all of them."""
    h = Harness(MemoryEngine(None))
    h.take(a_signal("e-1"))
    (row,) = h.store._rows.by_id.values()
    show(row, copies)
    return row


def _arrival(n: int, event_id: str, channel: Any, permission: Any, facts: dict[str, Any]) -> Signal:
    """Build a copy of the one order and, as far as its server tells, of the one person that an event id stands for."""
    said = {**facts, "order_id": facts["order_id"] and f"order-{event_id}"}
    if channel is SERVER and "email" in facts["user"]:
        said["user"] = {**facts["user"], "email": an_email(event_id)}
    signal = a_signal(event_id, channel=channel, permission=permission, received_ms=NOW + n, **said)
    return msgspec.structs.replace(signal, body=b"") if permission is DENIED else signal


def _marked(signal: Signal, n: int) -> Signal:
    body = msgspec.json.encode({"event_id": signal.event_id, "properties": {"description": str(n)}})
    return msgspec.structs.replace(signal, body=b"" if signal.permission is DENIED else body)


def _grouped(signals: Sequence[Signal], sizes: Sequence[int]) -> list[Sequence[Signal]]:
    groups, start = [], 0
    for size in sizes:
        groups.append(signals[start : start + size])
        start += size
    return [group for group in groups if group]


def _recorded(arrivals: Sequence[Signal], sizes: Sequence[int]) -> Harness:
    h = Harness(MemoryEngine(None))
    for group in _grouped(arrivals, sizes):
        h.take(*group)
    return h


def _sent(h: Harness) -> dict[str, bytes]:
    """Send everything, one by one; gives the body of each event id."""
    h.clock.advance(ms=HOUR)
    sent = {}
    while h.store.due_lanes(h.now()):
        lease = h.lease(limit=1)
        h.delivered(lease)
        sent[carried(lease)[0]["event_id"]] = lease.body
    return sent


def _shown(h: Harness) -> dict[str, tuple[object, ...]]:
    stories = [story for event_id in EVENT_IDS for story in h.store.by_event_id("shop", event_id)]
    return {
        story.event_id: (story.value_minor, story.currency, story.event_time, story.order_id)
        for story in stories
        if story.state == "ready"
    }


def _permitted(arrivals: Sequence[Signal]) -> set[str]:
    said_by = {d: {s.event_id for s in arrivals if s.permission.decision is d} for d in Decision}
    return said_by[Decision.ALLOWED] - said_by[Decision.DROPPED]


def _some_leases(h: Harness) -> list[Lease]:
    """Lease what is there, in two batches."""
    h.clock.advance(seconds=11)
    return [h.lease(limit=2) for _ in range(2) if h.store.due_lanes(h.now())]
