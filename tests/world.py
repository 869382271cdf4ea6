"""The rooms from the door to the wire, around one store in a file, without processes: for laws of many events."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from door import BROWSER_KEY, SERVER_KEY, House, a_directory, a_scope, converse
from engines.kit.harness import OK
from engines.kit.laws import assert_counters_add_up, assert_counters_equal_rows
from twinbeam.core.rules import PixelRules
from twinbeam.core.values import Sealed, Signal
from twinbeam.destinations.tiktok.wire import compose
from twinbeam.engines.keyring import KeyRing
from twinbeam.engines.stores.sqlite.store import SqliteStore
from twinbeam.pipeline.accept.directory import PixelEntry
from twinbeam.pipeline.consent.gate import judge
from twinbeam.pipeline.consent.receipts import Receipts
from twinbeam.pipeline.flow import Intake
from twinbeam.pipeline.identity.seal import Sealer
from twinbeam.pipeline.journal.codec import decode, encode
from twinbeam.pipeline.record.contract import Numbered
from twinbeam.pipeline.record.policy import RecordPolicy, Terms
from twinbeam.pipeline.send.limits import Ages
from twinbeam.sources import consent_v1, events_v1

JOURNAL = "ad" * 16
OWNER = "writer"
#: Purchases of the first wait for a server's copy; those of the second do not.
PIXEL, UNCONFIRMED = "C0EXAMPLEPIXELCODE20", "C0UNCONFIRMEDPIXEL20"
_TERMS = {
    PIXEL: Terms(PixelRules(confirm_purchases="on")),
    UNCONFIRMED: Terms(PixelRules(confirm_purchases="off")),
}


class Left(NamedTuple):
    """An event that went to TikTok."""

    pixel: str
    event: str
    at_ms: int
    body: dict[str, Any]
    native: bool = False  #: TikTok's own script reported it, from the page


class World:
    """A gateway whose clock is moved by hand; what it sends is kept in `left`."""

    def __init__(self, folder: Path) -> None:
        self._runner = asyncio.Runner()
        self._groups = 0
        self._journal: list[Signal] = []
        ring = KeyRing.open_or_create(folder / "keyring.json")
        policy = RecordPolicy(terms_of=lambda _workspace, pixel: _TERMS[pixel] if pixel else Terms(), judge=judge)
        self._open = lambda: SqliteStore.open_as_writer(folder / "data", ring, policy=policy, ages=Ages())
        self.open()
        intake = Intake(receipts=Receipts([b"k" * 32]), seal=Sealer().seal, append=self._append)
        pixels = a_directory(*(PixelEntry(code, "default") for code in _TERMS))
        self._house = House(directory=pixels, take=intake.take, note=intake.note)
        self.left: list[Left] = []

    def open(self) -> None:
        """Open the store."""
        self.store = self._open()
        self.store._db.execute("PRAGMA synchronous=OFF")  # what survives a power cut is not the question here

    @property
    def now_ms(self) -> int:
        """The time."""
        return self._house.clock.now_ms()

    def post(self, *events: dict[str, Any], address: str = "") -> Any:
        """Report events: the shop's server, or from an address a browser."""
        return self._told(events_v1.PATH, {"events": events}, address)

    def state(self, *statements: dict[str, Any], address: str) -> Any:
        """Say something about consent from a browser."""
        return self._told(consent_v1.PATH, {"statements": statements}, address)

    def record(self) -> None:
        """Record what was accepted."""
        if self._journal:
            group = Numbered(self._groups + 1, decode(encode(self._journal)))
            self.store.record(JOURNAL, [group], self.now_ms)
            self._groups += 1
            self._journal = []

    def pass_time(self, ms: int) -> None:
        """Record, move the clock, and end what was held for too long."""
        self.record()
        self._house.clock.advance(ms=ms)
        while self.store.end_overdue(self.now_ms, limit=1_000):
            pass

    def send(self) -> None:
        """Record, and send everything that is due."""
        self.record()
        for lane in self.store.due_lanes(self.now_ms):
            while lease := self.store.lease(lane, limit=1_000, owner=OWNER, now_ms=self.now_ms, compose=compose):
                for event in msgspec.json.decode(lease.body)["data"]:
                    self.left.append(Left(lane.source_id, event["event"], self.now_ms, event))
                assert self.store.settle_delivered(lease.batch, OK, owner=OWNER, now_ms=self.now_ms)

    def counted(self) -> list[Left]:
        """Give what TikTok counts: of events under one id the first (tiktok.md 7.1)."""
        first: dict[tuple[str, str, str], Left] = {}
        for event in self.left:
            first.setdefault((event.pixel, event.event, event.body["event_id"]), event)
        return list(first.values())

    def held(self, reason: str) -> set[str]:
        """Give the orders that a server reported and that are held for this reason."""
        rows = self.store._db.execute(
            "SELECT order_id FROM conversion WHERE state='held' AND reason=? AND evidence & 1", [reason]
        )
        return {order_id for (order_id,) in rows}

    def fired(self, event: dict[str, Any], event_id: str) -> None:
        """Let TikTok's own script report an event of a page."""
        body = {"event_id": event_id, "properties": event["properties"]}
        self.left.append(Left(event["pixel"], event["event"], self.now_ms, body, native=True))

    def close(self) -> None:
        """Check that everything is accounted for, and close the store."""
        self.record()
        assert_counters_add_up(self.store)
        assert_counters_equal_rows(self.store)
        self.store.close()
        self._runner.close()

    def _told(self, path: str, body: dict[str, Sequence[dict[str, Any]]], address: str) -> Any:
        key = BROWSER_KEY if address else SERVER_KEY
        headers = [(b"authorization", f"Bearer {key}".encode()), (b"user-agent", b"Mozilla/5.0")]
        scope = a_scope(headers=headers, path=path, client=(address or "192.0.2.1", 50_000))
        answered = self._runner.run(converse(self._house.door, scope, [json.dumps(body).encode()]))
        assert answered is not None
        assert answered.status == 202, answered.body
        assert answered.json["rejected"] == [], answered.body
        return answered.json

    async def _append(self, brought: Any, seal: Any) -> Sequence[Sealed]:
        sealed: Sequence[Sealed] = seal(brought)
        self._journal += [one.signal for one in sealed]
        return sealed
