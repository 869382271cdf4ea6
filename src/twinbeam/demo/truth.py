"""
The truth file: what ought to be counted, written down before the first request.

It is the only thing the checker gets from this package. It holds raw identifiers, so it lies beside the gateway's
directories and never in them.
"""

from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from twinbeam.demo.scenarios import KINDS
from twinbeam.demo.shop import Day
from twinbeam.demo.visitors import Visitor
from twinbeam.demo.visits import PlannedOrder, ShopEvent, SystemOrder
from twinbeam.demo.webhooks import SOURCES


def write_truth(path: Path, day: Day, *, seed: int, pixel: str) -> None:
    """Write what `day` ought to lead to, as one JSON object."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(truth_of(day, seed=seed, pixel=pixel))))


def truth_of(day: Day, *, seed: int, pixel: str) -> dict[str, Any]:
    """Return the truth as JSON-ready values; money as decimal text, so that no float rounds it."""
    return {
        "seed": seed,
        "pixel": pixel,
        "kinds": KINDS,
        "visitors": [_visitor_truth(visitor) for visitor in day.visitors],
        "orders": [_order_truth(order) for order in day.orders],
        "others": [_other_truth(it) for it in day.others],
        "forged": [_forged_truth(it) for it in day.forged],
        "system_orders": [_system_truth(order) for order in day.system_orders],
    }


def _visitor_truth(visitor: Visitor) -> dict[str, Any]:
    spellings = (visitor.in_browser, visitor.on_server)
    return {
        "visitor_id": visitor.visitor_id,
        "refused": not visitor.consented,
        "email": visitor.email,
        "phone": visitor.phone,
        "external_id": visitor.external_id,
        "ttclid": visitor.ttclid,
        "typed": {
            "email": [it.email for it in spellings],
            "phone": [it.phone for it in spellings],
            "name": [name for it in spellings for name in (it.first_name, it.last_name)],
        },
    }


def _order_truth(order: PlannedOrder) -> dict[str, Any]:
    country = order.visitor.country
    return {
        "order_id": order.order_id,
        "visitor_id": order.visitor.visitor_id,
        "permitted": order.permitted,
        "by_script": order.by_script,
        "counts": order.counts,
        "value": str(Decimal(order.minor).scaleb(-country.decimals)),
        "currency": country.currency,
        "scenarios": order.scenarios,
    }


def _system_truth(order: SystemOrder) -> dict[str, Any]:
    country = order.visitor.country
    return {
        "order_id": order.order_id,
        "source": SOURCES[order.system],
        "visitor_id": order.visitor.visitor_id,
        "permitted": order.permitted,
        "by_script": False,
        "counts": order.counts,
        "stands": not {"cancelled", "returned"} & set(order.steps),
        "value": str(Decimal(order.minor).scaleb(-country.decimals)),
        "refunded": str(Decimal(order.refunded).scaleb(-country.decimals)),
        "currency": country.currency,
        "scenarios": order.scenarios,
    }


def _other_truth(it: ShopEvent) -> dict[str, Any]:
    return {"event": it.event, "event_id": it.event_id, "counts": it.counts}


def _forged_truth(it: ShopEvent) -> dict[str, Any]:
    return {"order_id": it.order.order_id if it.order else "", "visitor_id": it.visitor.visitor_id}
