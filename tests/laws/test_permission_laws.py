"""
What leaves, whatever the order: copies of some orders under several ids, from every channel, with and without consent,
with words on consent between them, for pixels that want purchases confirmed or paid.

Each order has a visit of its own, which its page names; the server of one names the visit as well, that of the other
nothing but the order. What strangers can do is test_evidence_laws.py's.

Promised for any order, grouping and repetition of the same arrivals, as long as nothing was leased before the last of
them and no deadline passed: which conversions leave, under which name and id, and with which bytes. Two things are
given: every copy of an order carries what the order gives it as an id, and a visit that refused did not grant anew
afterwards; where it did, what it had reported before the refusal stays withdrawn, and what comes later is sent.

Promised however leases and answers come between the arrivals: an order leaves at most once, and at most once more as
an enrichment, which only a native copy that is proven calls for; nothing leaves without a copy that is permitted, and
nothing that was refused before its lease.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from engines.kit.embedded import MemoryEngine
from engines.kit.harness import Harness
from engines.kit.owners import POLICY
from signals import (
    ALLOWED,
    DAY,
    DENIED,
    HOUR,
    NOW,
    SECOND,
    UNSAID,
    a_signal,
    a_statement,
    an_email,
    carried,
    denied,
    granted,
)
from twinbeam.core.consent import NOTHING_SAID, ConsentRecord, latest
from twinbeam.core.delivery import Lease
from twinbeam.core.values import Channel, Decision, Signal

PIXELS = ("PIXEL1", "PAID", "CONFIRMED", "AUTO")
ORDERS = ("1", "2")
VISITORS = ("v-1", "v-2")  #: of each order one

a_copy_of_an_order = st.fixed_dictionaries(
    {
        "order_id": st.sampled_from(ORDERS),
        "pixel": st.sampled_from(PIXELS),
        "channel": st.sampled_from(list(Channel)),
        "permission": st.sampled_from([ALLOWED] * 5 + [UNSAID] * 4 + [DENIED]),
        "drawn": st.sampled_from(["", "", "x", "y"]),
        "event": st.sampled_from(["Purchase", "CompletePayment"]),
        "value": st.sampled_from([None, 10.0, 20.5]),
        "user": st.sampled_from([{}, {"email": an_email("ada")}, {"email": an_email("ben"), "ttclid": "c"}]),
        "native": st.sampled_from(["sent", "blocked", "not_fired", "unknown"]),
        "stage": st.sampled_from(["", "placed", "paid", "shipped"]),
    }
)
some_copies = st.lists(a_copy_of_an_order, min_size=1, max_size=8)
#: Per visitor: when it granted, and perhaps when it refused, in seconds.
some_words = st.fixed_dictionaries(
    {visitor: st.tuples(st.lists(st.integers(0, 9), max_size=2), st.booleans()) for visitor in VISITORS}
)


@given(some_copies, some_words, st.data())
def test_what_leaves_does_not_depend_on_order_grouping_or_repetition(
    copies: list[dict[str, Any]], words: dict[str, Any], data: st.DataObject
) -> None:
    arrivals = [*_built(copies), *_last_word_refuses(words)]
    one = _left(arrivals, [len(arrivals)])
    shuffled = data.draw(st.permutations(arrivals + data.draw(st.lists(st.sampled_from(arrivals), max_size=3))))
    other = _left(shuffled, data.draw(st.lists(st.integers(1, 4), max_size=12)))
    assert other == one


@given(some_copies, some_words)
def test_exactly_what_is_permitted_and_confirmed_leaves(copies: list[dict[str, Any]], words: dict[str, Any]) -> None:
    arrivals = [*_built(copies), *_last_word_refuses(words)]
    told = _Told(arrivals)
    expected = {place for place, of_one in told.by_place.items() if told.may_leave(of_one) and _confirmed(of_one)}
    assert _left(arrivals, [1] * len(arrivals)).keys() == expected


a_pause = st.sampled_from([0, SECOND, 11 * SECOND, 200 * SECOND, 400 * SECOND, 25 * HOUR, 3 * DAY])
an_answer = st.sampled_from(["delivered", "waiting", "refused", "later"])
some_statements = st.lists(
    st.tuples(st.sampled_from(VISITORS), st.integers(0, 20), st.sampled_from([granted, denied])), max_size=3
)


@given(some_copies, some_statements, st.data())
def test_nothing_leaves_twice_unpermitted_or_refused_whatever_comes_between(
    copies: list[dict[str, Any]], said: list[Any], data: st.DataObject
) -> None:
    words = [a_statement(word(NOW + at * SECOND), visitor=visitor) for visitor, at, word in said]
    h, taken, refused, under_way = Harness(MemoryEngine(None)), [], set(), []
    said_of: dict[Any, set[bytes]] = defaultdict(set)  # by place and whether it was an enrichment: what was sent
    rows_of: dict[Any, set[int]] = defaultdict(set)
    for signal in data.draw(st.permutations([*_built(copies), *words])):
        h.clock.advance(ms=data.draw(a_pause))
        h.step(lambda: h.store.end_overdue(h.now(), limit=10))
        if h.now() < NOW + 25 * DAY and data.draw(st.booleans()):  # later it forgets visits
            h.tidy()
        taken.append(msgspec.structs.replace(signal, received_ms=h.now()))
        h.take(taken[-1])
        told = _Told(taken)
        refused |= {place for place, of_one in told.by_place.items() if told.is_refused(of_one)}
        for lane in h.store.due_lanes(h.now()) if data.draw(st.booleans()) else []:
            lease = h.try_lease(lane)
            if lease is None:
                continue
            under_way.append(lease)
            for id_, place, event in _places(h, lease):
                rows_of[place].add(id_)
                said_of[place, lane.enriches].add(msgspec.json.encode(event))
                assert place not in refused
                assert told.is_permitted(told.by_place[place])
                assert not lane.enriches or told.is_proven(told.by_place[place])
        under_way = [lease for lease in under_way if not _answered(h, lease, data.draw(an_answer))]
    assert all(len(ids) == 1 for ids in rows_of.values())
    assert all(len(bodies) == 1 for bodies in said_of.values())  # a further attempt says the same


a_late_copy = st.fixed_dictionaries(
    {
        "channel": st.sampled_from(list(Channel)),
        "native": st.just("sent"),
        "user": st.sampled_from([{}, {"email": an_email("ada")}, {"phone": "p"}, {"external_id": "x"}]),
    }
)


@given(st.lists(st.tuples(st.sampled_from([0, SECOND, 60 * SECOND]), a_late_copy), min_size=2, max_size=8))
def test_an_order_is_delivered_once_and_enriched_at_most_once(copies: list[tuple[int, dict[str, Any]]]) -> None:
    h, words = Harness(MemoryEngine(None)), Counter[bool]()
    for pause_ms, said in copies:
        h.clock.advance(ms=pause_ms)
        h.take(a_signal("e-1", received_ms=h.now(), **said))
        for lane in h.store.due_lanes(h.now()):
            h.delivered(h.try_lease(lane))
            words[lane.enriches] += 1
    assert words[False] <= 1
    assert words[True] <= words[False]


class _Told:
    """What has been said so far, reckoned apart from the record room."""

    def __init__(self, arrivals: Sequence[Signal]) -> None:
        self.by_place: dict[tuple[str, str], list[Signal]] = defaultdict(list)
        self._visits: dict[bytes, ConsentRecord] = {}
        for signal in arrivals:
            if signal.event:
                self.by_place[signal.pixel, signal.order_id].append(signal)
            for visit in signal.visits if signal.consent else []:
                self._visits[visit] = latest(self._visits.get(visit, NOTHING_SAID), signal.consent)

    def may_leave(self, of_one: Sequence[Signal]) -> bool:
        return self.is_permitted(of_one) and not self.is_refused(of_one)

    def is_permitted(self, of_one: Sequence[Signal]) -> bool:
        return any(self._decision(signal) is Decision.ALLOWED for signal in of_one)

    def is_refused(self, of_one: Sequence[Signal]) -> bool:
        return any(self._decision(signal) is Decision.DROPPED for signal in of_one)

    def is_proven(self, of_one: Sequence[Signal]) -> bool:
        return any(signal.native == "sent" for signal in of_one)

    def _decision(self, signal: Signal) -> Decision:
        said = signal.permission.decision
        known = [self._visits[visit] for visit in signal.visits if visit in self._visits]
        if said is Decision.DROPPED or not known:
            return said
        return POLICY.judge(POLICY.terms_of("shop", signal.pixel).rules.consent, known[0], signal.event_source).decision


def _confirmed(of_one: Sequence[Signal]) -> bool:
    terms = POLICY.terms_of("shop", of_one[0].pixel)
    return any(terms.confirmed_by(signal, awaited=signal.pixel == "AUTO") for signal in of_one)


def _built(copies: Sequence[dict[str, Any]]) -> list[Signal]:
    """Build copies, each accepted in a millisecond of its own."""
    return [_a_copy(n, **said) for n, said in enumerate(copies)]


def _a_copy(n: int, *, order_id: str, drawn: str, **said: Any) -> Signal:
    """Build a copy; the server of order 1 names its visit, that of order 2 does not."""
    is_page, visitor = said["channel"] is Channel.BROWSER, f"v-{order_id}"
    names_visit = is_page or order_id == "1"
    order_id = f"{order_id}-{said['pixel']}"
    said["user"] = said["user"] if is_page else {"email": an_email(order_id)}
    signal = a_signal(
        f"drawn-{drawn}-{order_id}" if drawn else f"order-{order_id}",
        order_id=order_id,
        also=[f"order-{order_id}"],
        currency="EUR" if said["value"] else "",
        properties={"order_id": order_id},
        received_ms=NOW + n,
        visitor=visitor if names_visit else "",
        consent=denied(NOW + 10 * SECOND) if said["permission"] is DENIED else None,
        **said,
    )
    return msgspec.structs.replace(signal, body=b"") if signal.permission is DENIED else signal


def _last_word_refuses(words: dict[str, tuple[list[int], bool]]) -> list[Signal]:
    """Let a visitor's last word be the refusal, if there is one."""
    return [
        a_statement(word(NOW + at * SECOND), visitor=visitor)
        for visitor, (grants, refuses) in words.items()
        for at, word in [*((at, granted) for at in grants), *([(10, denied)] if refuses else [])]
    ]


def _left(arrivals: Sequence[Signal], sizes: Sequence[int]) -> dict[tuple[str, str], dict[str, Any]]:
    """Record arrivals in groups, send everything, and give what left by pixel and order; nothing leaves twice."""
    h, start = _after_a_report(), 0
    for size in [*sizes, len(arrivals)]:
        if arrivals[start : start + size]:
            h.take(*arrivals[start : start + size])
        start += size
    h.clock.advance(ms=HOUR)
    left = {}
    while lanes := h.store.due_lanes(h.now()):
        lease = h.try_lease(lanes[0], limit=1)
        assert lease is not None
        h.delivered(lease)
        (event,) = carried(lease)
        place = (lease.lane.source_id, event["properties"]["order_id"])
        assert place not in left
        left[place] = event
    return left


def _after_a_report() -> Harness:
    """Open an engine to which a server has reported a purchase on the pixel where that matters."""
    h = Harness(MemoryEngine(None))
    h.take(a_signal("before", pixel="AUTO"))
    h.delivered(h.lease(pixel="AUTO"))
    return h


def _places(h: Harness, lease: Lease) -> list[tuple[int, tuple[str, str], dict[str, Any]]]:
    """Give the conversions of a batch, each with its pixel and order, and what is said of it."""
    ids = h.store._rows.batches[lease.batch].ids
    events = carried(lease)
    places = [(lease.lane.source_id, event["properties"]["order_id"]) for event in events]
    return list(zip(ids, places, events, strict=True))


def _answered(h: Harness, lease: Lease, answer: str) -> bool:
    """Settle a batch, or leave it on the wire."""
    if answer == "later":
        return False
    return bool({"delivered": h.delivered, "waiting": h.waiting, "refused": h.refused}[answer](lease))
