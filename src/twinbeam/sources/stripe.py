"""
Stripe: `POST /in/stripe/{source}`, signed with the endpoint's secret (docs/howto/stripe.md).

Source: Stripe's documentation of signatures, and its OpenAPI description. The signature is
`t=<seconds>,v1=<hex of HMAC-SHA256 of "t.body">`; the header lists one for each secret that counts.

One sale raises several types of events, and the source's rule says by which of them it goes. Sessions and invoices
name the invoice of a subscription, else the payment intent; payments name the payment intent, and since the API of
2025-03-31 no invoice, so where they tell of sales, what names no payment intent tells of none.
Nothing in a payment says for sure that it renews a subscription: `billing_reason` stands in invoices alone.
"""

import hmac
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial
from hashlib import sha256

from msgspec.structs import replace

from twinbeam.core.order import Money, Refund
from twinbeam.core.rules import SourceRules
from twinbeam.core.values import Content, Page, User
from twinbeam.orders.reports import OrderReport
from twinbeam.orders.state import NO_ORDER, RENEWAL
from twinbeam.pipeline.accept.asgi import Headers, Reply
from twinbeam.pipeline.accept.contract import Acknowledgement, Answer, Greeting, Reading, Request, Signature
from twinbeam.pipeline.accept.directory import Directory, Sender, SignedSource
from twinbeam.pipeline.accept.problems import Problem, ProblemCode, problem
from twinbeam.sources import shop_systems
from twinbeam.sources.fields import Fields, Unfit
from twinbeam.sources.signed import SourceSignatures
from twinbeam.sources.visit_notes import VisitNotes, visit_notes

STRIPE = "stripe"
TOLERANCE_MS = 300_000  #: as Stripe's libraries have it; older ones are replays
MOST_SIGNATURES = 10
NOT_NOW = "The time in Stripe-Signature is more than 5 minutes away from this machine's time."
CHECK_CLOCK = "Check the clock of this machine; Stripe signs each attempt anew."

#: Amounts of these are whole; ISO 4217 has decimals for some, and Stripe takes none, or the other way round.
ZERO_DECIMAL = frozenset(
    ("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF")
)
THREE_DECIMAL = frozenset(["BHD", "JOD", "KWD", "OMR", "TND"])

NOT_USED = "Events of this type are not used here."
NOTHING_PAID = "Nothing was paid."

_TIMESTAMP = re.compile(rb"[0-9]{1,11}")
_PAID = frozenset({"paid", "no_payment_required"})
_FIRST = frozenset({"subscription_create", "manual", "quote_accept"})


class Stripe:
    """The dialect."""

    def __init__(self, sources: SourceSignatures) -> None:
        self._sources = sources
        self.route = f"{sources.prefix}{{source}}"

    def matches(self, request: Request) -> bool:
        """Return whether method and path are its own."""
        return self._sources.matches(request)

    def authenticate(self, request: Request, directory: Directory) -> Signature:
        """Return the signature that the body has to bear, whether or not there is such a source."""
        claim = _claimed(request.headers)
        source = self._sources.named(request, directory)
        return self._sources.signature(source, partial(self._verify, claim), shop_systems.type_in)

    def read(self, request: Request, body: bytes, _received_ms: int) -> Reading | Problem:
        """Return the facts and events of a delivery."""
        return shop_systems.read_delivery(body, partial(told_of, rules=shop_systems.rules_of(request)), None)

    def reply(self, result: Answer | Acknowledgement | Greeting | Problem) -> Reply:
        """Write JSON."""
        return shop_systems.reply(result)

    def _verify(
        self, claim: tuple[bytes, list[bytes]], source: SignedSource, body: bytes, received_ms: int
    ) -> Sender | Problem:
        """Prove the signature first, and judge its time only once it fits."""
        moment, signatures = claim

        def expected(secret: bytes) -> bytes:
            return hmac.digest(secret, b"%s.%s" % (moment, body), sha256).hex().encode()

        if not self._sources.is_signed(source, signatures, expected) or not _TIMESTAMP.fullmatch(moment):
            return problem(ProblemCode.INVALID_SIGNATURE)
        if abs(int(moment) * 1_000 - received_ms) > TOLERANCE_MS:
            return replace(problem(ProblemCode.INVALID_SIGNATURE, NOT_NOW), fix=CHECK_CLOCK)
        return source


def _claimed(headers: Headers) -> tuple[bytes, list[bytes]]:
    """Read the time and the signatures of a head."""
    parts = [part.strip().partition(b"=") for part in headers.get(b"stripe-signature", b"").split(b",", 50)]
    moments = [value for name, _, value in parts if name == b"t"]
    return (moments or [b""])[0], [value for name, _, value in parts if name == b"v1"][:MOST_SIGNATURES]


def told_of(fields: Fields, *, rules: SourceRules) -> OrderReport | str:
    """Read an event, or say why it means nothing here."""
    kind = fields.needed("type")
    if fields.text("object") == "v2.core.event":
        raise Unfit("object", "Let the endpoint send events with their objects (snapshots), not thin ones.")
    told = _by_type(kind, fields, fields.inner("data").inner("object"), rules)
    if isinstance(told, str):
        return told
    is_test = "livemode" in fields and not fields.flag("livemode")
    return replace(told, kind="test") if is_test else told


def _by_type(kind: str, event: Fields, what: Fields, rules: SourceRules) -> OrderReport | str:
    at_ms = event.seconds_ms("created")
    if at_ms is None:
        raise Unfit("created", "Send the whole event, with this field.")
    read = _READERS.get(kind)
    unread = _INVOICES if _goes_by_payment(rules) else _PAYMENTS
    return NOT_USED if read is None or kind in unread else read(what, at_ms, kind, rules)


def _goes_by_payment(rules: SourceRules) -> bool:
    return rules.stripe_sales == "payment_intent"


def _session(what: Fields, at_ms: int, kind: str, rules: SourceRules) -> OrderReport | str:
    if what.text("mode") == "setup":
        return "Nothing was sold: the session keeps a way to pay for later."
    if _goes_by_payment(rules) and _id(what, "payment_intent") is None and _id(what, "invoice") is not None:
        return "Its payment tells of this sale."
    if what.text("mode") == "subscription" and what.whole("amount_total") == 0:
        return _begun(what, at_ms)
    paid = what.text("payment_status") in _PAID
    failed = kind.endswith(("async_payment_failed", "expired"))
    notes = _notes(what)
    money = _amounts(what)
    reference = what.text("client_reference_id")
    return OrderReport(
        order_id=_number(what, rules),
        system=STRIPE,
        revised_ms=at_ms,
        states={"paid": paid, "cancelled": failed},
        since_ms={
            "placed": what.seconds_ms("created") or at_ms,
            **({"paid": at_ms} if paid else {}),
            **({"cancelled": at_ms} if failed else {}),
        },
        kind="",
        money=money,
        user=_buyer(what.inner("customer_details"), notes, reference or _id(what, "customer")),
        page=Page(url=notes.get("url")),
        contents=_lines(what),
        joined=notes.joined(checkout_token=what.text("id")),
        is_whole="value" in money,
    )


def _begun(what: Fields, at_ms: int) -> OrderReport | str:
    """Note a subscription that began with nothing to pay: no sale, and what is paid first is no renewal."""
    subscription = _subscription(what)
    if subscription is None:
        return NOTHING_PAID
    return OrderReport(order_id=subscription, system=STRIPE, revised_ms=at_ms, kind=NO_ORDER, is_whole=False)


def _subscription(what: Fields) -> str | None:
    """Return the subscription of a session or an invoice; invoices name it inside since the API of 2025-03-31."""
    return _id(what, "subscription") or _id(what.inner("parent").inner("subscription_details"), "subscription")


def _invoice(what: Fields, at_ms: int, _kind: str, rules: SourceRules) -> OrderReport | str:
    reason, subscription = what.text("billing_reason") or "", _subscription(what)
    if what.whole("amount_paid") == 0 and not what.whole("total") and reason.startswith("subscription"):
        return _begun(what, at_ms) if reason in _FIRST else NOTHING_PAID
    notes, money = _notes(what), _of(what, {"value": "amount_paid", "tax": "tax"})
    is_left_out = reason not in _FIRST and rules.renewal == "ignore"
    address = what.inner("customer_address")
    parent = what.inner("parent").inner("subscription_details")
    inherited = visit_notes({**_pairs(parent.inner("metadata")), **_pairs(what.inner("metadata"))}.items())
    who = User(
        email=what.cut("customer_email", 320),
        phone=what.cut("customer_phone", 64),
        external_id=_id(what, "customer"),
        city=address.cut("city"),
        state=address.cut("state"),
        zip_code=address.cut("postal_code"),
        country=address.cut("country"),
        ttclid=notes.get("ttclid") or inherited.get("ttclid"),
        ttp=notes.get("ttp") or inherited.get("ttp"),
    )
    return OrderReport(
        order_id=what.needed("id"),
        system=STRIPE,
        revised_ms=at_ms,
        states={"paid": True},
        since_ms={"placed": what.seconds_ms("created") or at_ms, "paid": at_ms},
        kind=RENEWAL if is_left_out else "",
        money=money,
        user=who,
        joined=inherited.joined(),
        began_as=(subscription or "") if is_left_out else "",
        is_whole="value" in money,
    )


def _payment(what: Fields, at_ms: int, kind: str, rules: SourceRules) -> OrderReport:
    notes, money = _notes(what), _of(what, {"value": _PAYMENTS[kind]})
    return OrderReport(
        order_id=_number(what, rules),
        system=STRIPE,
        revised_ms=at_ms,
        states={"paid": True},
        since_ms={"placed": what.seconds_ms("created") or at_ms, "paid": at_ms},
        kind="",
        money=money,
        user=_buyer(what.inner("billing_details"), notes, _id(what, "customer")),
        page=Page(url=notes.get("url")),
        joined=notes.joined(),
        is_whole="value" in money,
    )


def _refunded(what: Fields, at_ms: int, _kind: str, rules: SourceRules) -> OrderReport:
    """Read what went back of a charge: a sum that grows with each refund."""
    charge, money = what.needed("id"), _of(what, {"back": "amount_refunded"})
    back = {f"{charge}:{at_ms}": Refund(at_ms, str(money["back"]), charge)} if "back" in money else {}
    return OrderReport(order_id=_number(what, rules), system=STRIPE, revised_ms=at_ms, refunds=back, is_whole=False)


def _dispute(what: Fields, at_ms: int, _kind: str, _rules: SourceRules) -> OrderReport:
    """Read a dispute as money that went back, until it is won."""
    money = _of(what, {"back": "amount"})
    is_won = what.text("status") in ("won", "warning_closed")
    back = Money(Decimal(0), money["back"].currency) if is_won and "back" in money else money.get("back")
    refunds = {what.needed("id"): Refund(at_ms, str(back))} if back is not None else {}
    order_id = _id(what, "payment_intent") or _id(what, "charge") or what.needed("id")
    return OrderReport(order_id=order_id, system=STRIPE, revised_ms=at_ms, refunds=refunds, is_whole=False)


def _number(what: Fields, rules: SourceRules) -> str:
    """Return what all events of one sale name, by the rule that says which of them tell of it."""
    names = ("payment_intent",) if _goes_by_payment(rules) else ("invoice", "payment_intent")
    return next((id_ for name in names if (id_ := _id(what, name))), None) or what.needed("id")


def _id(what: Fields, name: str) -> str | None:
    """Return the id of an object that is named, or sent whole."""
    value = what.raw(name)
    return what.inner(name).text("id") if isinstance(value, dict) else what.text(name)


def _amounts(what: Fields) -> dict[str, Money]:
    details = what.inner("total_details")
    parts = {"tax": "amount_tax", "shipping": "amount_shipping", "discounts": "amount_discount"}
    return {**_of(what, {"value": "amount_total"}), **_of(details, parts, what.text("currency"))}


def _of(what: Fields, names: dict[str, str], currency: str | None = None) -> dict[str, Money]:
    """Return amounts, which are written in the smallest unit of the currency."""
    code = (currency or what.text("currency") or "").upper()
    found = {part: what.whole(name) for part, name in names.items()} if code else {}
    return {part: Money(scaled(amount, code), code) for part, amount in found.items() if amount is not None}


def scaled(amount: int, currency: str) -> Decimal:
    """Return an amount in whole units."""
    if currency in ZERO_DECIMAL:
        return Decimal(amount)
    return Decimal(amount).scaleb(-3 if currency in THREE_DECIMAL else -2)


def _lines(what: Fields) -> list[Content]:
    """Return the lines, where whoever sends the event has them filled in."""
    currency = (what.text("currency") or "").upper()
    return [_line(line, currency) for line in what.inner("line_items").each("data")]


def _line(line: Fields, currency: str) -> Content:
    """Return a line, with its price in the currency of the session, or with none."""
    price = line.inner("price")
    is_same = bool(currency) and (line.text("currency") or currency).upper() == currency
    quantity, total = line.whole("quantity"), line.whole("amount_total") if is_same else None
    each = scaled(total, currency) / quantity if total is not None and quantity else None
    product = _id(price, "product")
    return Content(
        content_id=price.text("id") or product,
        content_type="product",
        content_name=line.cut("description"),
        price=float(each) if each is not None else None,
        quantity=quantity,
        variant_id=price.text("id"),
        group_id=product,
    )


def _buyer(details: Fields, notes: VisitNotes, external_id: str | None) -> User:
    address = details.inner("address")
    first, _, last = (details.cut("name") or "").strip().rpartition(" ")
    return User(
        email=details.cut("email", 320),
        phone=details.cut("phone", 64),
        external_id=external_id,
        first_name=first or None,
        last_name=last or None,
        city=address.cut("city"),
        state=address.cut("state"),
        zip_code=address.cut("postal_code"),
        country=address.cut("country"),
        ttclid=notes.get("ttclid"),
        ttp=notes.get("ttp"),
        ip=notes.get("ip"),
        user_agent=notes.get("user_agent"),
    )


def _notes(what: Fields) -> VisitNotes:
    return visit_notes(_pairs(what.inner("metadata")).items())


def _pairs(what: Fields) -> dict[object, object]:
    return dict(what.items())


_INVOICES = frozenset({"invoice.paid", "invoice.payment_succeeded"})
#: Of events that tell of a payment alone: where its amount stands.
_PAYMENTS = {"payment_intent.succeeded": "amount_received", "charge.succeeded": "amount"}

_READERS: Mapping[str, Callable[[Fields, int, str, SourceRules], OrderReport | str]] = {
    "checkout.session.completed": _session,
    "checkout.session.async_payment_succeeded": _session,
    "checkout.session.async_payment_failed": _session,
    "checkout.session.expired": _session,
    "invoice.paid": _invoice,
    "invoice.payment_succeeded": _invoice,
    "payment_intent.succeeded": _payment,
    "charge.succeeded": _payment,
    "charge.refunded": _refunded,
    "charge.dispute.created": _dispute,
    "charge.dispute.closed": _dispute,
}
