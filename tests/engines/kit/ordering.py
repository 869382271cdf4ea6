"""The ledger of orders: what shops state, what follows from it, and sums that say what the list says."""

from typing import Any

from msgspec.structs import replace

from engines.kit.harness import Harness
from signals import BROWSER, DAY, DENIED, HOUR, NOW, PIXEL, WORKSPACE, a_signal, order_lookup
from twinbeam.admin.reconciling import OrderScope, every_line, reconciliation
from twinbeam.core.clock import day_of
from twinbeam.core.goods import Goods, GoodsLine
from twinbeam.core.order import YES, OrderFacts, Refund, Stated
from twinbeam.core.products import UnitCost
from twinbeam.core.story import PixelRow
from twinbeam.core.values import Signal
from twinbeam.orders.reconciliation import Days, Line
from twinbeam.orders.sums import by_place, tally

_ALL = Days(0, day_of(NOW) + 400)


def _facts(number: str, *, amount: str = "20.50 EUR", at_ms: int = NOW, refunded: str = "", **said: str) -> OrderFacts:
    stated = {name: Stated(at_ms, text) for name, text in {"value": amount, "paid": YES, **said}.items()}
    refunds = {"r-1": Refund(at_ms, refunded)} if refunded else {}
    return OrderFacts(number, "shopify", stated, {"placed": at_ms, "paid": at_ms}, refunds)


def _stated(number: str, h: Harness, **said: str) -> Signal:
    """Build what a delivery states of an order, beside its event."""
    signal = a_signal(number, order_id=number, received_ms=h.now(), shop=said.pop("shop", ""))
    facts = _facts(number, at_ms=h.now(), **said)
    return replace(signal, event="", pixel="", lookups=[], body=b"", order=facts)


def _purchase(number: str, h: Harness, **changes: Any) -> Signal:
    """Build the purchase that follows from an order."""
    usual = {"value": 20.50, "currency": "EUR", "received_ms": h.now(), "event_time": h.now() // 1_000}
    said = usual | {"order_id": number, "stage": "placed+paid", "lookups": [order_lookup(number)]} | changes
    return replace(a_signal(number, **said), of_order=True)


def _ordered(number: str, h: Harness, **changes: Any) -> list[Signal]:
    facts = {name: changes.pop(name) for name in ("amount", "refunded", "kind", "cancelled") if name in changes}
    return [_stated(number, h, **facts), _purchase(number, h, **changes)]


def _lines(h: Harness, days: Days = _ALL) -> list[Line]:
    return list(every_line(h.store.orders, _PIXELS, days))


_PIXELS = [
    PixelRow(workspace=WORKSPACE, code=code, event_source="web", name="", has_token=True, token_ms=None, created_ms=0)
    for code in (PIXEL, "PIXEL2")
]


def _told(h: Harness) -> dict[str, tuple[str, str]]:
    """Tell what became of each order, and check that the sums say the same."""
    lines = _lines(h)
    found = reconciliation(h.store.orders, _PIXELS, OrderScope(_ALL))
    assert by_place(found.parts) == by_place(lines)
    assert tally(found.once).orders == len({(it.order.shop, it.order.order_id) for it in lines})
    return {it.order.order_id: (it.result.value, it.reason) for it in lines}


def _sent(h: Harness) -> None:
    h.clock.advance(seconds=20)
    h.delivered(h.lease())


def an_order_is_told_with_what_became_of_its_purchase(h: Harness) -> None:
    h.take(*_ordered("1", h), *_ordered("2", h, permission=DENIED), *_ordered("3", h, refunded="5.00 EUR"))
    _sent(h)
    h.take(*_ordered("4", h), _stated("5", h), _stated("6", h, kind="point_of_sale"))
    assert _told(h) == {
        "1": ("accepted", ""),
        "2": ("ignored", "no_consent"),
        "3": ("accepted", ""),
        "4": ("missing", "being_sent"),
        "5": ("missing", "no_event"),
        "6": ("ignored", "order_ignored"),
    }
    total = tally(_lines(h)).money["EUR"]
    assert (total.value, total.compared, total.told, total.refunded) == (6 * 2_050, 4_100, 4_100, 500)


def what_is_told_twice_or_late_changes_no_sum(h: Harness) -> None:
    first = _ordered("1", h)
    h.take(*first)
    _sent(h)
    before = by_place(_lines(h))
    h.take(*first)
    h.replay()
    assert by_place(_lines(h)) == before
    h.engine.reopen()
    assert by_place(_lines(h)) == before


def a_newer_amount_moves_the_order_and_its_difference(h: Harness) -> None:
    h.take(*_ordered("1", h))
    _sent(h)
    h.take(_stated("1", h, amount="25.00 EUR"))
    assert _told(h) == {"1": ("accepted", "")}
    money = tally(_lines(h)).money["EUR"]
    assert (money.value, money.told, money.delta) == (2_500, 2_050, -450)
    h.take(_stated("1", h, amount="30.00 USD"))
    assert tally(_lines(h)).money["USD"].compared == 0


def an_order_of_two_pixels_counts_once_by_the_one_that_lacks_it(h: Harness) -> None:
    h.take(*_ordered("1", h), _purchase("1", h, pixel="PIXEL2"))
    _sent(h)
    found = reconciliation(h.store.orders, _PIXELS, OrderScope(_ALL))
    assert (tally(found.parts).accepted, tally(found.once).missing) == (1, {"being_sent": 1})
    one = reconciliation(h.store.orders, _PIXELS, OrderScope(_ALL, pixel=(WORKSPACE, PIXEL)))
    assert (tally(one.once).orders, tally(one.once).accepted) == (1, 1)


def united_purchases_are_one_order(h: Harness) -> None:
    h.take(a_signal("page-1", channel=BROWSER, native="sent", visitor="ada", received_ms=h.now()))
    h.take(*_ordered("1", h, visitor="ada", also=["page-1"]))
    _sent(h)
    assert _told(h) == {"1": ("accepted", "")}


def orders_are_listed_newest_first_and_go_on_where_a_page_ends(h: Harness) -> None:
    for number in "123456":
        h.take(*_ordered(number, h))
        h.clock.advance(ms=11 * HOUR)
    orders, found, before = h.store.orders, [], None
    while page := orders.listed(_ALL, before=before, limit=2):
        assert len(page) <= 2
        found += page
        before = page[-1].placed_ms, page[-1].id
    assert [it.order_id for it in found] == list("654321")
    today = Days(day_of(NOW), day_of(NOW))
    assert [it.order_id for it in orders.listed(today)] == [
        it.order_id for it in found if it.placed_ms < NOW - NOW % DAY + DAY
    ]
    assert orders.listed(replace(today, workspace="hats")) == []


def a_later_placing_moves_an_order_to_its_day(h: Harness) -> None:
    h.take(_stated("1", h))
    earlier = replace(_facts("1", at_ms=NOW + 1), since_ms={"placed": NOW - 3 * DAY})
    h.take(replace(_stated("1", h), order=earlier))
    (line,) = _lines(h, Days(day_of(NOW) - 3, day_of(NOW) - 3))
    assert line.order.placed_ms == NOW - 3 * DAY
    _told(h)


def one_number_of_two_shops_is_two_rows(h: Harness) -> None:
    h.take(*_ordered("1", h), _stated("1", h, shop="shop-fr"))
    assert [it.shop for it in h.store.orders.under_number([WORKSPACE], "1")] == ["shop-fr", ""]
    assert h.store.orders.under_number(["elsewhere"], "1") == []
    (french, _) = h.store.orders.under_number(["elsewhere", WORKSPACE], "1")
    assert h.store.orders.facts_of(WORKSPACE, french.id).order_id == "1"
    assert h.store.orders.facts_of("elsewhere", french.id) is None
    assert len(_told(h)) == 1
    assert tally(_lines(h)).orders == 2


def what_pages_and_scripts_told_is_marked_alike(h: Harness) -> None:
    h.take(*_ordered("1", h))
    h.take(a_signal("2", channel=BROWSER, native="blocked", order_id="2", received_ms=h.now(), user={"ttclid": "c"}))
    h.take(*_ordered("2", h))
    h.take(a_signal("3", channel=BROWSER, native="sent", visitor="v", received_ms=h.now()))
    h.take(*_ordered("3", h, visitor="v", event_time=(NOW + 2 * HOUR) // 1_000))
    for line in _lines(h):
        assert line.order.conversions[0].marks == {"1": 0, "2": 1 + 4 + 16, "3": 1 + 2 + 32}[line.order.order_id]
    _told(h)


def what_tiktok_refused_is_sent_again_when_its_owner_asks(h: Harness) -> None:
    h.take(*_ordered("1", h))
    h.clock.advance(seconds=20)
    first = h.lease()
    h.refused(first)
    (order,) = h.store.orders.with_refused(_ALL)
    ids = [it.id for it in order.conversions]
    assert h.resend_of([*ids, 4_711]) == {"": 1}
    again = h.lease()
    assert again.body == first.body
    h.delivered(again)
    assert _told(h) == {"1": ("accepted", "")}
    assert h.resend_of(ids) == {}
    assert h.state("1") == "delivered"


def what_was_refused_is_never_sent_again_after_47_hours(h: Harness) -> None:
    h.take(*_ordered("1", h))
    h.clock.advance(seconds=20)
    h.refused(h.lease())
    h.clock.advance(ms=48 * HOUR)
    (order,) = h.store.orders.with_refused(_ALL)
    assert h.resend_of([order.conversions[0].id], never_taken=()) == {"dedup_window": 1}
    assert _told(h) == {"1": ("missing", "refused_by_tiktok")}


def what_its_visitor_declined_after_tiktok_refused_it_is_never_sent_again(h: Harness) -> None:
    h.take(*_ordered("1", h, visitor="ada"))
    h.clock.advance(seconds=20)
    h.refused(h.lease())
    id_ = h.store.orders.with_refused(_ALL)[0].conversions[0].id
    h.take(_purchase("1", h, visitor="ada", permission=DENIED))
    assert h.state("1") == "withdrawn"
    assert h.resend_of([id_]) == {}
    assert h.state("1") == "withdrawn"


def leads_are_what_not_only_a_browser_told_of(h: Harness) -> None:
    lead = {"event": "Lead", "value": 5.0, "currency": "EUR"}
    h.take(
        a_signal("l-1", **lead),
        a_signal("l-2", channel=BROWSER, **lead),
        a_signal("l-3", event="CompleteRegistration", permission=DENIED),
        a_signal("v-1", event="ViewContent"),
    )
    _sent(h)
    orders = h.store.orders
    found = reconciliation(orders, _PIXELS, OrderScope(_ALL, "leads"))
    total = tally(found.once)
    assert (total.orders, total.accepted, total.ignored) == (2, 1, {"no_consent": 1})
    assert {place.channel for place in by_place(found.parts)} == {"Lead", "CompleteRegistration"}
    assert total.money["EUR"].told == 500
    assert [it.event for it in orders.leads_listed(_ALL)] == ["CompleteRegistration", "Lead"]
    assert orders.leads_listed(_ALL, limit=1)[0].event == "CompleteRegistration"
    (later,) = orders.leads_listed(_ALL, before=(NOW, orders.leads_listed(_ALL)[0].id))
    assert later.order_id == "l-1"


def what_follows_from_an_order_is_found_by_its_number(h: Harness) -> None:
    h.take(*_ordered("1", h, permission=DENIED), *_ordered("2", h))
    assert [it.state for it in h.store.by_order([WORKSPACE], "1")] == ["dropped"]
    assert [it.state for it in h.store.by_order([WORKSPACE, "hats"], "2")] == ["ready"]
    assert h.store.by_order(["hats"], "2") == []


def margins_are_added_up_of_the_orders_of_which_they_are_known(h: Harness) -> None:
    h.engine.know_costs(WORKSPACE, {"lamp": UnitCost(12_000_000, "EUR")})
    for number, line in (("1", "lamp"), ("2", "lamp"), ("3", "a thing without a cost")):
        note, purchase = _ordered(number, h)
        h.take(note, replace(purchase, goods=Goods(1_800, "EUR", [GoodsLine([line], 1)])))
    h.take(*_ordered("4", h), _purchase("2", h, pixel="PIXEL2"))
    _told(h)
    money = tally(reconciliation(h.store.orders, _PIXELS, OrderScope(_ALL)).once).money["EUR"]
    assert (money.margin, money.with_margin) == (1_200, 2)


def what_went_back_of_an_order_that_nobody_told_of_waits_for_it(h: Harness) -> None:
    back = {"r-1": Refund(h.now(), "5.00 EUR"), "r-2": Refund(h.now(), "800 JPY")}
    h.take(replace(_stated("1", h), order=OrderFacts("1", "shopify", refunds=back)))
    assert _told(h) == {}
    h.take(*_ordered("1", h))
    assert _told(h) == {"1": ("missing", "being_sent")}
    (line,) = _lines(h)
    assert (line.order.refunded_minor, line.order.net_minor) == (500, 1550)  # yen are no cents


def of_a_subscription_that_began_with_nothing_the_first_payment_is_no_renewal(h: Harness) -> None:
    begun = OrderFacts("sub", "stripe", {"kind": Stated(h.now(), "no_order")})
    h.take(replace(_stated("sub", h), order=begun))
    for number in ("1", "2"):
        paid = replace(_facts(number, at_ms=h.now(), kind="renewal"), began_as="sub")
        h.take(replace(_stated(number, h), order=paid), _purchase(number, h, stage="ignored"))
        h.take(replace(_stated(number, h), order=paid), _purchase(number, h, stage="ignored"))  # once more
    assert _told(h) == {"1": ("missing", "being_sent"), "2": ("ignored", "order_ignored")}
