"""
Chaos: twenty pixels, each with a trouble of its own, events with a script each, and what is seen of them meanwhile.

An event's part says what may become of it; TikTok's side may answer with a refusal that its script made up, which its
dead letter then names.
"""

import json
import sqlite3
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException
from itertools import cycle
from pathlib import Path
from threading import Event, Thread
from typing import Any, Self
from urllib.parse import urlsplit

import msgspec

from gateway import Gateway, Shop, TikTokSide
from shoppers import DENIED, GRANTED, a_view
from twinbeam.cli.doctor.store import accounting
from twinbeam.core.clock import SystemClock
from twinbeam.core.errors import StorageError
from twinbeam.core.rules import MAIN
from twinbeam.engines.journals.sqlite import slots
from twinbeam.engines.keyring import KeyRing
from twinbeam.engines.stores.sqlite.store import FILE, SqliteReader, SqliteSetup
from twinbeam.settings import load

#: What goes wrong, one pixel after the other, with this share of its requests.
TROUBLES: tuple[dict[str, Any], ...] = (
    {"kind": "status", "status": 500},
    {"kind": "html_502"},
    {"kind": "rate_limit", "status": 429, "retry_after_seconds": 1},
    {"kind": "rate_limit", "status": 401},
    {"kind": "code", "code": 50000},
    {"kind": "code", "code": 49999, "message": "nobody knows this code"},
    {"kind": "code", "code": 40002, "message": "data.3.event_time: scripted"},
    {"kind": "code", "code": 40050, "message": "scripted, and names nobody"},
    {"kind": "partial", "take_share": 0.5},
    {"kind": "delay", "seconds": 0.5},
    {"kind": "hang", "seconds": 1},
    {"kind": "reset", "when": "after"},
    {"kind": "reset", "when": "before"},
    {"kind": "truncated"},
    {"kind": "slow_body", "seconds": 1},
    {"kind": "status", "status": 413},
    {"kind": "status", "status": 404},
    {"kind": "delay", "seconds": 0.2, "when": "after"},
    {"kind": "token_revoked"},
    {"kind": "token_foreign"},
)
SHARE = 0.3
PIXELS = tuple(f"C0CHAOSPIXEL{number:08}" for number in range(len(TROUBLES)))
#: The pixels whose lane waits for a person who saves a token.
TOKEN_TROUBLE = PIXELS[-2:]
#: Positions of switches that TikTok's side takes one after the other.
TURNS: tuple[dict[str, Any], ...] = (
    {"bad_event_in_batch": "partial"},
    {"message_grammar": "field"},
    {"http_status_mode": "always200"},
    {"bad_event_in_batch": "refuse_all"},
    {"max_queries_per_second": 20, "retry_after_seconds": 1},
    {"success_data": "absent", "permission_checked": "after"},
    {"max_queries_per_second": 1_000, "retry_after_seconds": 0},
    {"message_grammar": "path", "http_status_mode": "portal"},
)
#: What an event's script is, in how many of a hundred.
PARTS = ("bad", "denied", "declined", "declined", "limited", "limited", "twice", "twice")
#: Parts of which nothing keeps the event from being counted.
ARRIVES = frozenset({"good", "twice"})
LIMITED = {**GRANTED, "ad_personalization": "denied", "region": "US-CA"}


class Scripted(msgspec.Struct, frozen=True):
    """One event, and its part in the play."""

    event_id: str
    pixel: str
    part: str


def a_play(count: int) -> list[Scripted]:
    """Return the events: the pixels in turn, and the parts spread evenly."""
    parts = [*PARTS, *["good"] * (100 - len(PARTS))]
    places = [(number * 37 + number // 100) % 100 for number in range(count)]
    return [Scripted(f"chaos-{n}", PIXELS[n % len(PIXELS)], parts[place]) for n, place in enumerate(places)]


def first_copy(event: Scripted) -> dict[str, Any]:
    """Return what is posted of an event; a bad one lacks what TikTok's side is made to ask for."""
    consent = DENIED if event.part == "denied" else GRANTED
    return a_view(event.event_id, pixel=event.pixel, consent=consent, **({"page": None} if event.part == "bad" else {}))


def later_copy(event: Scripted) -> dict[str, Any] | None:
    """Return what is posted of it a little later, if anything: a repeat, a refusal, or a condition."""
    consents = {"twice": GRANTED, "declined": DENIED, "limited": LIMITED}
    return a_view(event.event_id, pixel=event.pixel, consent=consents[event.part]) if event.part in consents else None


def furnish(shop: Shop) -> str:
    """Set up the pixels on both sides, and return a key for all of them."""
    shop.gateway.stop()
    settings, now_ms = load(shop.gateway.settings), SystemClock().now_ms()
    with closing(SqliteSetup(settings.data, KeyRing.open(settings.keyring))) as setup:
        for pixel in PIXELS:
            shop.tiktok.add_pixel(pixel, f"token-of-{pixel}")
            usual = {"workspace": MAIN, "code": pixel, "now_ms": now_ms}
            setup.save_pixel(**usual, event_source="web", name=pixel)
            setup.save_token(**usual, token=f"token-of-{pixel}")
    shop.tiktok.post("switches", page_required=True)
    shop.tiktok.expected_faults.add("missing_field")
    key = shop.make_key("server", *PIXELS)
    shop.gateway.start()
    return key


def begin_trouble(tiktok: TikTokSide) -> None:
    """Let things go wrong from now on."""
    for pixel, script in zip(PIXELS, TROUBLES, strict=True):
        tiktok.trouble(**script, share=SHARE, pixel=pixel)


def end_trouble(shop: Shop) -> None:
    """Let TikTok's side work again, and the owner save the tokens that it refused."""
    shop.tiktok.heal()
    for turn in TURNS[-2:]:
        shop.tiktok.post("switches", **turn)
    shop.tiktok.post("switches", bad_event_in_batch="refuse_all", success_data="object", permission_checked="before")
    for pixel in TOKEN_TROUBLE:
        shop.gateway.told("pixels", "token", pixel, "--untried", told=f"token-of-{pixel}")


class Poster(Thread):
    """One connection that posts its share of a play, each group until it is acknowledged, at a steady rate."""

    def __init__(self, url: str, key: str, events: Sequence[Scripted], *, per_second: float, group: int = 25) -> None:
        super().__init__(daemon=True)
        self.posted = 0
        self.again = 0
        self.surprises: list[str] = []
        self._connection = HTTPConnection(urlsplit(url).netloc, timeout=30)
        self._headers = {"Authorization": f"Bearer {key}"}
        self._groups = [events[first : first + group] for first in range(0, len(events), group)]
        self._seconds = group / per_second

    def run(self) -> None:
        with closing(self._connection):
            begins, later = time.monotonic(), list[dict[str, Any]]()
            for number, group in enumerate(self._groups):
                self._post_until_taken([first_copy(event) for event in group] + later)
                later = [copy for event in group if (copy := later_copy(event))]
                self.posted += len(group)
                time.sleep(max(0.0, begins + number * self._seconds - time.monotonic()))
            self._post_until_taken(later)

    def _post_until_taken(self, events: Sequence[dict[str, Any]]) -> None:
        body = json.dumps({"events": events}).encode()
        while events and not self._is_taken(body):
            self.again += 1
            time.sleep(0.05)

    def _is_taken(self, body: bytes) -> bool:
        try:
            self._connection.request("POST", "/v1/events", body, self._headers)
            answer = self._connection.getresponse()
            said = answer.read()
        except (OSError, HTTPException):
            self._connection.close()
            return False
        if answer.status != 202 or json.loads(said)["rejected"]:
            self.surprises.append(f"{answer.status} {said[:300]!r}")
        return answer.status == 202


class Witness(Thread):
    """Holds both laws against the files again and again, and keeps what TikTok's side was asked."""

    def __init__(self, shop: Shop, pause_seconds: float = 0.5) -> None:
        super().__init__(daemon=True)
        self.looks = 0
        self.broken: list[str] = []
        self.requests: list[tuple[tuple[str, ...], str]] = []
        self._shop = shop
        self._pause_seconds = pause_seconds
        self._seen = 0
        self._turns = cycle(TURNS)
        self._ending = Event()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self.join(60)
        self.look()

    def run(self) -> None:
        while not self._ending.wait(self._pause_seconds):
            self.look()

    def look(self) -> None:
        """Look once."""
        with suppress(StorageError, sqlite3.OperationalError):  # a file that cannot be read just now is read next time
            self.broken += [*broken_laws(self._shop.gateway)]
            self.looks += 1
        self._seen, calls = _requests_after(self._shop.tiktok, self._seen)
        self.requests += calls

    def turn(self) -> None:
        """Let TikTok's side turn its next switch."""
        self._shop.tiktok.post("switches", **next(self._turns))


def _requests_after(tiktok: TikTokSide, seen: int) -> tuple[int, list[tuple[tuple[str, ...], str]]]:
    calls = []
    while True:
        page = tiktok.get("requests", after=seen, limit=200, body=1)
        calls += [(_ids_in(it["body"]), it["sha256"]) for it in page["items"] if it["method"] == "POST"]
        seen = max([seen, *(it["seq"] for it in page["items"])])
        if not page["more"]:
            return seen, calls


def _ids_in(body: str) -> tuple[str, ...]:
    """Read the ids from what was sent: a call that met trouble was not read by TikTok's side."""
    return tuple(event["event_id"] for event in json.loads(body)["data"])


def broken_laws(gateway: Gateway) -> Iterator[str]:
    """Yield what does not add up at this moment: invariant 3 of ARCHITECTURE.md, from the files alone."""
    with closing(SqliteReader(gateway.data)) as store:
        with store.one_moment():
            counts, states, removed = store.totals(by_event=False), store.states(), store.removed()
        if (second := accounting(counts, states, removed)).fix:
            yield second.what
        for path in slots(load(gateway.settings).journal_folder):
            if first := _lost_on_the_way(path, store):
                yield first


def _lost_on_the_way(path: Path, store: SqliteReader, tries: int = 20) -> str:
    """Say so where what was appended is not what was recorded and what is in the journal."""
    for _ in range(tries):
        before = store.cursors()
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as journal:
            ((id_,),) = journal.execute("SELECT id FROM journal").fetchall() or [("",)]
            seq, recorded = before.get(id_, (0, 0))
            sql = "SELECT coalesce(sum(n), 0), coalesce(max(upto), ?) FROM commit_group WHERE seq > ?"
            waiting, appended = journal.execute(sql, (recorded, seq)).fetchone()
        if store.cursors() == before:  # else what was recorded meanwhile may have been dropped from the journal
            fine = appended == recorded + waiting
            return "" if fine else f"{path.name}: appended {appended}, recorded {recorded}, in the journal {waiting}"
    return ""


class Fates(msgspec.Struct, frozen=True):
    """What became of a play, by the gateway's store and by TikTok's side."""

    states: dict[str, list[tuple[str, str, str]]]  #: state, reason and TikTok's last message, by event id
    counted: dict[str, set[int]]  #: the numbers under which TikTok's side counts an event
    copies: dict[str, Counter[str]]  #: what of it arrived there, and how often
    strangers: set[str]  #: what is counted and was never posted


def fates_of(shop: Shop, play: Sequence[Scripted]) -> Fates:
    """Read what became of a play."""
    states: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    with closing(sqlite3.connect(f"file:{shop.gateway.data / FILE}?mode=ro", uri=True)) as db:
        for event_id, *ended in db.execute(_STATES):
            states[event_id].append((ended[0], ended[1], ended[2]))
    counted: dict[str, set[int]] = defaultdict(set)
    copies: dict[str, Counter[str]] = defaultdict(Counter)
    for copy in shop.tiktok.all_of("received"):
        counted[copy["event_id"]] |= {copy["counted_as"]} - {None}
        copies[copy["event_id"]][json.dumps(copy["body"])] += 1
    known = {event.event_id for event in play}
    return Fates(states, counted, copies, {id_ for id_ in counted if counted[id_]} - known)


_STATES = (
    "SELECT event_id, conversion.state, reason, coalesce(batch.message, '') FROM conversion "
    "LEFT JOIN batch ON batch.id = conversion.batch WHERE event_id <> ''"
)

#: What an answer says that a script made up: an event that got it alone is a dead letter by that script.
MADE_UP = ("scripted", "Partial success", "HTTP 413", "nobody knows this code")


class Verdict(msgspec.Struct):
    """What a play came to."""

    once: int = 0  #: events that count once, of those whose script lets them arrive
    arriving: int = 0
    doubled: list[str] = []
    unexplained: list[str] = []
    changed: list[str] = []  #: events of which copies differ that no condition came between
    outcomes: Counter[str] = msgspec.field(default_factory=Counter)


def judged(play: Sequence[Scripted], fates: Fates, requests: Sequence[tuple[tuple[str, ...], str]]) -> Verdict:
    """Judge a play by each event's part."""
    verdict = Verdict(doubled=sorted(fates.strangers))
    for event in play:
        states, counts = fates.states.get(event.event_id, []), len(fates.counted.get(event.event_id, ()))
        made_up = [state for state, _, message in states] == ["refused"] and _is_made_up(states[0][2])
        ended = "made up" if made_up else ",".join(state for state, _, _ in states)
        verdict.outcomes[f"{event.part}: {ended or 'no row'}"] += 1
        verdict.doubled += [event.event_id] * (counts > 1)
        if event.part in ARRIVES and not made_up:
            verdict.arriving += 1
            verdict.once += ended == "delivered" and counts == 1
        if not made_up and (ended, counts) not in ENDS.get(event.part, {("delivered", 1)}):
            verdict.unexplained.append(f"{event}: {states}, counted {counts} times")
        most = 2 if event.part in CONDITIONED else 1
        verdict.changed += [event.event_id] * (len(fates.copies.get(event.event_id, ())) > most)
    verdict.changed += _changed_requests(play, requests)
    return verdict


#: How an event may end by its part: its state ("" is none: dropped, or withdrawn and its id forgotten), and how often it
#: counts. Whoever declines while it is on its way may be too late.
ENDS: dict[str, set[tuple[str, int]]] = {
    "bad": {("refused", 0)},
    "denied": {("", 0), ("dropped", 0)},
    "declined": {("", 0), ("", 1), ("withdrawn", 0), ("withdrawn", 1), ("delivered", 1)},
    "limited": {("", 0), ("", 1), ("delivered", 1)},  # a condition that comes while it is on the wire withdraws it
}
#: Parts whose visitor says something in between that changes what is sent.
CONDITIONED = frozenset({"declined", "limited"})


def _is_made_up(message: str) -> bool:
    return any(text in message for text in MADE_UP)


def _changed_requests(play: Sequence[Scripted], requests: Sequence[tuple[tuple[str, ...], str]]) -> list[str]:
    """Return requests with the same events and other bytes, though no condition came between."""
    conditioned = {event.event_id for event in play if event.part in CONDITIONED}
    bodies: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for ids, digest in requests:
        bodies[ids].add(digest)
    return [f"request with {ids[0]}" for ids, each in bodies.items() if len(each) > 1 and not conditioned & {*ids}]
