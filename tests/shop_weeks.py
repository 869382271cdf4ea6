"""
Two weeks of shops over a real store, played by hand: one shop does everything right, each other one does one thing wrong.

A shop reports views, carts, checkouts and purchases from the page and from its server, under one id. What it does wrong
is a function that changes what one side reports, from some day on.
"""

from collections.abc import Callable, Iterator
from hashlib import sha256
from io import BytesIO
from typing import Any

from msgspec.structs import replace

from accounting import Accounts, connected, import_all
from builders import WORKSPACE
from showroom import BAD, NO_TOKEN, OWNER, TAKEN, Showroom
from signals import DENIED, UNSAID, a_signal
from twinbeam.admin import products
from twinbeam.admin.contract import Actor, Admin
from twinbeam.admin.issues import listed
from twinbeam.app.checking import Checking
from twinbeam.core.accounts import PixelSeen, StatSeen
from twinbeam.core.clock import MS_PER_DAY, day_of
from twinbeam.core.outcomes import Reason
from twinbeam.core.rules import PixelRules, WorkspaceRules
from twinbeam.core.values import Channel, Decision, Permission, Signal
from twinbeam.pipeline.accept.codes import Rejection
from twinbeam.pipeline.accept.directory import place
from twinbeam.web.weeks import weeks_now

DAYS = 15
USUAL = {"ViewContent": 14, "AddToCart": 12, "InitiateCheckout": 9, "Purchase": 11}
SPOILED_FROM = DAYS - 2  #: the day from which on most shops do something wrong
FEED = "id,title\n" + "".join(f"sku-{n},Lamp {n}\n" for n in range(max(USUAL.values())))
CRM = "C0CRMSETOFTHESHOPS01"
Said = dict[str, Any]
Fault = Callable[[Said, "Moment"], None]
#: What a shop's fault says beside a signal's own fields.
BESIDE = ("times", "permission", "late_ms", "told", "after")


class Moment:
    """Which event of which day is reported, and by whom."""

    def __init__(self, day: int, event: str, n: int, channel: Channel, at_ms: int) -> None:
        self.day, self.event, self.n, self.channel, self.at_ms = day, event, n, channel, at_ms

    @property
    def is_late_in_time(self) -> bool:
        return self.day >= SPOILED_FROM

    @property
    def is_server(self) -> bool:
        return self.channel is Channel.SERVER


def code_of(shop: int) -> str:
    """Give the code of a shop's pixel."""
    return f"C0SHOP{shop:014}"


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


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
        self.checking = Checking(room.store, room.reader, room.clock, (40105,), lambda: self.rejected)
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
            if name in ("token_rejected", "expired"):
                due_ms = now_ms + MS_PER_DAY
                settle, more = self.room.store.settle_waiting, {"due_ms": due_ms, "arrived": False}
                settle(lease.batch, NO_TOKEN, owner=OWNER, now_ms=now_ms, **more)
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


def _late_sales(change: Callable[[Said], None]) -> Fault:
    def fault(said: Said, moment: Moment) -> None:
        if moment.event == "Purchase" and moment.is_late_in_time:
            change(said)

    return fault


def _on(event: str, change: Callable[[Said, Moment], None]) -> Fault:
    def fault(said: Said, moment: Moment) -> None:
        if moment.event == event:
            change(said, moment)

    return fault


def _server_on(event: str, **changes: Any) -> Fault:
    return _on(event, lambda said, moment: said.update(changes) if moment.is_server else None)


def _seen_by_tag(*findings: str) -> Fault:
    return lambda said, moment: None if moment.is_server else said.update(observed=list(findings))


def _drop_value(said: Said) -> None:
    said.pop("value")


def _drop_currency(said: Said) -> None:
    said.pop("currency")


def _apart(said: Said, moment: Moment) -> None:
    said.pop("order_id", None)
    if moment.is_server:
        said.update(event_id=f"{said['event_id']}-server", visitor="")


def _without_click(said: Said, _: Moment) -> None:
    said["user"].pop("ttclid", None)


def _one_email(said: Said, _: Moment) -> None:
    said["user"]["email"] = digest("owner@shop.example")


def _placeholder(said: Said, _: Moment) -> None:
    said["user"]["email"] = digest("test@example.com")


def _one_address(said: Said, moment: Moment) -> None:
    said["user"]["ip"] = "203.0.113.5"
    if moment.event == "InitiateCheckout":
        said["event"] = "Lead"


def _old_name(said: Said, moment: Moment) -> None:
    if not moment.is_server:
        said["event"] = "CompletePayment"


def _no_cart_lately(said: Said, moment: Moment) -> None:
    if moment.is_late_in_time:
        said["times"] = 0


def _half_of_server(said: Said, moment: Moment) -> None:
    if moment.is_server and moment.day >= DAYS - 8 and moment.n % 2:
        said["times"] = 0


def _server_stops(said: Said, moment: Moment) -> None:
    if moment.is_server and moment.is_late_in_time:
        said["times"] = 0


def _own_id_late(said: Said, moment: Moment) -> None:
    """Let the page report the order once more when the server's copy is with TikTok, under an id of its own."""
    if not moment.is_server:
        said.update(event_id=f"{said['event_id']}-page", also=[said["event_id"]], native="sent", after=True)


def _one_id(said: Said, moment: Moment) -> None:
    if moment.is_server and moment.n < 4:
        said.update(event_id=f"cart-{moment.day}", order_id=f"{said['order_id']}-own", visitor="", user={})


def _tied_late(said: Said, moment: Moment) -> None:
    """Let the server report an order as two, until a later copy shows that it is one."""
    if moment.is_server:
        other = f"{said['event_id']}-checkout"
        alone = {key: value for key, value in said.items() if key not in ("order_id", "visitor")}
        said["more"] = [{**alone, "event_id": other}, {**said, "also": [other], "after": True}]


def _same_numbers(said: Said, moment: Moment) -> None:
    """Number each day's orders anew, from the first."""
    if moment.is_server:
        said.update(event_id=f"R-{moment.n}", order_id=f"R-{moment.n}", value=40.0 + moment.day, visitor="")


def _nobodys_refusal(said: Said, moment: Moment) -> None:
    """Let a page decline and name an order, and nothing tie it to whoever placed that."""
    said["visitor"] = f"page-{said['order_id']}" if not moment.is_server else ""
    if not moment.is_server:
        said.update(permission=DENIED)


def _quiz(said: Said, moment: Moment) -> None:
    if moment.event == "InitiateCheckout":
        said["event"] = "Quiz_Done" if moment.n % 2 else "quizDone"


def _other_names(said: Said, moment: Moment) -> None:
    if moment.is_server and moment.event == "InitiateCheckout":
        said["event"] = "StartCheckout"


def _no_products(said: Said, _: Moment) -> None:
    said["properties"] = {}


def _told(*told: str) -> Fault:
    return lambda said, moment: said.update(told=list(told)) if moment.is_server else None


def _without(*events: str) -> Fault:
    return lambda said, moment: said.update(times=0) if moment.event in events else None


def _user_without(*keys: str) -> Fault:
    return lambda said, _: said.update(user={key: value for key, value in said["user"].items() if key not in keys})


#: What becomes of shops of which an ad account lists the pixel, as TikTok says it.
ACTIVITY = {
    "": "ACTIVE",
    "external_sender": "ACTIVE",
    "not_counted": "ACTIVE",
    "inactive_despite_traffic": "INACTIVE",
} | {"imported_no_events": "ACTIVE"}
#: By check: the code of events that are rejected on arrival, three a day.
REJECTED = {
    "event_name_invalid": Rejection.BAD_EVENT_NAME,
    "pixel_id_wrong": Rejection.FOREIGN_PIXEL,
    "event_time_stale": Rejection.BAD_EVENT_TIME,
    "rejected_on_arrival": Rejection.MISSING_FIELD,
}
FOREIGN = Permission(Decision.DROPPED, "host", Reason.FOREIGN_HOST)

#: By check, or by several: what a shop does wrong.
FAULTS: dict[str, Fault] = {
    "value_missing": _late_sales(_drop_value),
    "currency_missing": _late_sales(_drop_currency),
    "value_zero": _late_sales(lambda said: said.update(value=0.0)),
    "value_differs": _server_on("Purchase", value=99.5),
    "currency_differs": _server_on("Purchase", currency="USD"),
    "server_late": _server_on("Purchase", late_ms=600_000),
    "consent_differs": _server_on("Purchase", permission=DENIED),
    "placeholder_data": _on("Purchase", _placeholder),
    "one_email": _on("Purchase", _one_email),
    "one_address": _one_address,
    "checkout_repeated": _on("InitiateCheckout", lambda said, _: said.update(times=4)),
    "amount_jump": _late_sales(lambda said: said.update(value=said["value"] * 100)),
    "currency_jump": _late_sales(lambda said: said.update(currency="JPY")),
    "event_silent": _on("AddToCart", _no_cart_lately),
    "server_share_down": _half_of_server,
    "side_silent": _server_stops,
    "one_sided": lambda said, moment: said.update(times=0) if moment.is_server else None,
    "sides_never_meet": _on("Purchase", _apart),
    "cart_id_missing": _on("AddToCart", _apart),
    "name_differs": _on("Purchase", _old_name),
    "ttclid_lost_at_checkout": _on("Purchase", _without_click),
    "ttclid_lost_before_consent": _seen_by_tag("click_lost"),
    "native_before_consent+gate_void+base_code_twice": _seen_by_tag(
        "native_before_consent", "gate_void", "base_code_twice"
    ),
    "base_code_not_in_head": _seen_by_tag("base_code_not_in_head"),
    "volume_too_low": _on("Purchase", lambda said, moment: said.update(times=0) if moment.n > 2 else None),
    "no_events": lambda said, _: said.update(times=0),
    "imported_no_events": lambda said, _: said.update(times=0),
    "token_rejected": lambda said, _: None,
    "token_missing": lambda said, _: None,
    "rejected": lambda said, _: None,
    "external_sender": lambda said, _: None,
    "inactive_despite_traffic": lambda said, _: None,
    "not_counted": lambda said, _: None,
    "event_id_mismatch": _on("Purchase", _own_id_late),
    "event_id_reused": _on("Purchase", _one_id),
    "order_sent_twice": _on("Purchase", _tied_late),
    "order_number_reused+never_confirmed": _on("Purchase", _same_numbers),
    "consent_contested+held_pile_up": _on("Purchase", _nobodys_refusal),
    "expired": lambda said, _: None,
    "consent_never_said": lambda said, _: said.update(permission=UNSAID),
    "crm_quality_missing": _on("InitiateCheckout", lambda said, _: said.update(event="Lead")),
    "content_ids_unknown": lambda said, moment: said.update(
        properties={"contents": [{"content_id": f"web-{moment.n}", "quantity": 1}]}
    ),
    **{check: lambda said, _: None for check in REJECTED},
    "host_not_listed": _on(
        "ViewContent", lambda said, moment: said.update(permission=FOREIGN) if moment.n % 2 else None
    ),
    "email_invalid": _told("user.email", "email_invalid"),
    "phone_invalid": _told("user.phone", "phone_unresolvable"),
    "address_private": _told("user.ip", "ip_not_public"),
    "personal_data_in_texts": _told("order_id", "id_personal"),
    "currency_unknown": _told("properties.currency", "currency_unknown"),
    "value_not_number": _told("properties.value", "value_left_out"),
    "unknown_fields": _told("properties", "unknown_field"),
    "old_event_name": _on("Purchase", lambda said, _: said.update(event="CompletePayment")),
    "reserved_event_name": _other_names,
    "content_ids_missing": _on("AddToCart", _no_products),
    "cookies_missing": _user_without("ttp"),
    "match_keys_missing": _user_without("email"),
    "ip_missing": _user_without("ip"),
    "fewer_views_than_carts": _on("ViewContent", lambda said, moment: said.update(times=0) if moment.n > 4 else None),
    "funnel_step_missing": _without("AddToCart", "InitiateCheckout"),
    "no_conversion_event": _without("Purchase"),
    "custom_name_likely_standard": _on("Purchase", lambda said, moment: said.update(event="Purchse")),
    "names_look_alike": _quiz,
}
