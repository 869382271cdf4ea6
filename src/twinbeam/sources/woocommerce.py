"""
WooCommerce: `POST /in/woocommerce/{source}`, signed with the webhook's secret (docs/howto/woocommerce.md).

Source: WooCommerce's class-wc-webhook.php and the orders of its REST API v3. The signature is base64 of HMAC-SHA256 of
the body. A webhook that is saved sends `webhook_id=N`, unsigned, and wants 200 for it. The body is the order as it is
when it is delivered, up to nine times for one change; a delivery id may be that of another order of the same second.
Nobody signs the topic, so the body decides what it is: only one that is but a number needs the topic to be understood.
"""

import hmac
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import partial
from hashlib import sha256

from twinbeam.core.order import Money, Refund, refund_since
from twinbeam.core.rules import SourceRules
from twinbeam.core.values import Content, Page, User
from twinbeam.orders.reports import OrderReport
from twinbeam.pipeline.accept.asgi import Reply
from twinbeam.pipeline.accept.codes import Rejection
from twinbeam.pipeline.accept.contract import Acknowledgement, Answer, Greeting, Reading, Request, Signature
from twinbeam.pipeline.accept.directory import Directory, Sender, SignedSource
from twinbeam.pipeline.accept.problems import Problem, ProblemCode, problem
from twinbeam.sources import shop_systems
from twinbeam.sources.fields import Fields, Unfit
from twinbeam.sources.signed import SourceSignatures
from twinbeam.sources.sold_via import kind_sold_via
from twinbeam.sources.visit_notes import VisitNotes, click_in, visit_notes

WOOCOMMERCE = "woocommerce"
_SIGNATURE = b"x-wc-webhook-signature"
_PING = re.compile(rb"webhook_id=[0-9]{1,20}")
#: Statuses of what is no order yet; checkouts are written down before they are placed.
_DRAFTS = frozenset({"checkout-draft", "draft", "auto-draft", "new"})
#: Fields that orders have and products, customers and coupons have not; a filter may have taken some out.
_OF_ORDERS = ("line_items", "date_paid_gmt", "date_paid", "order_key", "total", "payment_method")
_OVER = frozenset({"cancelled", "failed", "trash"})
_CENT = Decimal("0.01")
_VERSION = "Choose version 3 of the API in the webhook's form."
_ATTRIBUTION = "_wc_order_attribution_"


class WooCommerce:
    """The dialect."""

    def __init__(self, sources: SourceSignatures) -> None:
        self._sources = sources
        self.route = f"{sources.prefix}{{source}}"

    def matches(self, request: Request) -> bool:
        """Return whether method and path are its own."""
        return self._sources.matches(request)

    def authenticate(self, request: Request, directory: Directory) -> Signature:
        """Return the signature that the body has to bear, whether or not there is such a source."""
        given = request.headers.get(_SIGNATURE, b"")
        source = self._sources.named(request, directory)
        return self._sources.signature(source, partial(self._verify, given), lambda _: _topic(request))

    def read(self, request: Request, body: bytes, received_ms: int) -> Reading | Problem:
        """Return the facts and events of a delivery."""
        tell = partial(told_of, topic=_topic(request), at_ms=received_ms, rules=shop_systems.rules_of(request))
        return shop_systems.read_delivery(body, tell, None)  # its delivery id may be that of another order

    def reply(self, result: Answer | Acknowledgement | Greeting | Problem) -> Reply:
        """Write JSON."""
        return shop_systems.reply(result)

    def _verify(
        self, given: bytes, source: SignedSource, body: bytes, _received_ms: int
    ) -> Sender | Greeting | Problem:
        if not given and _PING.fullmatch(body):
            return Greeting()  # for any name: it tells nobody which sources there are

        def expected(secret: bytes) -> bytes:
            return b64encode(hmac.digest(secret, body, sha256))

        signed = self._sources.is_signed(source, [given], expected)
        return source if signed else problem(ProblemCode.INVALID_SIGNATURE)


def _topic(request: Request) -> str:
    return request.headers.get(b"x-wc-webhook-topic", b"").decode("latin-1")


def told_of(fields: Fields, *, topic: str, at_ms: int, rules: SourceRules) -> OrderReport | str:
    """Read a delivery, or say why it means nothing here."""
    names = {name for name, _ in fields.items()}
    if names == {"order"}:  # as the interface before version 1 has it
        raise Unfit("id", _VERSION, Rejection.MISSING_FIELD)
    if names == {"id"}:
        return _deleted(fields, at_ms) if topic == "order.deleted" else "A number alone says nothing here."
    if any(name in fields for name in _OF_ORDERS):
        return _order(fields, at_ms, rules)
    return "Only orders are used here."


def _deleted(fields: Fields, at_ms: int) -> OrderReport:
    """Read the number that is left of a deleted order; its topic, which nobody signs, is all that tells so."""
    return OrderReport(
        order_id=fields.needed("id"),
        system=WOOCOMMERCE,
        revised_ms=at_ms,
        states={"cancelled": True},
        is_whole=False,
    )


def _order(fields: Fields, at_ms: int, rules: SourceRules) -> OrderReport:
    if "date_created" in fields and "date_created_gmt" not in fields:  # version 1 tells times without their zone
        raise Unfit("date_created_gmt", _VERSION, Rejection.MISSING_FIELD)
    revised_ms = fields.moment_ms("date_modified_gmt", gmt=True) or at_ms
    money = _money(fields)
    meta = {str(it.raw("key")): it.raw("value") for it in fields.each("meta_data")}
    notes = visit_notes(meta.items())
    states, refunds = _states(fields), _refunds(fields)
    return OrderReport(
        order_id=_order_id(fields, rules),
        system=WOOCOMMERCE,
        revised_ms=revised_ms,
        states=states,
        since_ms={**_since(fields, revised_ms, states), **{refund_since(id_): revised_ms for id_ in refunds}},
        kind=_kind(fields, meta, rules),
        money=money,
        refunds=refunds,
        refunded="whole" if fields.text("status") == "refunded" else "",
        user=_user(fields, meta, notes),
        page=Page(url=notes.get("url"), referrer=_meta(meta, "referrer")),
        contents=[_content(line) for line in fields.each("line_items")],
        joined=notes.joined(order_token=fields.text("order_key")),
        is_whole="value" in money,
    )


def _order_id(fields: Fields, rules: SourceRules) -> str:
    number = fields.text("number") if rules.order_id == "name" else None
    return number or fields.needed("id")


def _states(fields: Fields) -> dict[str, bool]:
    """Return the states that a body tells; `processing` is reached unpaid by cash on delivery, so the date counts."""
    states: dict[str, bool] = {}
    if "date_paid_gmt" in fields or "date_paid" in fields:
        states["paid"] = _paid_ms(fields) is not None or fields.cut("date_paid") is not None
    status = fields.text("status")
    if status is not None:
        states["cancelled"] = status in _OVER
        states["shipped"] = status in ("completed", "shipped", "delivered")
        states["delivered"] = status == "delivered"
    return states


def _since(fields: Fields, revised_ms: int, states: dict[str, bool]) -> dict[str, int]:
    completed = fields.moment_ms("date_completed_gmt", gmt=True)
    found = {
        "placed": fields.moment_ms("date_created_gmt", gmt=True) or revised_ms,
        "paid": _paid_ms(fields),
        "shipped": (completed or revised_ms) if states.get("shipped") else None,
        "delivered": revised_ms if states.get("delivered") else None,
        "cancelled": revised_ms if states.get("cancelled") else None,
    }
    return {name: moment for name, moment in found.items() if moment is not None}


def _paid_ms(fields: Fields) -> int | None:
    return fields.moment_ms("date_paid_gmt", gmt=True)


def _kind(fields: Fields, meta: Mapping[str, object], rules: SourceRules) -> str | None:
    if fields.text("status") in _DRAFTS:
        return "draft" if rules.draft == "ignore" else ""
    if "created_via" not in fields:
        return None
    kind = "renewal" if meta.get("_subscription_renewal") else kind_sold_via(fields.text("created_via") or "")
    return kind if kind and getattr(rules, kind) == "ignore" else ""


def _money(fields: Fields) -> dict[str, Money]:
    currency = fields.text("currency")
    if currency is None:
        return {}
    tips = sum((it.amount("total") or Decimal(0) for it in fields.each("fee_lines") if _is_tip(it)), Decimal(0))
    found = {
        "value": fields.amount("total"),
        "tax": fields.amount("total_tax"),
        "shipping": fields.amount("shipping_total"),
        "discounts": fields.amount("discount_total"),
        "tips": tips or None,
    }
    return {part: Money(amount, currency.upper()) for part, amount in found.items() if amount is not None}


def _is_tip(line: Fields) -> bool:
    return "tip" in (line.cut("name") or "").lower().split()


def _refunds(fields: Fields) -> dict[str, Refund]:
    """Return what went back; an order lists its refunds with a minus and undated."""
    currency = fields.text("currency") or ""
    return {
        it.needed("id"): Refund(0, str(Money(abs(amount), currency.upper())))
        for it in fields.each("refunds")
        if (amount := it.amount("total")) is not None
    }


def _content(line: Fields) -> Content:
    """Return a line; its total is what was paid for all of it, without tax and after discounts."""
    quantity, total = line.whole("quantity"), line.amount("total")
    price = (total / quantity).quantize(_CENT) if total is not None and quantity else None
    variation = line.text("variation_id")
    variant = variation if variation != "0" else None
    product, sku = line.text("product_id"), line.cut("sku")
    return Content(
        content_id=variant or product or sku,
        content_type="product",
        content_name=line.cut("name"),
        price=float(price) if price is not None else None,
        quantity=quantity,
        sku=sku,
        variant_id=variant,
        group_id=product,
    )


def _user(fields: Fields, meta: Mapping[str, object], notes: VisitNotes) -> User:
    billing, shipping = fields.inner("billing"), fields.inner("shipping")
    customer = fields.text("customer_id")
    ip = fields.cut("customer_ip_address") or notes.get("ip")
    agent = fields.cut("customer_user_agent", 1_000) or _meta(meta, "user_agent") or notes.get("user_agent")
    return User(
        email=billing.cut("email", 320),
        phone=billing.cut("phone", 64) or shipping.cut("phone", 64),
        external_id=customer if customer != "0" else None,
        first_name=_of((billing, shipping), "first_name"),
        last_name=_of((billing, shipping), "last_name"),
        city=_of((billing, shipping), "city"),
        state=_of((billing, shipping), "state"),
        zip_code=_of((billing, shipping), "postcode"),
        country=_of((billing, shipping), "country"),
        ttclid=notes.get("ttclid") or click_in(_meta(meta, "session_entry")),
        ttp=notes.get("ttp"),
        ip=ip,
        user_agent=agent,
    )


def _of(addresses: Iterable[Fields], name: str) -> str | None:
    return next((value for address in addresses if (value := address.cut(name))), None)


def _meta(meta: Mapping[str, object], name: str) -> str | None:
    """Return what WooCommerce itself noted of where an order came from."""
    value = meta.get(_ATTRIBUTION + name)
    return value[:2_000] if isinstance(value, str) and value and "\0" not in value else None
