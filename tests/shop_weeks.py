"""
Two weeks of shops over a real store, played by hand: one shop does everything right, each other one does one thing wrong.

A shop reports views, carts, checkouts and purchases from the page and from its server, under one id. What it does wrong
stands in shop_faults.py.
"""

from collections.abc import Iterator
from io import BytesIO

from msgspec.structs import replace

from accounting import Accounts, connected, import_all
from builders import WORKSPACE
from shop_faults import ACTIVITY, DAYS, REJECTED, Fault, Moment, Said, digest
from showroom import BAD, NO_TOKEN, OWNER, TAKEN, Showroom
from signals import a_signal
from twinbeam.admin import products
from twinbeam.admin.contract import Actor, Admin
from twinbeam.admin.issues import listed
from twinbeam.app.checking import Checking
from twinbeam.core.accounts import PixelSeen, StatSeen
from twinbeam.core.clock import MS_PER_DAY, day_of
from twinbeam.core.rules import PixelRules, WorkspaceRules
from twinbeam.core.values import Channel, Decision, Signal
from twinbeam.pipeline.accept.directory import place
from twinbeam.web.weeks import weeks_now

USUAL = {"ViewContent": 14, "AddToCart": 12, "InitiateCheckout": 9, "Purchase": 11}
FEED = "id,title\n" + "".join(f"sku-{n},Lamp {n}\n" for n in range(max(USUAL.values())))
CRM = "C0CRMSETOFTHESHOPS01"
#: What a shop's fault says beside a signal's own fields.
BESIDE = ("times", "permission", "late_ms", "told", "after")


def code_of(shop: int) -> str:
    """Give the code of a shop's pixel."""
    return f"C0SHOP{shop:014}"


def reported(shop: int, moment: Moment) -> Said:
    """Give what a sound shop reports of an event: about another visitor each, of whom every third came by an ad."""
    who = f"{shop}-{moment.day}-{moment.n}"
    user = {"email": digest(f"{who}@buyer.example"), "ip": f"198.51.{moment.day}.{moment.n}", "ttp": f"ttp-{who}"}
    if moment.n % 3 == 0:
        user["ttclid"] = f"E.C.P.{who}"
    said: Said = {
        "event_id": f"{moment.event}-{who}",
        "workspace": WORKSPACE,
        "pixel": code_of(shop),
        "event": moment.event,
        "channel": moment.channel,
        "source": "tag" if moment.channel is Channel.BROWSER else "checkout",
        "received_ms": moment.at_ms,
        "event_time": moment.at_ms // 1_000 - 2,
        "user": user,
        "visitor": f"visit-{who}",
    }
    if moment.event != "InitiateCheckout":
        said["properties"] = {"contents": [{"content_id": f"sku-{moment.n}", "quantity": 1}]}
    if moment.event == "Purchase":
        said |= {"value": 40.0 + moment.n, "currency": "EUR", "order_id": who}
    return said


class Shops:
    """Some shops that report to one store; the first one is sound."""

    def __init__(self, room: Showroom, faults: dict[str, Fault]) -> None:
        self.room = room
        self.faults: list[tuple[str, Fault | None]] = [("", None), *faults.items()]
        self.rejected: dict[str, dict[str, int]] = {}
        self.checking = Checking(room.store, room.reader, room.clock, (40105,), lambda: self.rejected, 100)
        self.admin = Admin(room.store, Actor("ada"), room.clock)
        for shop, (name, _) in enumerate(self.faults):
            token = None if name == "token_missing" else "t" * 40
            room.add_pixel(code_of(shop), name=name or "sound", rules=PixelRules(), token=token)
        room.add_pixel(CRM, event_source="crm", name="CRM", rules=PixelRules())
        room.store.save_workspace(WORKSPACE, WorkspaceRules())
        products.import_file(self.admin, WORKSPACE, BytesIO(FEED.encode()), "feed.csv", lambda _: None)

    def live(self) -> None:
        """Let the days pass, and the last one for an hour; then run the jobs."""
        for day in range(DAYS):
            for channel in (Channel.BROWSER, Channel.SERVER):
                self._record(day, channel, after=False)
                self.room.clock.advance(seconds=2)
            self.room.clock.advance(seconds=30)
            self._deliver()
            for channel in (Channel.BROWSER, Channel.SERVER):
                self._record(day, channel, after=True)
            self._reject(day_of(self.room.clock.now_ms()))
            for end in (self.room.store.end_overdue, self.room.store.end_stale):
                while end(self.room.clock.now_ms(), limit=1_000):
                    pass
            self.room.clock.advance(seconds=MS_PER_DAY // 1_000 - 34 if day < DAYS - 1 else 3_600)
        self.room.compare_contents()
        self.room.look_at_delivered()
        self._import()
        self.look()

    def _deliver(self) -> None:
        """Send what is due; of some shops TikTok takes nothing."""
        now_ms = self.room.clock.now_ms()
        for lease in self.room.leases():
            name = self._name(lease.lane.source_id)
            if name in ("token_rejected", "expired", "answer_unknown"):
                due_ms = now_ms + MS_PER_DAY
                answer = replace(NO_TOKEN, code=77_777, message="Unheard of") if name == "answer_unknown" else NO_TOKEN
                settle, more = self.room.store.settle_waiting, {"due_ms": due_ms, "arrived": False}
                settle(lease.batch, answer, owner=OWNER, now_ms=now_ms, **more)
            elif name == "rejected":
                self.room.store.settle_refused(lease.batch, BAD, owner=OWNER, now_ms=now_ms)
            else:
                self.room.store.settle_delivered(lease.batch, TAKEN, owner=OWNER, now_ms=now_ms)

    def _reject(self, day: int) -> None:
        """Let events be rejected on arrival, for the shop of each code."""
        for shop, (name, _) in enumerate(self.faults):
            if name in REJECTED:
                self.rejected.setdefault(place(WORKSPACE, code_of(shop)), {})[f"{day}/{REJECTED[name]}"] = 3

    def _import(self) -> None:
        """Read the pixels of some shops, and what TikTok counts of them, from an ad account."""
        today, listed = day_of(self.room.clock.now_ms()), []
        tiktok = Accounts({"1": listed})
        for shop, (name, _) in enumerate(self.faults):
            if name in ACTIVITY:
                id_ = str(9_000 + shop)
                listed.append(PixelSeen(code_of(shop), pixel_id=id_, name=name, activity=ACTIVITY[name]))
                times = 6 if name == "external_sender" else 0 if name == "not_counted" else 1
                for day in range(today - DAYS, today + 1):
                    stats = [StatSeen(id_, event, n, n * times, n + n * times) for event, n in USUAL.items()]
                    tiktok.stats[id_, day] = stats if times else []
        connected(self.admin, tiktok, workspace=WORKSPACE)
        import_all(self.admin, tiktok)

    def _name(self, code: str) -> str:
        """Give the name of the shop of a pixel, what was planted there."""
        return self.faults[int(code[6:])][0] if code.startswith("C0SHOP") else ""

    def found(self) -> dict[str, set[str]]:
        """Give the checks that find something, by what was planted."""
        now_ms, found = self.room.clock.now_ms(), {name: set() for name, _ in self.faults}
        for it in listed(self.room.reader, weeks_now(self.room.reader, now_ms).pixels, now_ms, (40105,)):
            if it.pixel != CRM:
                found[self._name(it.pixel)].add(it.issue.check)
        return found

    def look(self) -> None:
        """Run the jobs behind the issues."""
        taking = self.checking.begin()
        while taking.look(100):
            pass
        taking.keep()
        self.checking.keep_evidence(self.checking.find())
        self.checking.keep(self.checking.look())

    def _record(self, day: int, channel: Channel, *, after: bool) -> None:
        """Record what is reported before, or after, the day's delivery."""
        now_ms = self.room.clock.now_ms()
        signals = [
            signal
            for shop, (_, fault) in enumerate(self.faults)
            for event, usual in USUAL.items()
            for n in range(usual)
            for signal in self._signals(shop, fault, Moment(day, event, n, channel, now_ms), after=after)
        ]
        if signals:
            self.room.record(*signals)

    def _signals(self, shop: int, fault: Fault | None, moment: Moment, *, after: bool) -> Iterator[Signal]:
        first = reported(shop, moment)
        if fault is not None:
            fault(first, moment)
        for said in (first, *first.pop("more", ())):
            beside = {name: said.pop(name) for name in BESIDE if name in said}
            if beside.get("after", False) is not after:
                continue
            for again in range(beside.get("times", 1)):
                given = said | ({"event_id": f"{said['event_id']}-{again}"} if again else {})
                yield _as_told(a_signal(**given), beside)


def _as_told(signal: Signal, beside: Said) -> Signal:
    """Give a signal with what is said beside its own fields."""
    late, permission = beside.get("late_ms", 0), beside.get("permission", signal.permission)
    signal = replace(signal, received_ms=signal.received_ms + late, told=beside.get("told", []), permission=permission)
    return replace(signal, body=b"", lookups=[]) if permission.decision is Decision.DROPPED else signal
