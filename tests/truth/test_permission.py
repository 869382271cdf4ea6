"""
Whose permission lets what leave: thousands of events from the front door to the bytes that TikTok would get.

Each case goes through the real rooms and a real store; what leaves of it is compared with the table of
spec/permission.json, which is written from the law. More than it allows is a hole, less is lost without need.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from builders import NOW_S, WORKSPACE
from door import BROWSER_KEY, SERVER_KEY, House, a_directory
from permission_table import DATA, DEFAULTS, LEVELS, PURPOSES, VECTORS, Case, expected
from signals import HOUR, carried
from twinbeam.core.rules import ConsentRules, PixelRules
from twinbeam.core.values import Signal
from twinbeam.destinations.tiktok.wire import compose
from twinbeam.engines.keyring import KeyRing
from twinbeam.engines.memory import MemoryStore
from twinbeam.engines.stores.sqlite.store import SqliteStore
from twinbeam.pipeline.accept.client_address import Proxies
from twinbeam.pipeline.accept.directory import PixelEntry
from twinbeam.pipeline.consent.gate import judge
from twinbeam.pipeline.consent.receipts import Receipts
from twinbeam.pipeline.flow import Intake
from twinbeam.pipeline.identity.seal import Sealer
from twinbeam.pipeline.journal.codec import decode, encode
from twinbeam.pipeline.record.contract import Numbered
from twinbeam.pipeline.record.policy import RecordPolicy, Terms
from twinbeam.pipeline.send.limits import Ages

JOURNAL = "00" * 16
SHARED = frozenset({"country", "locale"})  # of the user, what thousands have in common
VISITOR, PROXY = "203.0.113.9", "10.0.0.5"
CHUNK = 400

UNSAID = ""
ANSWERS = ("granted", "denied", "undecided", UNSAID)
SAID = [
    {name: answer for name, answer in zip((*PURPOSES, "opt_out"), answers, strict=True) if answer != UNSAID}
    for answers in product(ANSWERS, ANSWERS, ("granted", "denied", UNSAID), (True, False, UNSAID))
]
#: What is said most: everything granted, refused or unsaid, and one refusal at a time.
USUAL = [
    {},
    {"ad_storage": "granted"},
    {"ad_storage": "granted", "ad_user_data": "granted"},
    {"ad_storage": "granted", "ad_user_data": "granted", "ad_personalization": "granted"},
    {"ad_storage": "granted", "ad_user_data": "granted", "ad_personalization": "denied"},
    {"ad_storage": "granted", "ad_user_data": "granted", "opt_out": True},
    {"ad_storage": "granted", "ad_user_data": "denied"},
    {"ad_storage": "granted", "ad_user_data": "denied", "ad_personalization": "denied"},
    {"ad_storage": "denied", "ad_user_data": "granted"},
    {"ad_user_data": "denied"},
    {"ad_personalization": "denied"},
    {"opt_out": True},
    {"opt_out": False},
    {"ad_storage": "undecided", "ad_user_data": "granted"},
]
RULES = [
    DEFAULTS,
    DEFAULTS | {"user_data_denied": "strip"},
    DEFAULTS | {"personalization_denied": "drop"},
    DEFAULTS | {"opted_out": "drop"},
    DEFAULTS | {"policy": "require"},
    DEFAULTS | {"policy": "not_required"},
    DEFAULTS | {"policy": "not_required", "user_data_denied": "strip"},
]
SOURCES: list[dict[str, Any]] = [
    {"source": "web"},
    {"source": "web", "ip": False},
    {"source": "offline"},
    {"source": "crm"},
]
PLACES = [None, "DE", "GB", "CH", "JP", "CA-QC", "CA-ON", "AU", "US", "US-CA", "US-TX", "PR"]


def cases() -> Iterator[Case]:
    """Give every case of the table."""
    yield from _of_servers()
    yield from _of_browsers()
    yield from _of_dialects()
    yield from _of_places()


def _of_servers() -> Iterator[Case]:
    for said, place, source in product(SAID, (None, "DE", "US", "US-CA", "US-TX", "AU"), SOURCES):
        yield a_case(said, place, **source)
    for said, rules, place, source in product(USUAL, RULES, ("DE", "US-CA", "US", None), SOURCES):
        yield a_case(said, place, rules=rules, **source)
    for said, place, source in product(USUAL, PLACES, SOURCES):
        yield a_case(said, place, asked=True, **source)


def _of_browsers() -> Iterator[Case]:
    for said, place, seen, gpc in product(USUAL, PLACES, (None, "DE", "US", "CA"), ("", "1", "1, 1")):
        yield a_case(said, place, seen=seen, gpc=gpc, channel="browser")
    for said, place, rules in product(USUAL, PLACES, RULES):
        yield a_case(said, place, seen="US", asked=True, rules=rules, channel="browser")


def _of_dialects() -> Iterator[Case]:
    for vector, place, channel in product(VECTORS, (None, "DE", "US", "US-CA"), ("browser", "server")):
        yield a_vector(vector, place, channel)


def _of_places() -> Iterator[Case]:
    for row, said, channel in product(DATA["places"], USUAL[:6], ("browser", "server")):
        yield a_case(said, row["place"], channel=channel)
    for region, said in product(DATA["regions"], USUAL[:6]):
        yield replace(a_case(said, region["place"]), consent=said | {"region": region["written"]})


def a_case(said: dict[str, Any], place: str | None, **facts: Any) -> Case:
    consent = said | ({"region": place} if place else {})
    return Case(consent=consent, means=said, place=place, **facts)


def a_vector(vector: dict[str, Any], place: str | None, channel: str) -> Case:
    """Give a vector in its place; where it is no object, the delivery network has to say the place."""
    written, seen = vector["written"], None
    if isinstance(written, dict):
        consent = written | ({"region": place} if place else {})
        return Case(consent=consent, means=vector["means"], place=place, channel=channel)
    seen = place[:2] if place and channel == "browser" else None
    return Case(consent=written, means=vector["means"], seen=seen, channel=channel)


class Gateway:
    """The rooms from the door to the wire; the journal is a list of encoded groups."""

    def __init__(self, store: Callable[[RecordPolicy], Any], rules: Sequence[Any] = RULES) -> None:
        pixels = [
            PixelEntry(f"P{n}{source}", WORKSPACE, source, PixelRules(consent=ConsentRules(**chosen)))  # type: ignore[arg-type]
            for n, chosen in enumerate(rules)
            for source in ("web", "offline", "crm")
        ]
        terms = {pixel.code: Terms(pixel.rules) for pixel in pixels}
        self.store = store(RecordPolicy(terms_of=lambda _workspace, pixel: terms[pixel], judge=judge))
        intake = Intake(receipts=Receipts([b"k" * 32]), seal=Sealer().seal, append=self._append)
        self._groups: list[bytes] = []
        self._seq = 0
        self.house = House(
            directory=a_directory(*pixels),
            take=intake.take,
            note=intake.note,
            proxies=Proxies(["10.0.0.0/8"]),
            country_header=b"cf-ipcountry",
        )

    async def _append(self, brought: Any, seal: Any) -> Any:
        sealed = seal(brought)
        self._groups.append(encode([one.signal for one in sealed]))
        return sealed

    def send(self, events: Sequence[dict[str, Any]], headers: dict[str, str]) -> Any:
        answered = self.house.post(json.dumps({"events": events}).encode(), headers, client=(PROXY, 4))
        assert answered is not None
        assert answered.status == 202, answered.body
        return answered.json

    def record(self) -> list[Signal]:
        """Record what the journal holds, and give it."""
        signals = []
        for body in self._groups:
            self._seq += 1
            group = decode(body)
            self.store.record(JOURNAL, [Numbered(self._seq, group)], self.house.clock.now_ms())
            signals += group
        self._groups.clear()
        return signals

    def leaves(self) -> dict[str, list[dict[str, Any]]]:
        """Send whatever is due within the hour, and give it by its event id."""
        now_ms = self.house.clock.now_ms() + HOUR
        left = defaultdict(list)
        for lane in self.store.due_lanes(now_ms):
            while lease := self.store.lease(lane, limit=1_000, owner="w", now_ms=now_ms, compose=compose):
                for event in carried(lease):
                    left[event["event_id"]].append(event)
        return left


def headers_of(case: Case) -> dict[str, str]:
    if case.channel == "server":
        return {"authorization": f"Bearer {SERVER_KEY}"}
    headers = {"authorization": f"Bearer {BROWSER_KEY}", "x-forwarded-for": VISITOR, "user-agent": "Mozilla/5.0"}
    headers |= {"cf-ipcountry": case.seen} if case.seen else {}
    return headers | ({"sec-gpc": case.gpc} if case.gpc else {})


def event_of(case: Case, id_: str) -> dict[str, Any]:
    rules = RULES.index(dict(case.rules))
    user = {"email": "ada@shop.example", "external_id": "c-7"}
    if case.channel == "server" and case.ip:
        user |= {"ip": VISITOR, "user_agent": "Mozilla/5.0"}
    event: dict[str, Any] = {
        "event": "AddToCart",
        "event_id": id_,
        "event_source": case.source,
        "pixel": f"P{rules}{case.source}",
        "user": user,
        "consent": case.consent,
    }
    if case.channel == "server":
        event["event_time"] = NOW_S - 5
    if case.source == "crm":
        event["lead"] = {"lead_id": f"lead-{id_}"}
    return event | ({"limited_data_use": True} if case.asked else {})


def level_of(signal: Signal | None, left: list[dict[str, Any]]) -> str:
    """Name what left of an event; what did not leave is kept for later, or is a tombstone."""
    if not left:
        return "later" if signal is not None and signal.body else "never"
    (event,) = left
    if not (set(event.get("user", {})) - SHARED or "lead" in event):
        return "bare"
    return "limited" if event.get("limited_data_use") else "full"


def judged(numbered: Iterable[tuple[str, Case]], gateway: Gateway) -> Iterator[tuple[Case, str]]:
    """Send cases, and give what left of each."""
    by_request = defaultdict(list)
    for id_, case in numbered:
        by_request[tuple(sorted(headers_of(case).items()))].append((id_, case))
    for headers, together in by_request.items():
        for start in range(0, len(together), CHUNK):
            chunk = together[start : start + CHUNK]
            told = gateway.send([event_of(case, id_) for id_, case in chunk], dict(headers))
            assert told["rejected"] == []
    signals = {signal.event_id: signal for signal in gateway.record()}
    left = gateway.leaves()
    for id_, case in [pair for together in by_request.values() for pair in together]:
        yield case, level_of(signals.get(id_), left.get(id_, []))


def in_memory(_folder: Path) -> Callable[[RecordPolicy], Any]:
    return lambda policy: MemoryStore(policy=policy)


def in_sqlite(folder: Path) -> Callable[[RecordPolicy], Any]:
    ring = KeyRing.open_or_create(folder / "keys" / "keyring.json")
    return lambda policy: SqliteStore.open_as_writer(folder / "data", ring, policy=policy, ages=Ages())


@pytest.mark.truth("permission")
def test_nothing_leaves_that_the_law_keeps_and_nothing_is_lost_that_it_lets_go(tmp_path, record_property):
    all_cases = list(cases())
    gateway = Gateway(in_sqlite(tmp_path))
    found = list(judged(((f"c-{n}", case) for n, case in enumerate(all_cases)), gateway))
    gateway.store.close()
    off = Counter(_deviation(case, level) for case, level in found)
    holes, lost = off.pop("hole", 0), off.pop("lost", 0)
    record_property("figures", f"permission: {len(found)} cases, holes {holes}, lawful lost {lost}")
    wrong = [(expected(case), level, case) for case, level in found if expected(case) != level]
    assert wrong[:5] == []
    assert len(found) == len(all_cases) >= 5_000


def _deviation(case: Case, level: str) -> str:
    difference = LEVELS.index(level) - LEVELS.index(expected(case))
    return "hole" if difference > 0 else "lost" if difference < 0 else "right"


@pytest.mark.truth("permission")
@pytest.mark.parametrize("store", [in_memory, in_sqlite])
@pytest.mark.parametrize("history", DATA["histories"], ids=lambda history: history["story"])
def test_what_a_visit_says_reaches_its_events_as_the_law_means_it(history, store, tmp_path):
    gateway = Gateway(store(tmp_path))
    clock, began_s = gateway.house.clock, NOW_S
    for n, step in enumerate(history["steps"]):
        clock.advance(ms=step.get("after_s", 0) * 1_000)
        dated = {"at": began_s + step["at_after_s"]} if "at_after_s" in step else {}
        case = Case(
            consent=step["consent"] | dated, channel=step["who"], seen=step.get("edge"), gpc=step.get("gpc", "")
        )
        event = event_of(case, "probe" if step.get("probe") else f"s-{n}") | {"visitor_id": "v-1"}
        if step["who"] == "server":
            event["event_time"] = clock.now_ms() // 1_000
        if "age_s" in step:
            event["age_ms"] = step["age_s"] * 1_000
        gateway.send([event], headers_of(case))
        gateway.record()
    left = gateway.leaves().get("probe", [])
    waits = any(story.state == "held" for story in gateway.store.by_event_id(WORKSPACE, "probe"))
    assert (level_of(None, left) if left else "later" if waits else "never") == history["leaves"]
