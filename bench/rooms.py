"""
What each room costs for one event: microseconds, on one core, without a server.

Each figure is the median of several passes over many different events; the loop around the call is part of it
(0.05 us). Only the append touches the disk.
"""

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec
from doorway import door_rows
from ledger import GROUP, arrivals, signals
from processes import WORKSPACE, furnish
from result import Row
from scale import Bench
from workload import PIXEL, body, has_national_phone

from twinbeam.core.clock import SystemClock
from twinbeam.core.consent import ConsentRecord
from twinbeam.core.delivery import Lane
from twinbeam.core.keys import visit
from twinbeam.core.outcomes import Reason
from twinbeam.core.values import Arrival, Channel, Decision, Judged, Notice, Permission, Signal
from twinbeam.destinations.tiktok.verdicts import verdict
from twinbeam.destinations.tiktok.wire import compose
from twinbeam.engines.journals.sqlite import SqliteJournal, slot_path
from twinbeam.engines.keyring import KeyRing
from twinbeam.pipeline.consent.gate import gate, judge
from twinbeam.pipeline.consent.receipts import Receipts
from twinbeam.pipeline.identity.seal import Sealer
from twinbeam.pipeline.journal.codec import decode, encode
from twinbeam.pipeline.record.claims import ClaimLimits
from twinbeam.pipeline.record.conversion import copy_of
from twinbeam.pipeline.record.fold import Fold
from twinbeam.pipeline.record.merge import merge
from twinbeam.pipeline.record.policy import RecordPolicy
from twinbeam.pipeline.record.read_set import ReadSet
from twinbeam.sources import events_v1

STAGE = "rooms"
TRANSACTION = 1_000  #: events folded at once, as the recorder does
DROPPED = Permission(Decision.DROPPED, "ad_storage=denied", Reason.NO_CONSENT)
ANSWER = b'{"code":0,"message":"OK","request_id":"20260101000000SINK0000000000000000","data":{}}'


def measure(bench: Bench) -> Iterator[Row]:
    """Measure the rooms in the order in which an event walks through them."""
    events = list(arrivals(0, bench.scale.room_events))
    sealed = signals(0, bench.scale.room_events)
    yield from _decode_rows(bench)
    yield from door_rows(bench)
    yield from _consent_rows(bench, events)
    yield from _seal_rows(bench, events)
    yield from _journal_rows(bench, sealed)
    yield from _record_rows(bench, sealed)
    yield from _send_rows(bench, sealed)


def _decode_rows(bench: Bench) -> Iterator[Row]:
    count = bench.scale.room_events
    single = [body(n) for n in range(count)]
    size = f"{sum(map(len, single)) / count:,.0f} bytes on average"
    yield _row(bench, "1 accept: decode, one event", single, events_v1.read, note=size)
    fifty = [body(n, 50) for n in range(0, count, 50)]
    yield _row(bench, "1 accept: decode, 50 events", fifty, events_v1.read, events=50)


def _consent_rows(bench: Bench, events: Sequence[Arrival]) -> Iterator[Row]:
    """Judge the work item at the door, and its record once more as the recorder does."""
    yield _row(bench, "2 consent: gate", events, gate)
    records = [(arrival.rules.consent, gate(arrival)[1], arrival.item.event_source) for arrival in events]
    yield _row(bench, "2 consent: judge alone", records, lambda pair: judge(*pair))

    receipts, visitor = Receipts([bytes(32)]), visit("visitor", WORKSPACE, "visitor-1")
    now_ms, record = events[0].origin.received_ms, records[0][1]
    receipt = receipts.sign(record, visitor, WORKSPACE, now_ms)
    name = "2 consent: receipt"
    yield _row(bench, f"{name}, signed", records, lambda pair: receipts.sign(pair[1], visitor, WORKSPACE, now_ms))
    bringing = [_changed(arrival, {"consent_receipt": receipt, "visitor_id": None}) for arrival in events]
    yield _row(bench, f"{name}, read and judged", bringing, lambda arrival: gate(arrival, _heard(receipts, arrival)))


def _heard(receipts: Receipts, arrival: Arrival) -> ConsentRecord:
    heard = receipts.heard(arrival)
    if isinstance(heard, Notice):
        raise AssertionError(f"the receipt is not taken: {heard.code}")  # noqa: TRY004 -- not a matter of types
    return heard.record


def _seal_rows(bench: Bench, events: Sequence[Arrival]) -> Iterator[Row]:
    """Seal the work item as it comes, in groups and alone, and what makes it cheaper or dearer."""
    name = "3 identity: seal"
    allowed, _ = gate(events[0])

    def row(label: str, arrivals: Sequence[Arrival], permission: Permission = allowed, *, size: int = GROUP) -> Row:
        judged = [Judged(arrival, permission) for arrival in arrivals]
        groups = [judged[at : at + size] for at in range(0, len(judged) - size + 1, size)]
        return _row(bench, f"{name}, {label}", groups, lambda: Sealer().seal, remade=True, events=size)

    national = [arrival for n, arrival in enumerate(events) if has_national_phone(n)]
    e164 = [arrival for n, arrival in enumerate(events) if not has_national_phone(n)]
    yield row(f"the work item, group of {GROUP}", events)
    yield row("the work item, alone", events, size=1)
    yield row("E.164 phone", e164)
    yield row("national phone", national)
    parsed = [_changed(arrival, {"user": {"phone": f"{arrival.item.user.phone} ext. 1"}}) for arrival in national]
    yield row("phone with an extension, first seen", parsed)
    yield row("phone with an extension, seen before", parsed[:GROUP] * (len(parsed) // GROUP))
    for label, change in _VARIANTS.items():
        yield row(label, [_changed(arrival, change) for arrival in e164])
    yield row("refused: a tombstone", events, DROPPED)


_VARIANTS: dict[str, dict[str, Any]] = {
    "a long number in a URL": {"page": {"referrer": "https://shop.example/?utm_id=1789012345678901"}},
    "an e-mail in a URL": {"page": {"referrer": "https://shop.example/?email=ada%40mail.example"}},
    "id derived from the contents": {"event_id": None, "order_id": None},
}


def _changed(arrival: Arrival, change: dict[str, Any]) -> Arrival:
    page = msgspec.structs.replace(arrival.item.page, **change.get("page", {}))
    user = msgspec.structs.replace(arrival.item.user, **change.get("user", {}))
    own = {name: value for name, value in change.items() if name not in {"page", "user"}}
    item = msgspec.structs.replace(arrival.item, page=page, user=user, **own)
    return msgspec.structs.replace(arrival, item=item)


def _journal_rows(bench: Bench, sealed: Sequence[Signal]) -> Iterator[Row]:
    groups = [sealed[at : at + GROUP] for at in range(0, len(sealed) - GROUP, GROUP)]
    encoded = [encode(group) for group in groups]
    shape = f"group of {GROUP}"
    yield _row(bench, f"4 journal: encode, {shape}", groups, encode, events=GROUP)
    house = furnish(bench.folder / "rooms")
    journal = SqliteJournal(slot_path(house.data, 0), KeyRing.open(house.keyring))
    now_ms = SystemClock().now_ms()
    name = f"4 journal: encrypt, append and sync, {shape}"
    yield _row(bench, name, encoded, lambda group: journal.append(now_ms, GROUP, group), events=GROUP)
    journal.close()
    yield _row(bench, f"5 record: decode, {shape}", encoded, decode, events=GROUP)


def _record_rows(bench: Bench, sealed: Sequence[Signal]) -> Iterator[Row]:
    transactions = [sealed[at : at + TRANSACTION] for at in range(0, len(sealed), TRANSACTION)]
    full = [group for group in transactions if len(group) == TRANSACTION]
    yield _row(bench, f"5 record: fold, {TRANSACTION:,} new events", full, _fold, events=TRANSACTION)
    pairs = [
        [copy_of(signal, b"1"), copy_of(msgspec.structs.replace(signal, channel=Channel.BROWSER), b"2")]
        for signal in sealed
    ]
    yield _row(bench, "5 record: merge of two copies", pairs, lambda copies: merge(copies, 0))


def _send_rows(bench: Bench, sealed: Sequence[Signal]) -> Iterator[Row]:
    lane = Lane(1, "default", "web", PIXEL)
    batch = [(signal.event, signal.body) for signal in sealed[:TRANSACTION]]
    name = f"6 send: compose, {len(batch):,} events"
    yield _row(bench, name, [batch] * 20, lambda events: compose(lane, events), events=len(batch))
    headers = {"content-type": "application/json"}
    name = "6 send: verdict"
    yield _row(bench, name, [ANSWER] * 2_000, lambda said: verdict(200, said, headers), unit="us/answer")


def _fold(group: Sequence[Signal]) -> None:
    """Fold a transaction's worth of events of which nothing is known yet."""
    ids = iter(range(1, len(group) + 1))
    fold = Fold(ReadSet({}, {}, {}, {}), new_id=ids.__next__, policy=RecordPolicy(judge=judge), claims=ClaimLimits())
    fold.take([(signal, index.to_bytes(4, "big")) for index, signal in enumerate(group)])


def _row(
    bench: Bench,
    name: str,
    inputs: Sequence[Any],
    act: Callable[..., Any],
    *,
    events: int = 1,
    unit: str = "us/event",
    remade: bool = False,
    note: str = "",
) -> Row:
    """Time an act over its inputs; `remade` asks for a new act before each pass, `events` is what an input holds."""
    passes = [_pass(act() if remade else act, inputs) / events for _ in range(bench.scale.room_passes)]
    return Row.of(STAGE, name, passes, unit, note=note)


def _pass(act: Callable[[Any], object], inputs: Sequence[Any]) -> float:
    """Give the microseconds per input."""
    gc.collect()
    began = time.perf_counter()
    for given in inputs:
        act(given)
    return (time.perf_counter() - began) / len(inputs) * 1e6
