"""
Shopify: `POST /in/shopify/{source}`, signed with the app's client secret (docs/howto/shopify.md).

Source: shopify.dev, "verify deliveries" and the bodies of the admin API's webhooks, 2023-07 to 2026-07. The signature
is base64 of HMAC-SHA256 of the body; one client secret takes the other's place within an hour.

The topic stands in a header that nobody signs, so it decides nothing: `shopify_shapes.py` tells what a body is.
"""

import hmac
from base64 import b64encode
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial
from hashlib import sha256

from twinbeam.core.rules import SourceRules
from twinbeam.core.values import Content, Page, RequestNote, User
from twinbeam.orders.reports import OrderReport
from twinbeam.orders.state import RefundedPart
from twinbeam.pipeline.accept.asgi import Reply
from twinbeam.pipeline.accept.contract import Acknowledgement, Answer, Greeting, Reading, Request, Signature
from twinbeam.pipeline.accept.directory import Directory, Sender, SignedSource
from twinbeam.pipeline.accept.problems import Problem, ProblemCode, problem
from twinbeam.sources import shop_systems
from twinbeam.sources.fields import Fields
from twinbeam.sources.shopify_money import amounts_of, price, refunds_in, refunds_of
from twinbeam.sources.shopify_shapes import shape_of
from twinbeam.sources.signed import SourceSignatures
from twinbeam.sources.sold_via import kind_sold_via
from twinbeam.sources.visit_notes import VisitNotes, click_in, visit_notes

SHOPIFY = "shopify"
#: What Shopify passes on of persons' rights.
_RIGHTS = frozenset({"data_request", "redact", "shop_redact"})
#: Topics whose bodies are used here.
_TOPICS = frozenset(
    ("orders/create", "orders/paid", "orders/updated", "orders/cancelled", "orders/fulfilled", "refunds/create")
)
NO_ORDER = "The body does not show that it is an order. Let include_fields have financial_status and updated_at."
_SIGNATURES = (b"x-shopify-hmac-sha256", b"shopify-hmac-sha256")
_IDS = (b"x-shopify-event-id", b"x-shopify-webhook-id", b"shopify-event-id", b"shopify-webhook-id")
_PAID = frozenset({"paid", "partially_refunded", "refunded"})
_REFUNDED: Mapping[str, RefundedPart] = {"refunded": "whole", "partially_refunded": "part"}
#: Ways to pay that somebody marks as paid later, in the words of `payment_gateway_names`.
_LATER = ("cod", "cash", "manual", "bank deposit", "bank transfer", "money order")


class Shopify:
    """The dialect."""

    def __init__(self, sources: SourceSignatures) -> None:
        self._sources = sources
        self.route = f"{sources.prefix}{{source}}"

    def matches(self, request: Request) -> bool:
        """Return whether method and path are its own."""
        return self._sources.matches(request)

    def authenticate(self, request: Request, directory: Directory) -> Signature:
        """Return the signature that the body has to bear, whether or not there is such a source."""
        given = next((request.headers[name] for name in _SIGNATURES if name in request.headers), b"")
        source = self._sources.named(request, directory)
        return self._sources.signature(source, partial(self._verify, given), lambda _: _topic(request))

    def read(self, request: Request, body: bytes, received_ms: int) -> Reading | Problem:
        """Return the facts and events of a delivery."""
        topic = _topic(request)
        at_ms = min(_triggered_ms(request) or received_ms, received_ms)
        tell = partial(told_of, topic=topic, at_ms=at_ms, rules=shop_systems.rules_of(request))
        return shop_systems.read_delivery(body, tell, _delivery(request))

    def reply(self, result: Answer | Acknowledgement | Greeting | Problem) -> Reply:
        """Write JSON."""
        return shop_systems.reply(result)

    def _verify(self, given: bytes, source: SignedSource, body: bytes, _received_ms: int) -> Sender | Problem:
        def expected(secret: bytes) -> bytes:
            return b64encode(hmac.digest(secret, body, sha256))

        signed = self._sources.is_signed(source, [given], expected)
        return source if signed else problem(ProblemCode.INVALID_SIGNATURE)


def _request(fields: Fields, kind: str) -> RequestNote:
    """Read what Shopify passes on of somebody's rights: all by which they may be known here."""
    customer = fields.inner("customer")
    orders = fields.raw("orders_to_redact") or fields.raw("orders_requested") or []
    known_by = [
        ("email", customer.text("email", most=320)),
        ("phone", customer.text("phone", most=64)),
        ("external_id", customer.text("id")),
        *(("order", str(number)) for number in orders if isinstance(number, int | str)),
    ]
    asked = fields.inner("data_request").text("id") or fields.text("shop_id") or ""
    known = [(kind, value) for kind, value in known_by if value]
    named = "\0".join(value for _, value in known) or asked
    return RequestNote(event="", kind=kind, delivery=f"{asked}\0{named}", known_by=known)


def told_of(fields: Fields, *, topic: str, at_ms: int, rules: SourceRules) -> OrderReport | RequestNote | str:
    """Read a delivery, or say why it means nothing here."""
    shape = shape_of(fields, topic)
    if shape in _RIGHTS:
        return _request(fields, shape)
    if shape == "refund":
        return _refund(fields, rules)
    if shape == "deleted_order":
        return OrderReport(
            order_id=fields.needed("id"), system=SHOPIFY, revised_ms=at_ms, states={"cancelled": True}, is_whole=False
        )
    if shape == "order":
        return _order(fields, at_ms, rules)
    return NO_ORDER if topic in _TOPICS else "Bodies of this kind are not used here."


def _order(fields: Fields, at_ms: int, rules: SourceRules) -> OrderReport:
    revised_ms = fields.moment_ms("updated_at") or at_ms
    money = amounts_of(fields, rules)
    notes = visit_notes((it.raw("name"), it.raw("value")) for it in fields.each("note_attributes"))
    states = _states(fields)
    return OrderReport(
        order_id=_order_id(fields, rules),
        system=SHOPIFY,
        revised_ms=revised_ms,
        states=states,
        since_ms=_since(fields, revised_ms, states),
        kind=_kind(fields, rules),
        money=money,
        refunds=refunds_of(fields, rules),
        refunded=_refunded(fields),
        user=_user(fields, notes),
        page=Page(url=notes.get("url"), referrer=fields.cut("referring_site", 2_000)),
        contents=[_content(line, fields, rules) for line in fields.each("line_items")],
        joined=notes.joined(cart_token=fields.text("cart_token"), checkout_token=fields.text("checkout_token")),
        is_whole="value" in money,
    )


def _order_id(fields: Fields, rules: SourceRules) -> str:
    """Return the number of an order; the global id says it as a text, which no program in between can round."""
    if rules.order_id == "name" and (name := fields.text("name")):
        return name
    last = (fields.text("admin_graphql_api_id") or "").rpartition("/")[2]
    return last if last.isdigit() else fields.needed("id")


def _states(fields: Fields) -> dict[str, bool]:
    states: dict[str, bool] = {}
    status = fields.text("financial_status")
    if status is not None:
        states["paid"] = status in _PAID
    if "cancelled_at" in fields or status == "voided":
        states["cancelled"] = fields.text("cancelled_at") is not None or status == "voided"
    if "fulfillment_status" in fields:
        states["shipped"] = fields.text("fulfillment_status") == "fulfilled"
    parcels = [it.text("shipment_status") for it in fields.each("fulfillments")]
    if "fulfillments" in fields:
        states["delivered"] = bool(parcels) and all(status == "delivered" for status in parcels)
    return states


def _refunded(fields: Fields) -> RefundedPart | None:
    """Return how much went back by the order's own word, which needs no amount; None where a body does not tell."""
    status = fields.text("financial_status")
    return _REFUNDED.get(status, "") if status is not None else None


def _since(fields: Fields, revised_ms: int, states: dict[str, bool]) -> dict[str, int]:
    """Return when states were reached, as far as a body tells; Shopify dates no payment."""
    placed = fields.moment_ms("processed_at") or fields.moment_ms("created_at")
    created = fields.moment_ms("created_at") or placed
    found = {"placed": created, "cancelled": fields.moment_ms("cancelled_at")}
    if states.get("paid"):
        found["paid"] = revised_ms if _is_paid_later(fields) else placed or revised_ms
    parcels = list(fields.each("fulfillments"))
    if states.get("shipped"):
        found["shipped"] = max([it.moment_ms("created_at") or 0 for it in parcels], default=0) or revised_ms
    if states.get("delivered"):
        found["delivered"] = max([it.moment_ms("updated_at") or 0 for it in parcels], default=0) or revised_ms
    if states.get("cancelled") and found["cancelled"] is None:
        found["cancelled"] = revised_ms
    return {name: moment for name, moment in found.items() if moment is not None}


def _is_paid_later(fields: Fields) -> bool:
    raw = fields.raw("payment_gateway_names")
    names = [str(name).lower().replace("_", " ") for name in raw] if isinstance(raw, list) else []
    return any(word in name for name in names for word in _LATER)


def _kind(fields: Fields, rules: SourceRules) -> str | None:
    """Return what an order is besides one of the shop's own pages; None where a body does not tell."""
    if fields.flag("test"):
        return "test"
    if "source_name" not in fields:
        return None
    tags = (fields.cut("tags", 2_000) or "").lower().replace(" ", "")
    is_market = "tiktokshop" in tags or fields.raw("merchant_of_record_app_id") is not None
    kind = kind_sold_via(fields.text("source_name") or "") or ("marketplace" if is_market else "")
    return kind if kind and getattr(rules, kind) == "ignore" else ""


def _content(line: Fields, order: Fields, rules: SourceRules) -> Content:
    """Return a line, with its price in the currency of the order's value, or with none."""
    each = price(line, order, rules)
    variant, product, sku = line.text("variant_id"), line.text("product_id"), line.cut("sku")
    return Content(
        content_id=variant or product or sku,
        content_type="product",
        content_name=line.cut("title"),
        brand=line.cut("vendor"),
        price=float(each) if each is not None else None,
        quantity=line.whole("quantity"),
        sku=sku,
        variant_id=variant,
        group_id=product,
    )


def _refund(fields: Fields, rules: SourceRules) -> OrderReport:
    """Read a refund that comes alone: it names its order, and no currency but with its amounts."""
    return OrderReport(
        order_id=fields.needed("order_id"),
        system=SHOPIFY,
        revised_ms=fields.moment_ms("created_at") or 0,
        refunds=refunds_in(fields, fields, rules),
        is_whole=False,
    )


def _user(fields: Fields, notes: VisitNotes) -> User:
    """Return the buyer; the address of a till or of an app's server is not among it, since Shopify leaves it out."""
    customer, details = fields.inner("customer"), fields.inner("client_details")
    shipping, billing = fields.inner("shipping_address"), fields.inner("billing_address")
    addresses = (shipping, billing, customer.inner("default_address"))
    ip, agent = fields.cut("browser_ip") or details.cut("browser_ip"), details.cut("user_agent", 1_000)
    return User(
        email=_first(it.cut(name, 320) for it, name in _emails(fields, customer)),
        phone=_first(it.cut("phone", 64) for it in (fields, customer, shipping, billing)),
        external_id=customer.text("id"),
        first_name=_of(addresses, "first_name"),
        last_name=_of(addresses, "last_name"),
        city=_of(addresses, "city"),
        state=_of(addresses, "province_code"),
        zip_code=_of(addresses, "zip"),
        country=_of(addresses, "country_code"),
        ttclid=notes.get("ttclid") or click_in(fields.cut("landing_site", 8_000)),
        ttp=notes.get("ttp"),
        ip=ip or notes.get("ip"),
        user_agent=agent if ip else agent or notes.get("user_agent"),
        locale=fields.cut("customer_locale"),
    )


def _emails(fields: Fields, customer: Fields) -> Iterable[tuple[Fields, str]]:
    return (fields, "contact_email"), (fields, "email"), (customer, "email")


def _of(addresses: Iterable[Fields], name: str) -> str | None:
    return _first(address.cut(name) for address in addresses)


def _first(values: Iterable[str | None]) -> str | None:
    return next((value for value in values if value), None)


def _topic(request: Request) -> str:
    return request.headers.get(b"x-shopify-topic", b"").decode("latin-1")


def _triggered_ms(request: Request) -> int | None:
    written = request.headers.get(b"x-shopify-triggered-at", b"").decode("latin-1")
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        return None
    return int(moment.timestamp() * 1_000) if moment.tzinfo is not None else None


def _delivery(request: Request) -> str | None:
    found = next((request.headers[name] for name in _IDS if name in request.headers), b"")
    return found.decode("latin-1")[:256].replace("\0", "") or None
