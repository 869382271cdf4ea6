"""
Compare the truth file with what the emulator counted and received. Pure; knows neither package.

The first nine numbers of a report are the promise; the rest say what the run was made of.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

Event = Mapping[str, Any]
Report = dict[str, int | float]

PROMISED_ZERO = ("duplicates_counted", "lost", "value_difference", "raw_identifiers_on_disk", "sent_without_consent")
#: Zero as well in a sound run, though not among the nine.
ALSO_ZERO = (
    "forged_received",
    "others_lost",
    "others_duplicated",
    "names_apart",
    "unhashed_identifiers",
    "wrong_identifiers",
    "emulator_faults",
)
_LEAST_SHARE = 0.01
_LEAST_CONSENTED, _MOST_CONSENTED = 0.6, 0.8
_HASHED = ("email", "phone", "first_name", "last_name", "external_id", "zip_code")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def compare(truth: Event, counted: Sequence[Event], received: Sequence[Event], finds: int, faults: int) -> Report:
    """Give the report; `counted` and `received` are the emulator's lists for the demo's pixel, all events."""
    purchases = [event for event in counted if event["event"] == "Purchase"]
    times = Counter(event["order_id"] for event in purchases)
    orders = [*truth["orders"], *truth["system_orders"]]
    due = [order for order in orders if order["counts"]]
    return {
        "orders": len(orders),
        "consented": len(due),
        "received": len(_purchases(received)),
        "counted": len(purchases),
        "duplicates_counted": sum(number - 1 for number in times.values()),
        "lost": sum(order["order_id"] not in times for order in due),
        "value_difference": _plain(_value_difference(orders, purchases)),
        "raw_identifiers_on_disk": finds,
        "sent_without_consent": _sent_without_consent(truth, received),
        **_kinds(truth),
        "forged_received": _forged_received(truth, received),
        **_others(truth["others"], counted),
        "names_apart": _names_apart(received),
        "unhashed_identifiers": sum(_unhashed(copy["body"]) for copy in received),
        "wrong_identifiers": _wrong_identifiers(truth, received),
        "emulator_faults": faults,
    }


def failures(report: Report, kinds: Iterable[str]) -> list[str]:
    """Say in a sentence each what a report breaks; empty when it is sound."""
    broken = [f"{name} is {report[name]}" for name in (*PROMISED_ZERO, *ALSO_ZERO) if report[name] != 0]
    if report["counted"] != report["consented"]:
        broken.append(f"{report['counted']} purchases counted for {report['consented']} permitted orders")
    if not _LEAST_CONSENTED <= report["consented"] / report["orders"] <= _MOST_CONSENTED:
        broken.append(f"{report['consented']} of {report['orders']} orders ought to be counted: no usual share")
    rare = [kind for kind in kinds if report[kind] < _LEAST_SHARE * report["orders"] or report[kind] == 0]
    return broken + [f"too few orders met the scenario '{kind}' for this run to say anything of it" for kind in rare]


def _purchases(received: Iterable[Event]) -> list[Event]:
    """Give the purchases among what came in, under the new or the old name (tiktok.md 5.2)."""
    return [copy for copy in received if copy["event"] in {"Purchase", "CompletePayment"}]


def _kinds(truth: Event) -> dict[str, int]:
    orders = (*truth["orders"], *truth["system_orders"])
    met = Counter(scenario for order in orders for scenario in order["scenarios"])
    return {kind: met[kind] for kind in truth["kinds"]} | {"forged": len(truth["forged"])}


def _value_difference(orders: Iterable[Event], purchases: Iterable[Event]) -> Decimal:
    """Add up by how much each counted value is off, in its own currency; a wrong currency is off by all of it."""
    known = {order["order_id"]: order for order in orders}
    return sum((_off_by(known[it["order_id"]], it) for it in purchases if it["order_id"] in known), Decimal(0))


def _off_by(order: Event, event: Event) -> Decimal:
    value = Decimal(str(event["value"] or 0))
    if event["currency"] != order["currency"]:
        return value + Decimal(order["value"])
    return abs(value - Decimal(order["value"]))


def _plain(number: Decimal) -> int | float:
    return int(number) if number == int(number) else float(number)


def _sent_without_consent(truth: Event, received: Iterable[Event]) -> int:
    """
    Count the copies on the wire that nobody permitted, told by any id or match key.

    What TikTok's own script reported while it was allowed stands; the gateway may not add to it after a refusal.
    """
    orders = (*truth["orders"], *truth["system_orders"])
    refused = {order["order_id"]: order["by_script"] for order in orders if not order["permitted"]}
    events = {other["event_id"] for other in truth["others"] if not other["counts"]}
    keys = {key for visitor in truth["visitors"] if visitor["refused"] for key in _keys_of(visitor)}
    return sum(
        _is_refused(copy, refused) or copy["event_id"] in events or bool(keys & _keys_in(copy["body"]))
        for copy in received
    )


def _is_refused(copy: Event, refused: Mapping[str | None, bool]) -> bool:
    order_id = _order_id(copy["body"])
    return order_id in refused and not (refused[order_id] and copy["channel"] == "browser")


def _forged_received(truth: Event, received: Iterable[Event]) -> int:
    """Count the copies of purchases that somebody made up, told by the order or by whose name they bear."""
    orders = {forged["order_id"] for forged in truth["forged"]}
    bearers = {forged["visitor_id"] for forged in truth["forged"]}
    keys = {key for visitor in truth["visitors"] if visitor["visitor_id"] in bearers for key in _keys_of(visitor)}
    return sum(_order_id(copy["body"]) in orders or bool(keys & _keys_in(copy["body"])) for copy in received)


def _names_apart(received: Iterable[Event]) -> int:
    """Count the orders whose purchase came under more than one name: TikTok shows a fault for those."""
    names: dict[str | None, set[str]] = {}
    for copy in _purchases(received):
        names.setdefault(_order_id(copy["body"]), set()).add(copy["event"])
    return sum(len(found) > 1 for found in names.values())


def _keys_of(visitor: Event) -> set[str]:
    return {*_hashes_of(visitor), visitor["ttclid"]}


def _hashes_of(visitor: Event) -> set[str]:
    """Give what e-mail and phone must have become on the wire (tiktok.md 6.1)."""
    return {hashlib.sha256(visitor[field].encode()).hexdigest() for field in ("email", "phone")}


def _keys_in(body: Event) -> set[str]:
    user = body.get("user") or {}
    return {value for field in ("email", "phone", "ttclid") for value in _values(user.get(field))}


def _values(value: object) -> list[str]:
    if isinstance(value, list):
        return [str(each) for each in value]
    return [] if value in (None, "") else [str(value)]


def _order_id(body: Event) -> str | None:
    found: str | None = (body.get("properties") or {}).get("order_id")
    return found


def _unhashed(body: Event) -> int:
    user = body.get("user") or {}
    return sum(not _SHA256.fullmatch(value) for field in _HASHED for value in _values(user.get(field)))


def _wrong_identifiers(truth: Event, received: Iterable[Event]) -> int:
    """Count the orders whose copies carried other hashes than those of the visitor's own e-mail and phone."""
    seen: dict[str | None, set[str]] = {}
    for copy in _purchases(received):
        user = copy["body"].get("user") or {}
        found = seen.setdefault(_order_id(copy["body"]), set())
        found |= {value for field in ("email", "phone") for value in _values(user.get(field))}
    due = {visitor["visitor_id"]: _hashes_of(visitor) for visitor in truth["visitors"]}
    orders = (*truth["orders"], *truth["system_orders"])
    sent = [order for order in orders if order["counts"] and order["order_id"] in seen]
    return sum(seen[order["order_id"]] != due[order["visitor_id"]] for order in sent)


def _others(others: Iterable[Event], counted: Iterable[Event]) -> dict[str, int]:
    """Count leads, checkouts and views, which carry ids of their own."""
    times = Counter(event["event_id"] for event in counted if event["event"] != "Purchase")
    due = {other["event_id"] for other in others if other["counts"]}
    return {
        "others": len(due),
        "others_lost": len(due - times.keys()),
        "others_duplicated": sum(times.values()) - len(times),
    }
