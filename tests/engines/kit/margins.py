"""What an order is worth by its margin: settled once, when a server's copy is recorded."""

from typing import Any

from msgspec.structs import replace

from engines.kit.harness import Harness
from signals import BROWSER, MINUTE, NOW, WORKSPACE, a_refusal, a_signal, carried, order_lookup
from twinbeam.core.goods import Goods, GoodsLine
from twinbeam.core.products import UnitCost
from twinbeam.core.values import Channel, Signal

LAMP, CABLE = {"lamp": UnitCost(30_000_000, "EUR")}, {"cable": UnitCost(1_250_000, "EUR")}


def _an_order(
    event_id: str = "1001", *ids: str, net: float = 75.0, value: float = 89.9, pixel: str = "MARGIN", **changes: Any
) -> Signal:
    """Build a server's order of one piece of each product, two of cables."""
    lines = [GoodsLine([id_], 2 if id_ == "cable" else 1) for id_ in ids or ("lamp",)]
    usual = {"pixel": pixel, "order_id": event_id, "value": value, "currency": "EUR"}
    signal = a_signal(event_id, **usual | changes)
    return replace(signal, goods=Goods(round(net * 100), "EUR", lines))


def _in_browser(event_id: str = "1001", **changes: Any) -> Signal:
    """Build the browser's copy as the identity room lets it through where margins are sent: without a value."""
    usual = {"pixel": "MARGIN", "channel": BROWSER, "order_id": event_id, "currency": "EUR", "user": {"ttclid": "c"}}
    return a_signal(event_id, **usual | changes)


def _sent(h: Harness, pixel: str = "MARGIN") -> dict[str, Any]:
    """Tell which values go out, by event id."""
    return {event["event_id"]: event.get("properties", {}).get("value") for event in carried(h.lease(pixel=pixel))}


def a_purchase_is_sent_with_what_is_left_of_its_products_price(h: Harness) -> None:
    h.engine.know_costs(WORKSPACE, LAMP | CABLE)
    h.take(_an_order("1001", "lamp", "cable", net=75.0))
    (margin,) = h.engine.margins().values()
    assert (margin.revenue, margin.products, margin.cost, margin.margin, margin.sends) == (
        8_990,
        7_500,
        3_250,
        4_250,
        "margin",
    )
    assert h.story("1001").value_minor == 4_250
    assert _sent(h) == {"1001": 42.5}


def without_the_rule_revenue_is_sent_and_both_are_kept(h: Harness) -> None:
    h.engine.know_costs(WORKSPACE, LAMP)
    h.take(_an_order("1001", pixel="TRUSTING"))
    (margin,) = h.engine.margins().values()
    assert (margin.revenue, margin.margin, margin.sends) == (8_990, 4_500, "revenue")
    assert _sent(h, "TRUSTING") == {"1001": 89.9}


def what_would_be_a_guess_is_sent_without_a_value(h: Harness) -> None:
    h.engine.know_costs(WORKSPACE, LAMP | {"dollar": UnitCost(1_000_000, "USD")})
    h.take(
        _an_order("1", "lamp", "nobody"), _an_order("2", "dollar"), _an_order("3", net=30.0), _an_order("4", net=10.0)
    )
    h.take(
        replace(_an_order("5"), goods=None), replace(_an_order("6"), goods=Goods(1, "USD", [GoodsLine(["lamp"], 1)]))
    )
    troubles = {id_: margin.trouble for id_, margin in h.engine.margins().items()}
    assert [*troubles.values()] == ["cost", "currency", "loss", "loss", "lines", "currency"]
    assert {margin.sends for margin in h.engine.margins().values()} == {"nothing"}
    assert _sent(h) == dict.fromkeys("123456")


def its_owner_may_prefer_revenue_to_no_value_but_a_loss_is_never_dressed_up(h: Harness) -> None:
    h.engine.know_costs(WORKSPACE, LAMP)
    h.take(_an_order("1", "nobody", pixel="MARGINELSE"), _an_order("2", net=10.0, pixel="MARGINELSE"))
    assert _sent(h, "MARGINELSE") == {"1": 89.9, "2": None}


def the_browsers_copy_never_brings_revenue_back(h: Harness) -> None:
    h.engine.know_costs(WORKSPACE, LAMP)
    h.take(_in_browser("1"), _in_browser("2"))
    h.take(_an_order("1"), _an_order("2", "nobody"))
    h.take(_in_browser("1", received_ms=NOW + 1))
    assert _sent(h) == {"1": 45.0, "2": None}


def of_two_words_of_the_shop_the_shop_systems_leads(h: Harness) -> None:
    h.engine.know_costs(WORKSPACE, LAMP)
    h.take(_an_order("1", net=75.0))
    h.take(_an_order("1", net=65.0, value=79.9, channel=Channel.WEBHOOK))
    (margin,) = h.engine.margins().values()
    assert (margin.revenue, margin.margin) == (7_990, 3_500)
    assert _sent(h) == {"1": 35.0}


def another_feed_changes_nothing_of_what_was_recorded(h: Harness) -> None:
    h.engine.know_costs(WORKSPACE, LAMP)
    h.take(_an_order("1"))
    before = h.lease(pixel="MARGIN")
    h.engine.know_costs(WORKSPACE, {"lamp": UnitCost(1_000_000, "EUR")})
    h.take(_an_order("1", received_ms=NOW + MINUTE), _an_order("2"))
    (again,) = h.restart()
    assert again.body == before.body
    h.delivered(again)
    assert _sent(h) == {"2": 74.0}
    kept = {h.store.by_id(id_).event_id: margin.margin for id_, margin in h.engine.margins().items()}
    assert kept == {"1": 4_500, "2": 7_400}


def a_replay_settles_nothing_anew(h: Harness) -> None:
    h.engine.know_costs(WORKSPACE, LAMP)
    h.take(_an_order("1"))
    h.engine.know_costs(WORKSPACE, {})
    h.replay()
    assert [margin.margin for margin in h.engine.margins().values()] == [4_500]


def what_is_erased_is_worth_nothing_any_more(h: Harness) -> None:
    h.engine.know_costs(WORKSPACE, LAMP)
    h.take(_an_order("1", lookups=[order_lookup("1")]))
    assert h.engine.margins()
    h.erase("order", "1")
    assert h.engine.margins() == {}


def what_its_visitor_refuses_is_worth_nothing_any_more(h: Harness) -> None:
    h.engine.know_costs(WORKSPACE, LAMP)
    h.take(_an_order("1", visitor="ada"))
    assert h.engine.margins()
    h.take(a_refusal("1", pixel="MARGIN", visitor="ada"))
    assert (h.store.states(), h.engine.margins()) == ({"withdrawn": 1}, {})
