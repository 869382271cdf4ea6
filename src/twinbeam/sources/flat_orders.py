"""
Orders as flat records: a row of a file, or what a mapping picks from the body of any webhook.

The names of the fields are ours; `ALIASES` are those under which shops export them. Everything may be missing but the
order's number.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal

from twinbeam.core.order import PARTS, Money, Refund
from twinbeam.core.values import Consent, Content, Page, Said, User
from twinbeam.orders.reports import Joined, OrderReport
from twinbeam.orders.state import KINDS, NO_ORDER, Kind, RefundedPart
from twinbeam.sources.fields import Fields, Unfit
from twinbeam.sources.sold_via import kind_sold_via
from twinbeam.sources.times import seconds_of

USER = ("email", "phone", "external_id", "first_name", "last_name", "city", "state", "zip_code", "country")
TRACES = ("ttclid", "ttp", "ip", "user_agent", "page_url", "referrer")
TOKENS = ("cart_token", "checkout_token", "order_token", "visitor_id", "consent_receipt")
CONSENT = ("consent", "ad_storage", "ad_user_data", "ad_personalization")
TIMES = ("placed_at", "paid_at", "shipped_at", "delivered_at", "cancelled_at", "updated_at")
LINE = ("item_id", "item_name", "quantity", "price")
OTHERS = ("order_id", "status", "currency", "kind", "sold_via", "refunded")
FIELDS: tuple[str, ...] = (*OTHERS, *PARTS, *TIMES, *LINE, *USER, *TRACES, *TOKENS, *CONSENT)
"""All fields of a flat order."""


def _of(part: str) -> tuple[str, ...]:
    """Return what shops call a part of the two addresses; of both the billing address counts."""
    return f"billing{part}", f"{part}billing", f"shipping{part}", f"{part}shipping"


#: What shops call them, without case and separators. Beside Shopify's export those of WooCommerce's plug-ins are known:
#: Advanced Order Export (`Order Total Amount`, `Email (Billing)`), Order Export & Import (`order_total`, `paid_date`).
ALIASES: Mapping[str, tuple[str, ...]] = {
    "order_id": ("orderid", "order", "orderno", "ordernumber", "invoiceno", "invoice", "number", "id", "name"),
    "status": ("status", "orderstatus", "financialstatus", "paymentstatus"),
    "currency": ("currency", "currencycode", "ordercurrency"),
    "sold_via": ("soldvia", "sourcename", "createdvia", "saleschannel"),
    "value": ("value", "total", "totalprice", "ordertotal", "ordertotalamount", "grandtotal", "amount", "revenue"),
    "tax": ("tax", "taxes", "totaltax", "taxtotal", "ordertotaltax", "ordertotaltaxamount", "vat"),
    "shipping": ("shipping", "shippingtotal", "shippingcost", "ordershipping", "ordershippingamount"),
    "discounts": (
        "discount",
        "discounts",
        "totaldiscounts",
        "discounttotal",
        "cartdiscountamount",
        "cartdiscount",
        "discountamount",
    ),
    "refunded": ("refunded", "refundedamount", "refundedtotal", "orderrefundamount", "amountrefunded", "refund"),
    "placed_at": (
        "placedat",
        "createdat",
        "date",
        "orderdate",
        "invoicedate",
        "datecreated",
        "datecreatedgmt",
        "created",
    ),
    "paid_at": ("paidat", "datepaid", "datepaidgmt", "paiddate", "paid"),
    "shipped_at": ("shippedat", "fulfilledat", "datecompleted", "datecompletedgmt", "completeddate"),
    "cancelled_at": ("cancelledat", "canceledat"),
    "updated_at": ("updatedat", "datemodified", "datemodifiedgmt", "modifieddate", "modificationdate"),
    "item_id": ("itemid", "sku", "stockcode", "productid", "lineitemsku", "itemsku", "variantid"),
    "item_name": ("itemname", "description", "lineitemname", "productname"),
    "quantity": ("quantity", "qty", "lineitemquantity", "itemquantity", "quantityrefund"),
    "price": ("price", "unitprice", "lineitemprice", "itemprice", "itemcost"),
    "email": ("email", "emailaddress", "customeremail", "billingemail", "emailbilling"),
    "phone": ("phone", "billingphone", "phonebilling", "telephone", "shippingphone", "phoneshipping"),
    "external_id": ("customerid", "customer", "userid", "externalid", "customeruser", "customeruserid"),
    "first_name": ("firstname", "billingfirstname", "firstnamebilling"),
    "last_name": ("lastname", "billinglastname", "lastnamebilling"),
    "city": ("city", *_of("city")),
    "state": ("state", "province", *_of("state"), *_of("statecode"), *_of("province")),
    "zip_code": ("zip", "zipcode", "postcode", *_of("zip"), *_of("postcode")),
    "country": ("country", "countrycode", *_of("country"), *_of("countrycode")),
    "ip": ("customeripaddress", "browserip"),
    "user_agent": ("customeruseragent",),
    "order_token": ("orderkey",),
}
#: Of Shopify's export alone, whose column `Source` is where an order was sold: elsewhere it may be an advertisement.
_SHOPIFYS, _SOURCE = "lineitemname", "source"
_NO_LETTER = re.compile(r"[^a-z0-9]+")

_PAID = frozenset({"paid", "processing", "completed", "complete", "shipped", "delivered", "partiallyrefunded"})
_UNPAID = frozenset(
    ("pending", "pendingpayment", "unpaid", "open", "onhold", "authorized", "partiallypaid", "placed", "checkoutdraft")
)
_REFUNDED: Mapping[str, RefundedPart] = {"refunded": "whole", "partiallyrefunded": "part"}
_OVER = frozenset({"cancelled", "canceled", "failed", "voided", "trash"})
_ANSWERS: Mapping[str, Said] = {
    **dict.fromkeys(("granted", "yes", "true", "1", "accepted"), "granted"),
    **dict.fromkeys(("denied", "no", "false", "0", "declined", "refused"), "denied"),
}
_MINUTES = re.compile(r"(\d{4}-\d{2}-\d{2})[ T](\d{1,2}:\d{2})(:\d{2})?")


def plain(name: str) -> str:
    """Return a name without case and separators, as columns are compared."""
    return _NO_LETTER.sub("", name.lower())


def proposed(header: Sequence[str]) -> dict[str, str]:
    """Propose which column holds which field: one of that very name first, then one of its aliases in their order."""
    columns = {plain(column): column for column in reversed(header)}
    found: dict[str, str] = {}
    for field in FIELDS:
        names = (plain(field), *ALIASES.get(field, ()))
        column = next(
            (columns[name] for name in names if name in columns and columns[name] not in found.values()), None
        )
        if column is not None:
            found[field] = column
    if _SHOPIFYS in columns and _SOURCE in columns:
        found.setdefault("sold_via", columns[_SOURCE])
    return found


def picked(body: Mapping[str, Any], mapping: Mapping[str, str]) -> dict[str, Any]:
    """Pick fields from a body by their dotted paths, such as `data.order.total`; `[0]` is an entry of a list."""
    found = {field: _at(body, path) for field, path in mapping.items()}
    return {field: value for field, value in found.items() if value is not None}


def report_of(rows: Sequence[Mapping[str, Any]], *, system: str, at_ms: int, currency: str = "") -> OrderReport:
    """Read an order from its rows, one for each line of it; raises Unfit for a field that is not understood."""
    first = Fields(rows[0])
    money = _money(rows, first, currency)
    placed_ms, moments = _moments(first, at_ms)
    states = _states(first, moments)
    value = money.get("value")
    kind = first.text("kind") or _kind(first, value)
    if kind and kind not in KINDS:
        raise Unfit("kind", f"Send one of {', '.join(KINDS)}, or leave it out.")
    revised_ms = max((*moments.values(), placed_ms))
    back = _refunded(first, value, revised_ms)
    return OrderReport(
        order_id=first.needed("order_id"),
        system=system,
        revised_ms=revised_ms,
        states=states,
        since_ms={"placed": placed_ms, **{name: moment for name, moment in moments.items() if states.get(name)}},
        kind=kind,
        money=money,
        refunds=back,
        refunded=_REFUNDED.get(_status(first), ""),
        user=User(
            **{name: first.cut(name, 320) for name in USER if name in first},
            **{n: first.cut(n, 3_000) for n in TRACES[:4] if n in first},
        ),
        page=Page(url=first.cut("page_url", 2_000), referrer=first.cut("referrer", 2_000)),
        contents=[line for row in rows if (line := _line(Fields(row))) is not None],
        joined=Joined(
            **{name: first.text(name) for name in TOKENS[:4] if name in first},
            receipt=first.text("consent_receipt", most=2_000),
            consent=_consent(first),
        ),
        is_whole=value is not None,
    )


def _at(value: Any, path: str) -> Any:
    for step in path.replace("[", ".").replace("]", "").split("."):
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


def _money(rows: Iterable[Mapping[str, Any]], first: Fields, usual: str) -> dict[str, Money]:
    """Return the amounts of an order; where no column has its total, its lines are summed up."""
    code = (first.text("currency") or usual).upper()
    if not re.fullmatch("[A-Z]{3}", code):
        raise Unfit("currency", "Send a currency as three letters (ISO 4217), such as EUR, or say --currency EUR.")
    amounts = {part: first.amount(part) for part in PARTS if part in first}
    if amounts.get("value") is None and "price" in first:
        amounts["value"] = sum((_of_line(Fields(row)) for row in rows), Decimal(0))
    return {part: Money(amount, code) for part, amount in amounts.items() if amount is not None}


def _of_line(line: Fields) -> Decimal:
    quantity = line.whole("quantity")
    return (line.amount("price") or Decimal(0)) * (1 if quantity is None else quantity)


def _line(line: Fields) -> Content | None:
    if not any(name in line for name in LINE):
        return None
    price = line.amount("price")
    return Content(
        content_id=line.text("item_id"),
        content_type="product",
        content_name=line.cut("item_name"),
        price=float(price) if price is not None else None,
        quantity=line.whole("quantity"),
    )


def _moments(first: Fields, at_ms: int) -> tuple[int, dict[str, int]]:
    """Return when an order was placed, and when it came to the states that it has a time of."""
    names = {name.removesuffix("_at"): _moment_ms(first, name) for name in TIMES if name in first}
    placed_ms = names.pop("placed", None)
    if placed_ms is None:
        placed_ms = min((moment for moment in names.values() if moment is not None), default=at_ms)
    return placed_ms, {name: moment for name, moment in names.items() if moment is not None}


def _kind(first: Fields, value: Money | None) -> Kind | Literal[""]:
    """Return what an order is where no column says so: nothing that was sold, or sold elsewhere."""
    if value is not None and value.amount <= 0:
        return NO_ORDER
    return "draft" if _status(first) == "checkoutdraft" else kind_sold_via(first.text("sold_via") or "")


def _status(first: Fields) -> str:
    """Return a status without case and separators, and without the prefix that WooCommerce's tables have."""
    return plain((first.text("status") or "").lower().removeprefix("wc-"))


def _states(first: Fields, moments: Mapping[str, int]) -> dict[str, bool]:
    states = {name: True for name in moments if name != "updated"}
    status = _status(first)
    if status in _PAID or status == "refunded":
        states["paid"] = True
    elif status in _UNPAID:
        states.setdefault("paid", False)
    if status:
        states["cancelled"] = status in _OVER or states.get("cancelled", False)
        states["shipped"] = status in ("shipped", "delivered") or states.get("shipped", False)
        states["delivered"] = status == "delivered" or states.get("delivered", False)
    elif not moments:
        states["paid"] = True  # a list of orders without a word on their payment is one of sales
    return states


def _refunded(first: Fields, value: Money | None, at_ms: int) -> dict[str, Refund]:
    amount = first.amount("refunded")
    if amount is None or not amount or value is None:
        return {}
    return {"told": Refund(at_ms, str(Money(abs(amount), value.currency)), "told")}


def _consent(first: Fields) -> Consent:
    whole = _answer(first, "consent")
    return Consent(
        ad_storage=_answer(first, "ad_storage") or whole,
        ad_user_data=_answer(first, "ad_user_data") or whole,
        ad_personalization=_answer(first, "ad_personalization"),
    )


def _answer(first: Fields, name: str) -> Said | None:
    written = (first.text(name) or "").strip().lower()
    return _ANSWERS.get(written, "undecided") if written else None


def _moment_ms(first: Fields, name: str) -> int | None:
    """Return a time in ms: ISO 8601, seconds, or as tables have it, in UTC where no zone is said."""
    written = first.text(name)
    if written is None:
        return None
    seconds = seconds_of(int(written) if written.isdigit() else written)
    if seconds is None and (parts := _MINUTES.fullmatch(written.strip())):
        day, minutes, more = parts.groups()
        seconds = int(datetime.fromisoformat(f"{day}T{minutes:0>5}{more or ''}").replace(tzinfo=UTC).timestamp())
    if seconds is None:
        raise Unfit(name, "Send an ISO 8601 time such as 2026-11-20T11:05:00Z.")
    return seconds * 1_000
