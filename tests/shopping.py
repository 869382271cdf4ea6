"""
A gateway that shop systems report to, without processes: from the signed delivery to what TikTok counts.

The rooms are real and so is the store; the clock is moved by hand, and TikTok's side is the emulator's own reading.
"""

import asyncio
import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from door import BROWSER_KEY, SERVER_KEY, Answered, House, a_directory, a_scope, converse
from engines.kit.harness import OK
from engines.kit.laws import assert_counters_add_up, assert_counters_equal_rows
from shop_systems import SECRETS, encoded, shopify_headers, stripe_headers, woo_headers
from tiktok_emulator.accounts import DEFAULT_PIXEL, DEFAULT_TOKEN
from tiktok_emulator.call import Call
from tiktok_emulator.clock import Clock
from tiktok_emulator.ledger import Counted
from tiktok_emulator.switches import Switches
from tiktok_emulator.track import track
from tiktok_emulator.world import World
from twinbeam.app.signing import signed_dialects
from twinbeam.core.rules import DEFAULT_SOURCE, ConsentRules, PixelRules, Route, SourceRules
from twinbeam.core.values import Sealed, Signal
from twinbeam.destinations.tiktok.wire import compose
from twinbeam.engines.keyring import KeyRing
from twinbeam.engines.signing import seal_secret
from twinbeam.engines.stores.sqlite.store import SqliteStore
from twinbeam.orders.ledger import OrderRow
from twinbeam.pipeline.accept.directory import PixelEntry, SignedSource
from twinbeam.pipeline.consent.gate import judge
from twinbeam.pipeline.consent.receipts import Receipts
from twinbeam.pipeline.flow import Intake
from twinbeam.pipeline.identity.seal import Sealer
from twinbeam.pipeline.journal.codec import decode, encode
from twinbeam.pipeline.record.contract import Numbered
from twinbeam.pipeline.record.policy import RecordPolicy, Terms
from twinbeam.pipeline.send.limits import Ages
from twinbeam.sources import consent_v1, events_v1, orders_v1

JOURNAL = "5b" * 16
OWNER = "writer"
WORKSPACE = "main"
NOT_REQUIRED = PixelRules(consent=ConsentRules(policy="not_required"), purchase_means="paid")
REQUIRED = PixelRules(consent=ConsentRules(policy="require"), purchase_means="paid")


class Shopping:
    """The gateway, with a source of each system that goes by the system's name."""

    def __init__(self, folder: Path, rules: PixelRules = NOT_REQUIRED, source: SourceRules = DEFAULT_SOURCE) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._runner = asyncio.Runner()
        self._groups = 0
        self._journal: list[Signal] = []
        self._said: set[int] = set()
        ring = KeyRing.open_or_create(folder / "keyring.json")
        policy = RecordPolicy(terms_of=lambda _workspace, _pixel: Terms(rules), judge=judge)
        self.store = SqliteStore.open_as_writer(folder / "data", ring, policy=policy, ages=Ages())
        self.store._db.execute("PRAGMA synchronous=OFF")  # what survives a power cut is not the question here
        intake = Intake(receipts=Receipts([b"k" * 32]), seal=Sealer().seal, append=self._append)
        pixels = a_directory(PixelEntry(DEFAULT_PIXEL, WORKSPACE, rules=rules))
        keys = {name: replace(key, workspace=WORKSPACE) for name, key in pixels.keys.items()}
        sources = {
            system: SignedSource(
                system,
                WORKSPACE,
                (b64encode(seal_secret(ring, system, secret.encode())).decode(),),
                (Route(DEFAULT_PIXEL),),
                "",
                system,
                source,
            )
            for system, secret in SECRETS.items()
        }
        self.house = House(
            directory=replace(pixels, keys=keys, sources=sources),
            dialects=(events_v1.EVENTS_V1, consent_v1.CONSENT_V1, orders_v1.ORDERS_V1, *signed_dialects(ring)),
            take=intake.take,
            note=intake.note,
        )
        self.tiktok = World(Clock(), Switches())

    @property
    def now_ms(self) -> int:
        """The time."""
        return self.house.clock.now_ms()

    def deliver(self, system: str, body: Mapping[str, Any] | bytes, topic: str = "") -> Answered:
        """Let a shop system deliver a body, signed as it signs."""
        content = body if isinstance(body, bytes) else encoded(body)
        match system:
            case "shopify":
                headers = shopify_headers(content, topic or "orders/updated")
            case "woocommerce":
                headers = woo_headers(content, topic or "order.updated")
            case _:
                headers = stripe_headers(content, self.now_ms // 1_000)
        return self.post(f"/in/{system}/{system}", content, headers)

    def post(self, path: str, content: bytes, headers: Mapping[str, str]) -> Answered:
        """Make any request."""
        given = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
        answered = self._runner.run(converse(self.house.door, a_scope(headers=given, path=path), [content]))
        assert answered is not None
        return answered

    def browser(self, path: str = events_v1.PATH, **body: Any) -> Answered:
        """Let a page report events, or say something about consent."""
        headers = {"authorization": f"Bearer {BROWSER_KEY}", "user-agent": "Mozilla/5.0"}
        return self.post(path, json.dumps(body).encode(), headers)

    def server(self, **body: Any) -> Answered:
        """Let the shop's own server report events by the API."""
        return self.post(events_v1.PATH, json.dumps(body).encode(), {"authorization": f"Bearer {SERVER_KEY}"})

    def state(self, *orders: Mapping[str, Any]) -> Answered:
        """Let the shop's own server state orders by the API."""
        body = json.dumps({"orders": orders}).encode()
        return self.post(orders_v1.PATH, body, {"authorization": f"Bearer {SERVER_KEY}"})

    def pass_time(self, *, seconds: float) -> None:
        """Record, move the clock, and end what was held for too long."""
        self.record()
        self.house.clock.advance(seconds=seconds)
        while self.store.end_overdue(self.now_ms, limit=1_000):
            pass

    def record(self) -> None:
        """Record what was accepted."""
        if self._journal:
            self._groups += 1
            group = Numbered(self._groups, decode(encode(self._journal)))
            self.store.record(JOURNAL, [group], self.now_ms)
            self._journal = []

    def send(self) -> None:
        """Record, and send everything that is due."""
        self.record()
        headers = ((b"access-token", DEFAULT_TOKEN.encode()), (b"content-type", b"application/json"))
        for lane in self.store.due_lanes(self.now_ms):
            while lease := self.store.lease(lane, limit=1_000, owner=OWNER, now_ms=self.now_ms, compose=compose):
                self.tiktok.clock.set(self.now_ms)
                call = Call(method="POST", path="/event/track/", headers=headers, body=lease.body, at_ms=self.now_ms)
                assert track(self.tiktok, call).code == 0
                assert self.store.settle_delivered(lease.batch, OK, owner=OWNER, now_ms=self.now_ms)

    def counted(self) -> list[Counted]:
        """Give what TikTok counts."""
        return list(self.tiktok.ledger.counted)

    def ledger(self) -> dict[str, OrderRow]:
        """Give the rows of the ledger, by order id."""
        self.record()
        return {row.place.order_id: row for row in self.rows()}

    def rows(self) -> Sequence[OrderRow]:
        """Give all rows of the ledger."""
        found: list[OrderRow] = []
        while page := self.store.orders.orders_of(WORKSPACE, after=found[-1].id or 0 if found else 0):
            found += page
        return found

    def conversions(self, **where: Any) -> list[tuple[str, str]]:
        """Give state and reason of the conversions of an event."""
        self.record()
        named = " AND ".join(f"{name}=?" for name in where) or "1"
        sql = f"SELECT state, reason FROM conversion WHERE {named} ORDER BY id"
        return self.store._db.execute(sql, list(where.values())).fetchall()

    def close(self) -> None:
        """Check that everything is accounted for, and close the store."""
        self.record()
        assert_counters_add_up(self.store)
        assert_counters_equal_rows(self.store)
        self.store.close()
        self._runner.close()

    async def _append(self, brought: Any, seal: Any) -> Sequence[Sealed]:
        sealed: Sequence[Sealed] = seal(brought)
        self._journal += [one.signal for one in sealed]
        return sealed
