"""What shops do wrong, each in its way: a function that changes what one side reports of an event."""

from collections.abc import Callable
from hashlib import sha256
from typing import Any

from signals import DENIED, UNSAID
from twinbeam.core.outcomes import Reason
from twinbeam.core.values import Channel, Decision, Permission
from twinbeam.pipeline.accept.codes import Rejection

DAYS = 15
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


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


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


def _own_id_late(said: Said, moment: Moment) -> None:
    """Let the page report the order once more when the server's copy is with TikTok, under an id of its own."""
    if not moment.is_server:
        said.update(event_id=f"{said['event_id']}-page", also=[said["event_id"]], native="sent", after=True)


def _one_id(said: Said, moment: Moment) -> None:
    if moment.is_server and moment.n < 4:
        said.update(event_id=f"cart-{moment.day}", order_id=f"{said['order_id']}-own", visitor="", user={})


def _tied_late(said: Said, moment: Moment) -> None:
    """Let the server report an order as two, until a later copy shows that it is one."""
    if moment.is_server:
        other = f"{said['event_id']}-checkout"
        alone = {key: value for key, value in said.items() if key not in ("order_id", "visitor")}
        said["more"] = [{**alone, "event_id": other}, {**said, "also": [other], "after": True}]


def _same_numbers(said: Said, moment: Moment) -> None:
    """Number each day's orders anew, from the first."""
    if moment.is_server:
        said.update(event_id=f"R-{moment.n}", order_id=f"R-{moment.n}", value=40.0 + moment.day, visitor="")


def _nobodys_refusal(said: Said, moment: Moment) -> None:
    """Let a page decline and name an order, and nothing tie it to whoever placed that."""
    said["visitor"] = f"page-{said['order_id']}" if not moment.is_server else ""
    if not moment.is_server:
        said.update(permission=DENIED)


def _quiz(said: Said, moment: Moment) -> None:
    if moment.event == "InitiateCheckout":
        said["event"] = "Quiz_Done" if moment.n % 2 else "quizDone"


def _other_names(said: Said, moment: Moment) -> None:
    if moment.is_server and moment.event == "InitiateCheckout":
        said["event"] = "StartCheckout"


def _no_products(said: Said, _: Moment) -> None:
    said["properties"] = {}


def _told(*told: str) -> Fault:
    return lambda said, moment: said.update(told=list(told)) if moment.is_server else None


def _without(*events: str) -> Fault:
    return lambda said, moment: said.update(times=0) if moment.event in events else None


def _user_without(*keys: str) -> Fault:
    return lambda said, _: said.update(user={key: value for key, value in said["user"].items() if key not in keys})


#: What becomes of shops of which an ad account lists the pixel, as TikTok says it.
ACTIVITY = {
    "": "ACTIVE",
    "external_sender": "ACTIVE",
    "not_counted": "ACTIVE",
    "inactive_despite_traffic": "INACTIVE",
} | {"imported_no_events": "ACTIVE"}
#: By check: the code of events that are rejected on arrival, three a day.
REJECTED = {
    "event_name_invalid": Rejection.BAD_EVENT_NAME,
    "pixel_id_wrong": Rejection.FOREIGN_PIXEL,
    "event_time_stale": Rejection.BAD_EVENT_TIME,
    "rejected_on_arrival": Rejection.MISSING_FIELD,
}
FOREIGN = Permission(Decision.DROPPED, "host", Reason.FOREIGN_HOST)

#: By check, or by several: what a shop does wrong.
FAULTS: dict[str, Fault] = {
    "value_missing": _late_sales(_drop_value),
    "currency_missing": _late_sales(_drop_currency),
    "value_zero": _late_sales(lambda said: said.update(value=0.0)),
    "value_differs": _server_on("Purchase", value=99.5),
    "currency_differs": _server_on("Purchase", currency="USD"),
    "server_late": _server_on("Purchase", late_ms=600_000),
    "consent_differs": _server_on("Purchase", permission=DENIED),
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
    "imported_no_events": lambda said, _: said.update(times=0),
    "token_rejected": lambda said, _: None,
    "answer_unknown": lambda said, _: None,
    "token_missing": lambda said, _: None,
    "rejected": lambda said, _: None,
    "external_sender": lambda said, _: None,
    "inactive_despite_traffic": lambda said, _: None,
    "not_counted": lambda said, _: None,
    "event_id_mismatch": _on("Purchase", _own_id_late),
    "event_id_reused": _on("Purchase", _one_id),
    "order_sent_twice": _on("Purchase", _tied_late),
    "order_number_reused+never_confirmed": _on("Purchase", _same_numbers),
    "consent_contested+held_pile_up": _on("Purchase", _nobodys_refusal),
    "expired": lambda said, _: None,
    "consent_never_said": lambda said, _: said.update(permission=UNSAID),
    "crm_quality_missing": _on("InitiateCheckout", lambda said, _: said.update(event="Lead")),
    "content_ids_unknown": lambda said, moment: said.update(
        properties={"contents": [{"content_id": f"web-{moment.n}", "quantity": 1}]}
    ),
    **{check: lambda said, _: None for check in REJECTED},
    "host_not_listed": _on(
        "ViewContent", lambda said, moment: said.update(permission=FOREIGN) if moment.n % 2 else None
    ),
    "email_invalid": _told("user.email", "email_invalid"),
    "phone_invalid": _told("user.phone", "phone_unresolvable"),
    "address_private": _told("user.ip", "ip_not_public"),
    "personal_data_in_texts": _told("order_id", "id_personal"),
    "currency_unknown": _told("properties.currency", "currency_unknown"),
    "value_not_number": _told("properties.value", "value_left_out"),
    "unknown_fields": _told("properties", "unknown_field"),
    "old_event_name": _on("Purchase", lambda said, _: said.update(event="CompletePayment")),
    "reserved_event_name": _other_names,
    "content_ids_missing": _on("AddToCart", _no_products),
    "cookies_missing": _user_without("ttp"),
    "match_keys_missing": _user_without("email"),
    "ip_missing": _user_without("ip"),
    "fewer_views_than_carts": _on("ViewContent", lambda said, moment: said.update(times=0) if moment.n > 4 else None),
    "funnel_step_missing": _without("AddToCart", "InitiateCheckout"),
    "no_conversion_event": _without("Purchase"),
    "custom_name_likely_standard": _on("Purchase", lambda said, moment: said.update(event="Purchse")),
    "names_look_alike": _quiz,
}
