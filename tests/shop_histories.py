"""
What happens to orders, and the deliveries by which each system tells of it, for laws of many orders.

A history is drawn by chance and knows by itself what must come of it: whether TikTok counts the order, at what value,
and what is left of it. The bodies are those of `shop_systems.py`.
"""

from collections.abc import Iterator, Mapping
from random import Random
from typing import Any

from msgspec import Struct

from shop_systems import a_shopify_order, a_stripe_event, a_stripe_session, a_woo_order, iso

HOUR, DAY = 3_600, 86_400


class Delivery(Struct, frozen=True):
    """A body, and when it is delivered; it may come several times."""

    system: str
    at_s: int
    body: Mapping[str, Any]
    topic: str = ""


class History(Struct, frozen=True):
    """One order."""

    order_id: str
    fate: str
    value: float
    counts: bool  #: as a purchase that means paid
    deliveries: list[Delivery]
    left: float  #: of its value, after what went back


#: What becomes of orders, and how many of a hundred; those that count are paid.
FATES = {
    "card": 30,
    "card, refunded later": 8,
    "card, partly refunded": 7,
    "cash, paid later": 20,
    "cash, refused": 20,
    "cash, never paid": 5,
    "till": 5,
    "draft": 5,
}
OVER = frozenset({"card, refunded later", "cash, refused"})
COUNT = frozenset({"card", "card, refunded later", "card, partly refunded", "cash, paid later"})


class Purse(Struct, frozen=True):
    """How an order of Shopify's was paid, and how its refunds are told."""

    shop: str = "EUR"
    seen: str = "EUR"  #: by the buyer
    names: bool = True  #: a refund's transaction names its currency
    lists: bool = True  #: an order lists its refunds, and they come alone, too

    def amount(self, euros: float, side: str) -> str:
        return str(round(euros * YEN)) if getattr(self, side) == "JPY" else f"{euros:.2f}"

    def both(self, euros: float) -> dict[str, Any]:
        sides = {"shop_money": "shop", "presentment_money": "seen"}
        return {
            name: {"amount": self.amount(euros, side), "currency_code": getattr(self, side)}
            for name, side in sides.items()
        }


YEN = 160  #: for a euro
PURSES = {
    Purse(): 60,
    Purse(names=False): 5,
    Purse(lists=False): 10,
    Purse(seen="JPY"): 10,  # paid back in yen, by a shop that counts in euros
    Purse(seen="JPY", names=False): 5,
    Purse(shop="JPY", seen="JPY", names=False): 10,
}


def histories(system: str, chance: Random, many: int, begins_s: int, money: str = "shop") -> Iterator[History]:
    """Draw orders that are placed within a day; `money` is the basis of Shopify's source."""
    side = "shop" if money == "shop" else "seen"
    for n in range(many):
        (fate,) = chance.choices(list(FATES), list(FATES.values()))
        value = chance.randrange(500, 50_000) / 100
        placed_s = begins_s + chance.randrange(DAY)
        tell = {"shopify": _shopify, "woocommerce": _woo, "stripe": _stripe}[system]
        (purse,) = chance.choices(list(PURSES), list(PURSES.values())) if system == "shopify" else [Purse()]
        order_id, bodies = tell(chance, n + 1, fate, value, placed_s, purse)
        worth, back = (float(purse.amount(it, side)) for it in (value, went_back(fate, value)))
        left = 0.0 if fate in OVER else worth - (back if purse.lists else 0)
        yield History(order_id, fate, worth, fate in COUNT, list(_delivered(chance, bodies)), left)


def went_back(fate: str, value: float) -> float:
    return {"card, refunded later": value, "card, partly refunded": round(value * 100) // 4 / 100}.get(fate, 0)


def _delivered(chance: Random, bodies: list[Delivery]) -> Iterator[Delivery]:
    """Let each body come late, and now and then again, up to nine times."""
    for body in bodies:
        times = chance.randint(2, 9) if chance.random() < 0.2 else 1
        for _ in range(times):
            yield Delivery(body.system, body.at_s + chance.randrange(6 * HOUR), body.body, body.topic)


def _steps(chance: Random, fate: str, placed_s: int) -> list[tuple[int, str]]:
    """Return what happens after an order was placed; days lie between, so that late deliveries do not meet."""
    later_s = placed_s + chance.randint(1, 9) * DAY + chance.randrange(6 * HOUR)
    match fate:
        case "card, refunded later":
            return [(placed_s + 2 * DAY, "refunded")]
        case "card, partly refunded":
            return [(placed_s + 2 * DAY, "partly refunded")]
        case "cash, paid later":
            return [(placed_s + DAY // 2, "shipped"), (later_s, "paid")]
        case "cash, refused":
            return [(placed_s + DAY // 2, "shipped"), (later_s, "cancelled")]
        case _:
            return []


def _shopify(
    chance: Random, n: int, fate: str, value: float, placed_s: int, purse: Purse
) -> tuple[str, list[Delivery]]:
    number = 5_000_000_000_000_000_000 + n
    said: dict[str, Any] = {name: iso(placed_s) for name in ("created_at", "processed_at", "updated_at")}
    said |= dict.fromkeys(("total_price", "current_total_price"), purse.amount(value, "shop"))
    said |= {name: purse.both(value) for name in ("total_price_set", "current_total_price_set")}
    said |= {"currency": purse.shop, "presentment_currency": purse.seen}
    is_cash = fate.startswith("cash")
    said |= {"financial_status": "pending" if is_cash else "paid"}
    said |= {"payment_gateway_names": ["Cash on Delivery (COD)"] if is_cash else ["shopify_payments"]}
    said |= {"source_name": {"till": "pos", "draft": "shopify_draft_order"}.get(fate, "web")}
    bodies = [Delivery("shopify", placed_s, a_shopify_order(number, **said), "orders/create")]
    if not is_cash and chance.random() < 0.9:
        bodies.append(Delivery("shopify", placed_s, a_shopify_order(number, **said), "orders/paid"))
    for at_s, step in _steps(chance, fate, placed_s):
        said |= {"updated_at": iso(at_s)}
        match step:
            case "paid":
                said |= {"financial_status": "paid"}
            case "shipped":
                said |= {"fulfillment_status": "fulfilled", "fulfillments": [{"created_at": iso(at_s)}]}
            case "cancelled":
                said |= {"cancelled_at": iso(at_s), "financial_status": "voided"}
            case _:
                said |= {"financial_status": "refunded" if step == "refunded" else "partially_refunded"}
                refund = _refund(number, n, went_back(fate, value), at_s, purse)
                if purse.lists:
                    said |= {"refunds": [refund]}
                    bodies.append(Delivery("shopify", at_s, refund, "refunds/create"))
        bodies.append(Delivery("shopify", at_s, a_shopify_order(number, **said), _topic(step)))
    if not purse.lists:
        cut = [{name: it for name, it in one.body.items() if name != "refunds"} for one in bodies]
        bodies = [Delivery("shopify", one.at_s, body, one.topic) for one, body in zip(bodies, cut, strict=True)]
    return str(number), bodies


def _refund(number: int, n: int, back: float, at_s: int, purse: Purse) -> dict[str, Any]:
    """A refund, paid back in what the buyer paid in; with figures where those are of two currencies."""
    amount, currency = purse.amount(back, "seen"), purse.seen if purse.names else None
    moved = {"kind": "refund", "status": "success", "amount": amount, "currency": currency}
    lines = [{"subtotal_set": purse.both(back), "total_tax_set": purse.both(0)}] if purse.shop != purse.seen else []
    told = {"id": n, "order_id": number, "created_at": iso(at_s), "transactions": [moved]}
    return told | {"refund_line_items": lines}


def _topic(step: str) -> str:
    return {"paid": "orders/paid", "cancelled": "orders/cancelled", "shipped": "orders/fulfilled"}.get(
        step, "orders/updated"
    )


def _woo(chance: Random, n: int, fate: str, value: float, placed_s: int, _purse: Purse) -> tuple[str, list[Delivery]]:
    is_cash, is_draft = fate.startswith("cash"), fate == "draft"
    said: dict[str, Any] = {
        "date_created_gmt": iso(placed_s, ""),
        "date_modified_gmt": iso(placed_s, ""),
        "date_paid_gmt": None if is_cash or is_draft else iso(placed_s, ""),
        "status": "checkout-draft" if is_draft else "processing",
        "total": f"{value:.2f}",
        "created_via": "pos-rest-api" if fate == "till" else "store-api" if is_draft else "checkout",
    }
    bodies = [Delivery("woocommerce", placed_s, a_woo_order(n, **said), "order.created")]
    for at_s, step in _steps(chance, fate, placed_s):
        said |= {"date_modified_gmt": iso(at_s, "")}
        match step:
            case "paid":
                said |= {"date_paid_gmt": iso(at_s, ""), "date_completed_gmt": iso(at_s, ""), "status": "completed"}
            case "shipped":
                said |= {"status": "shipped"}
            case "cancelled":
                said |= {"status": "cancelled"}
            case _:
                back = went_back(fate, value)
                said |= {"refunds": [{"id": 100_000 + n, "reason": "", "total": f"-{back:.2f}"}]}
                said |= {"status": "refunded"} if step == "refunded" else {}
        bodies.append(Delivery("woocommerce", at_s, a_woo_order(n, **said), "order.updated"))
    return str(n), bodies


def _stripe(
    chance: Random, n: int, fate: str, value: float, placed_s: int, _purse: Purse
) -> tuple[str, list[Delivery]]:
    amount, is_open = round(value * 100), fate.startswith("cash") or fate in ("till", "draft")
    session = a_stripe_session(
        str(n),
        amount_total=amount,
        created=placed_s,
        payment_status="unpaid" if is_open else "paid",
        total_details=None,
    )
    number, bodies = f"pi_{n}", []

    def tells(at_s: int, what: Mapping[str, Any], kind: str) -> None:
        bodies.append(Delivery("stripe", at_s, a_stripe_event(what, kind, created=at_s, id=f"evt_{n}_{len(bodies)}")))

    tells(placed_s, session, "checkout.session.completed")
    for at_s, step in _steps(chance, fate, placed_s):
        charge = {"id": f"ch_{n}", "object": "charge", "payment_intent": number, "currency": "eur", "livemode": True}
        match step:
            case "paid":
                tells(at_s, session | {"payment_status": "paid"}, "checkout.session.async_payment_succeeded")
            case "cancelled":
                tells(at_s, session, "checkout.session.async_payment_failed")
            case "refunded" | "partly refunded":
                halves = (amount // 4, amount) if step == "refunded" else (amount // 4,)
                for later, back in enumerate(halves):
                    tells(at_s + later * HOUR, charge | {"amount_refunded": back}, "charge.refunded")
    return number, bodies
