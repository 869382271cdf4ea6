"""The pages over a real store in a folder, hands to fill the store, and a client to look at the pages."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from msgspec.structs import replace

from asgi import Answer, ask, listen
from builders import NOW_S, PIXEL, WORKSPACE
from door import READ_KEY, a_directory
from signals import a_signal
from twinbeam.admin import sessions
from twinbeam.admin.content_counts import ContentCounting
from twinbeam.admin.contract import Actor, Admin
from twinbeam.admin.delivered_counts import DeliveredCounting
from twinbeam.admin.links import fingerprint
from twinbeam.core.clock import HandClock
from twinbeam.core.delivery import Answered
from twinbeam.core.keys import lookup
from twinbeam.core.outcomes import Reason
from twinbeam.core.rejections import RejectedEvent
from twinbeam.core.rules import ConsentRules, PixelRules
from twinbeam.core.users import Role, SessionKind, UserRow
from twinbeam.core.values import Channel, Decision, Permission, Signal
from twinbeam.destinations.tiktok.wire import compose
from twinbeam.engines.keyring import KeyRing
from twinbeam.engines.stores.sqlite.store import SqliteReader, SqliteStore
from twinbeam.pipeline.identity.email import email_digest
from twinbeam.pipeline.record.contract import Numbered
from twinbeam.pipeline.record.policy import RecordPolicy
from twinbeam.pipeline.send.limits import Ages
from twinbeam.web.app import build
from twinbeam.web.contract import LagView
from twinbeam.web.cookies import SESSION, form_token
from twinbeam.web.debugger.masks import WireRequests
from twinbeam.web.gate import TOKEN_HEADER

JOURNAL = "0a" * 16
OWNER = "writer-1"
DENIED = Permission(Decision.DROPPED, "ad_storage=denied", Reason.NO_CONSENT)
UNSAID = Permission(Decision.UNDECIDED, "ad_storage=unsaid, ad_user_data=unsaid")
TAKEN = Answered(200, 0, "OK", "20261120-taken")
BUSY = Answered(401, 40100, "Too many requests. Please retry in some time.", "20261120-busy")
NO_TOKEN = Answered(401, 40105, "Access token is incorrect or has been revoked.", "20261120-token")
BAD = Answered(400, 40002, "data.0.properties.contents.0.content_id: Not a valid string", "20261120-bad")


def bought(order: str, *, email: str = "ada@shop.example", minor: int | None = 2_050, **changes: Any) -> Signal:
    """Give the signal of a purchase that can be found by order and e-mail."""
    own = {name: changes.pop(name) for name in ("key", "body", "visits") if name in changes}
    workspace = changes.get("workspace", WORKSPACE)
    found_by = [lookup("order", workspace, order), lookup("email", workspace, email_digest(email))]
    usual = {"workspace": WORKSPACE, "pixel": PIXEL, "event_time": NOW_S - 5, "order_id": order, "lookups": found_by}
    money = {"value": None if minor is None else minor / 100, "currency": "EUR"}
    return replace(a_signal(**{"event_id": f"order-{order}"} | usual | money | changes), **own)


def seen_in_browser(order: str, **changes: Any) -> Signal:
    """Give the browser's copy of the same purchase."""
    return bought(order, **{"channel": Channel.BROWSER, "source": "tag"} | changes)


def kept_out(order: str, permission: Permission = DENIED, **changes: Any) -> Signal:
    """Give the tombstone of a purchase whose buyer did not allow it."""
    return bought(order, **{"permission": permission, "body": b"", "lookups": []} | changes)


class Showroom:
    """The store, the app, and what the composition root would know."""

    def __init__(self, folder: Path, **parts: Any) -> None:
        self.clock = parts.pop("clock", None) or HandClock()
        self.store = self._open(folder, parts.pop("policy", None) or RecordPolicy())
        self.reader = SqliteReader(folder)
        self._reading = ThreadPoolExecutor(1)
        self.lag = LagView()
        self.reasons: list[str] = []
        self.in_journal: set[tuple[str, str]] = set()
        self.reads = 0
        self.rejected: list[RejectedEvent] = []  #: on arrival, the newest first
        self.stopping = False
        self._groups = count(1)
        directory = a_directory()
        usual = {
            "read_model": self.reader,
            "on_reader": self.on_reader,
            "administration": self.store,
            "on_store": self.on_store,
            "directory": lambda: directory,
            "clock": self.clock,
            "lag": lambda: self.lag,
            "pending": self.pending,
            "metrics": lambda: (b"twinbeam_unsent 0\n", "text/plain; version=0.0.4"),
            "ready": lambda: self.reasons,
            "access_codes": (NO_TOKEN.code,),
            "closing": lambda: self.stopping,
            "rejected": lambda: self.rejected,
            "outgoing": self.store.outgoing,
            "wire": WireRequests("https://tiktok.example/open_api/v1.3/event/track/", compose),
        }
        self.app = build(**usual | parts)
        self._signed_in: dict[tuple[str, str], str] = {}

    def signed_in(self, role: str = "owner", workspace: str = "") -> dict[str, str]:
        """Give what the browser of a user of a role sends with each request, and the token of their forms."""
        text = self._signed_in.get((role, workspace), "")
        found = self.store.users.presented(fingerprint(text))
        if sessions.signed_in_by(found, self.clock.now_ms()) is None:
            text = self._signed_in[role, workspace] = self._sign_in(role, workspace)
        return {"cookie": f"{SESSION}={text}", TOKEN_HEADER: form_token(text)}

    def _sign_in(self, role: str, workspace: str) -> str:
        admin = Admin(self.store, Actor("showroom"), self.clock)
        name = f"{role}-{workspace}" if workspace else role
        user = UserRow(0, name, Role(role), workspace, "", "", self.clock.now_ms())
        user = self.store.users.user_named(name) or replace(user, id=self.store.users.add_user(user))
        return sessions.sign_in(admin, user, SessionKind.PASSWORD).text

    def close(self) -> None:
        self._reading.shutdown()
        self.reader.close()
        self.store.close()

    async def on_reader(self, call: Any) -> Any:
        """Count the calls, and run them on another thread as the writer process does, one after the other."""
        self.reads += 1
        return await asyncio.get_running_loop().run_in_executor(self._reading, call)

    async def on_store(self, call: Any) -> Any:
        """Run a change; the store was opened on this thread."""
        return call()

    async def pending(self, workspace: str, event_id: str) -> bool:
        return (workspace, event_id) in self.in_journal

    def add_pixel(self, code: str = PIXEL, *, token: str | None = "t" * 40, **changes: Any) -> None:
        rules = PixelRules(consent=ConsentRules(policy=changes.pop("consent", "require")))
        usual = {"workspace": WORKSPACE, "event_source": "web", "name": "Example shop", "rules": rules}
        self.store.save_pixel(code=code, now_ms=self.clock.now_ms(), **usual | changes)
        if token:
            workspace = changes.get("workspace", WORKSPACE)
            self.store.save_token(workspace=workspace, code=code, token=token, now_ms=self.clock.now_ms())

    def skip_groups(self, first: int) -> None:
        """Go on behind the groups that another one recorded here."""
        self._groups = count(first)

    def record(self, *signals: Signal) -> None:
        """Record one group."""
        self.store.record(JOURNAL, [Numbered(next(self._groups), signals)], self.clock.now_ms())

    def deliver(self) -> None:
        """Send what is due; TikTok takes it."""
        for lease in self.leases():
            self.store.settle_delivered(lease.batch, TAKEN, owner=OWNER, now_ms=self.clock.now_ms())

    def compare_contents(self) -> None:
        """Compare what delivered events name with the product feeds."""
        counting = ContentCounting(self.store.products, self.store.contents)
        while counting.look(50):
            pass
        counting.keep(self.clock.now_ms())

    def look_at_delivered(self) -> None:
        """Count what delivered events carried and how long they took."""
        counting = DeliveredCounting(self.store.delivered_counts)
        while counting.look(50):
            pass
        counting.keep(self.clock.now_ms())

    def refuse(self) -> None:
        """Send what is due; TikTok refuses it."""
        for lease in self.leases():
            self.store.settle_refused(lease.batch, BAD, owner=OWNER, now_ms=self.clock.now_ms())

    def hold_up(self, answer: Answered = BUSY) -> None:
        """Send what is due; TikTok asks for patience, or for something else that takes time."""
        due_ms = self.clock.now_ms() + 5_000
        for lease in self.leases():
            self.store.settle_waiting(
                lease.batch, answer, owner=OWNER, now_ms=self.clock.now_ms(), due_ms=due_ms, arrived=False
            )

    def leases(self) -> list[Any]:
        """Take what is due, up to one batch a lane."""
        now_ms = self.clock.now_ms()
        lanes = self.store.due_lanes(now_ms)
        taken = [self.store.lease(lane, limit=1_000, owner=OWNER, now_ms=now_ms, compose=compose) for lane in lanes]
        return [lease for lease in taken if lease is not None]

    def get(self, path: str, *, who: str | None = "owner", workspace: str = "", **request: Any) -> Answer:
        """Make a request as a signed-in user of a role, or as nobody for None; a post carries the token of our forms."""
        shown = self.signed_in(who, workspace) if who is not None else {}
        headers = shown | (request.pop("headers", None) or {})
        return asyncio.run(ask(self.app, path, headers=headers, **request))

    def post(self, path: str, *, who: str | None = "owner", sees: str = "", **fields: str) -> Answer:
        """Send a form as a signed-in user of a role, who sees one workspace or all."""
        body, kind = urlencode(fields).encode(), {"content-type": "application/x-www-form-urlencoded"}
        return self.get(path, who=who, workspace=sees, method="POST", body=body, headers=kind)

    def listen(self, path: str, **how: Any) -> str:
        """Read a stream as an owner until enough has come."""
        return asyncio.run(listen(self.app, path, **{"headers": self.signed_in(), **how}))

    def story(self, query: str, key: str = READ_KEY) -> Answer:
        """Ask the read API."""
        return self.get(f"/v1/conversions?{query}", who=None, headers={"authorization": f"Bearer {key}"})

    def _open(self, folder: Path, policy: RecordPolicy) -> SqliteStore:
        ring = KeyRing.open_or_create(folder.parent / "keyring.json")
        return SqliteStore.open_as_writer(folder, ring, policy=policy, ages=Ages())


def a_busy_day(room: Showroom) -> None:
    """Record a bit of everything that can happen, and let most of it be delivered."""
    room.add_pixel()
    room.record(*(seen_in_browser(str(n)) for n in range(1, 30)))
    room.clock.advance(seconds=3)
    now_ms = room.clock.now_ms()
    room.record(*(bought(str(n), received_ms=now_ms) for n in range(10, 40)))
    room.record(*(kept_out(str(n), received_ms=now_ms) for n in range(40, 46)))
    room.record(*(bought(str(n), permission=UNSAID, received_ms=now_ms) for n in range(46, 49)))
    room.clock.advance(seconds=20)
    room.deliver()
    room.record(bought("12", received_ms=room.clock.now_ms()), seen_in_browser("13", received_ms=room.clock.now_ms()))
    room.record(bought("60", received_ms=room.clock.now_ms(), minor=-1, currency="JPY"))
    room.clock.advance(seconds=20)
    room.refuse()
    room.record(*(bought(str(n), received_ms=room.clock.now_ms(), minor=123_456) for n in range(70, 74)))
    room.clock.advance(seconds=20)
    room.hold_up()
    room.record(seen_in_browser("80", received_ms=room.clock.now_ms(), event="Lead", order_id="", event_id="lead-80"))
