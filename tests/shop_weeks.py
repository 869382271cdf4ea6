"""
Two weeks of shops over a real store, played by hand: one shop does everything right, each other one does one thing wrong.

A shop reports views, carts, checkouts and purchases from the page and from its server, under one id. What it does wrong
is a function that changes what one side reports, from some day on.
"""

from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Any

from msgspec.structs import replace

from builders import WORKSPACE
from showroom import Showroom
from signals import DENIED, a_signal
from twinbeam.admin.issues import listed
from twinbeam.app.checking import Checking
from twinbeam.core.clock import MS_PER_DAY
from twinbeam.core.rules import PixelRules
from twinbeam.core.values import Channel, Signal
from twinbeam.web.weeks import weeks_now

DAYS = 15
USUAL = {"ViewContent": 6, "AddToCart": 10, "InitiateCheckout": 9, "Purchase": 11}
SPOILED_FROM = DAYS - 2  #: the day from which on most shops do something wrong
Said = dict[str, Any]
Fault = Callable[[Said, "Moment"], None]


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
    if moment.event == "Purchase":
        said |= {"value": 40.0 + moment.n, "currency": "EUR", "order_id": who}
    return said


class Shops:
    """Some shops that report to one store; the first one is sound."""

    def __init__(self, room: Showroom, faults: dict[str, Fault]) -> None:
        self.room = room
        self.faults: list[tuple[str, Fault | None]] = [("", None), *faults.items()]
        self.checking = Checking(room.store, room.reader, room.clock, (40105,))
        for shop, (name, _) in enumerate(self.faults):
            room.add_pixel(code_of(shop), name=name or "sound", rules=PixelRules())

    def live(self) -> None:
        """Let the days pass, and the last one for an hour; then run the jobs."""
        for day in range(DAYS):
            for channel in (Channel.BROWSER, Channel.SERVER):
                self.room.record(*self._all(day, channel))
                self.room.clock.advance(seconds=2)
            self.room.clock.advance(seconds=30)
            self.room.deliver()
            self.room.clock.advance(seconds=MS_PER_DAY // 1_000 - 34 if day < DAYS - 1 else 3_600)
        self.look()

    def found(self) -> dict[str, set[str]]:
        """Give the checks that find something, by what was planted."""
        now_ms, found = self.room.clock.now_ms(), {name: set() for name, _ in self.faults}
        for it in listed(self.room.reader, weeks_now(self.room.reader, now_ms).pixels, now_ms, (40105,)):
            found[self.faults[int(it.pixel[6:])][0]].add(it.issue.check)
        return found

    def look(self) -> None:
        """Run the jobs behind the issues."""
        taking = self.checking.begin()
        while taking.look(100):
            pass
        taking.keep()
        self.checking.keep_evidence(self.checking.find())
        self.checking.keep(self.checking.look())

    def _all(self, day: int, channel: Channel) -> list[Signal]:
        now_ms = self.room.clock.now_ms()
        return [
            signal
            for shop, (_, fault) in enumerate(self.faults)
            for event, usual in USUAL.items()
            for n in range(usual)
            for signal in self._signals(shop, fault, Moment(day, event, n, channel, now_ms))
        ]

    def _signals(self, shop: int, fault: Fault | None, moment: Moment) -> Iterator[Signal]:
        said = reported(shop, moment)
        if fault is not None:
            fault(said, moment)
        times, denied, late = said.pop("times", 1), said.pop("denied", False), said.pop("late_ms", 0)
        for again in range(times):
            given = said | ({"event_id": f"{said['event_id']}-{again}"} if again else {})
            signal = a_signal(**given)
            signal = replace(signal, received_ms=signal.received_ms + late) if late else signal
            yield replace(signal, permission=DENIED, body=b"", lookups=[]) if denied else signal


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


#: By check, or by several: what a shop does wrong.
FAULTS: dict[str, Fault] = {
    "value_missing": _late_sales(_drop_value),
    "currency_missing": _late_sales(_drop_currency),
    "value_zero": _late_sales(lambda said: said.update(value=0.0)),
    "value_differs": _server_on("Purchase", value=99.5),
    "currency_differs": _server_on("Purchase", currency="USD"),
    "server_late": _server_on("Purchase", late_ms=600_000),
    "consent_differs": _server_on("Purchase", denied=True),
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
}
