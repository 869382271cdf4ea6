"""What can be wrong with a pixel, planted: for each check the facts that must make it speak, and a healthy pixel."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from builders import NOW_MS, PIXEL, WORKSPACE
from twinbeam.admin.events_api import events_api
from twinbeam.checks.facts import Crowd, DaySales, Evidence, Missing, NoteSum, PixelFacts
from twinbeam.checks.noting import Noting
from twinbeam.checks.sides import Silence
from twinbeam.core.clock import MS_PER_DAY, day_of
from twinbeam.core.fleet import EventWeek
from twinbeam.core.outcomes import Finding, Reason
from twinbeam.core.pixel_counts import ToMend
from twinbeam.core.rules import PixelRules
from twinbeam.core.story import Flow, LastAnswer, PixelRow, Stopped, Total
from twinbeam.core.values import Side
from twinbeam.pipeline.accept.codes import Rejection
from twinbeam.pipeline.record.counters import FINDING, RECORDED
from twinbeam.pipeline.record.sums import add_up

TODAY = day_of(NOW_MS)
ROW = PixelRow(WORKSPACE, PIXEL, "web", "Shop", True, 1, 1)
EVENTS = {
    "ViewContent": EventWeek("ViewContent", 300, 50, 200, 550, 200, *[300] * 5),
    "AddToCart": EventWeek("AddToCart", 60, 20, 120, 200, 80, *[150] * 5),
    "InitiateCheckout": EventWeek("InitiateCheckout", 10, 10, 100, 120, 50, *[100] * 5),
    "Purchase": EventWeek("Purchase", 5, 15, 100, 120, 46, *[110] * 5),
    "Lead": EventWeek("Lead", 10, 5, 10, 25, 9, *[20] * 5),
}
SALES = [DaySales(TODAY - ago, "EUR", 17, 17 * 4_990) for ago in range(14)]
SOUND = Evidence(
    WORKSPACE,
    PIXEL,
    NOW_MS,
    noted={Noting.SALE: NoteSum(120, {"EUR": 600_000}, [9, 8]), Noting.PAIR: NoteSum(100)},
    sales=SALES,
    one_email=Crowd(2, 20),
    one_address=Crowd(2, 20),
    checkouts=Crowd(40, 33),
    server_before=(800, 1_000),
    server_now=(790, 1_000),
    ids=200,
    matched=198,
    rejected={Rejection.BAD_EVENT_NAME: 2, Rejection.MISSING_FIELD: 3, Rejection.FOREIGN_PIXEL: 1},
    to_mend=dict.fromkeys(ToMend, (1, 2)),
    content_ids={"ViewContent": (548, 550), "AddToCart": (195, 200), "Purchase": (115, 120)},
    browser_id=(700, 800),
)


def count(outcome: str, n: int = 1, reason: str = "") -> Total:
    """Give one counter of the week."""
    return Total(WORKSPACE, PIXEL, "Purchase", outcome, reason, n)


HEALTHY_COUNTS = (
    count(RECORDED, 1_000),
    count("delivered", 600),
    count("dropped", 15, Reason.FOREIGN_HOST),
)


def week(*counts: Total, healthy: bool = True) -> dict[str, Any]:
    """Give the counters of a healthy week, or of none, and some others."""
    return {"week": add_up([*(HEALTHY_COUNTS if healthy else ()), *counts])}


HEALTHY = PixelFacts(
    ROW,
    add_up(HEALTHY_COUNTS),
    dict.fromkeys(Side, NOW_MS),
    events_api(ROW, None),
    now_ms=NOW_MS,
    imported=True,
    browser_copies=500,
    events=EVENTS,
    activity="ACTIVE",
    theirs={"Purchase": 118, "AddToCart": 200},
    evidence=SOUND,
)


def noted(more: Mapping[str, NoteSum] = {}, **changes: Any) -> dict[str, Any]:
    """Give evidence that differs from a sound one."""
    return {"evidence": replace(SOUND, noted={**SOUND.noted, **more}, **changes)}


def events(**changes: EventWeek) -> dict[str, Any]:
    """Give the week's events with some of them otherwise."""
    return {"events": {**EVENTS, **changes}}


def ruled(**rules: Any) -> dict[str, Any]:
    """Give the pixel with some rules."""
    return {"pixel": replace(ROW, rules=PixelRules(**rules))}


def found(finding: Finding, n: int) -> dict[str, Any]:
    """Give a week in which something was found so often."""
    return week(count(FINDING, n, finding))


def rejected(code: Rejection, n: int) -> dict[str, Any]:
    """Give a week in which so many events were rejected on arrival."""
    return noted(rejected={**SOUND.rejected, code: n})


def to_mend(kind: ToMend, browser: int, server: int) -> dict[str, Any]:
    """Give a week in which so many copies of each side had something to mend."""
    return noted(to_mend={**SOUND.to_mend, kind: (browser, server)})


REFUSAL = LastAnswer(WORKSPACE, PIXEL, NOW_MS, 40105, "Access token is incorrect")
TOKENLESS = replace(ROW, has_token=False)
YESTERDAYS = [*[DaySales(TODAY - ago, "EUR", 17, 17 * 4_990) for ago in range(2, 14)]]

#: By check: what differs from a healthy pixel.
PLANTED: Mapping[str, Mapping[str, Any]] = {
    "stopped": {"pixel": replace(ROW, stopped=Stopped(NOW_MS - 1, "ada", "sale"))},
    "paused": {"pixel": replace(ROW, flow=Flow("paused", NOW_MS - 1, "ada"))},
    "token_missing": {"pixel": TOKENLESS, "api": events_api(TOKENLESS, None)} | week(count("ready", 3)),
    "token_rejected": {"api": events_api(ROW, None, REFUSAL)},
    "answer_unknown": {"answer": replace(REFUSAL, code=77_777, message="Unheard of")} | week(count("waiting", 3)),
    "too_many_requests": {"closed_until_ms": NOW_MS + 300_000} | week(count("waiting", 40)),
    "inactive_despite_traffic": {"activity": "INACTIVE"},
    "held_pile_up": {"piled": 20},
    "side_silent": {"silence": Silence(Side.SERVER, "Purchase", NOW_MS - MS_PER_DAY, 90)},
    "event_silent": noted(silent=[("AddToCart", 200)]),
    "rejected": week(count("refused", 2)),
    "expired": week(count("expired", 2)),
    "consent_never_said": week(count("dropped", 600, Reason.CONSENT_NOT_SAID)),
    "never_confirmed": week(count("expired", 2, Reason.NEVER_CONFIRMED)),
    "consent_contested": week(count("held", 2, Reason.CONSENT_CONTESTED)),
    "consent_differs": noted({Noting.CONSENT_DIFFERS: NoteSum(4, {"EUR": 20_000}, [7])}),
    "order_number_reused": week(count("held", 2, Reason.ORDER_REUSED)),
    "restored": week(count("held", 2, Reason.RESTORED)),
    "event_id_mismatch": found(Finding.ID_MISMATCH, 4),
    "order_sent_twice": found(Finding.SENT_TWICE, 2),
    "event_id_reused": found(Finding.ORDER_DIFFERS, 2),
    "sides_never_meet": events(Purchase=EventWeek("Purchase", 60, 60, 0, 120, 46, *[110] * 5)),
    "cart_id_missing": events(AddToCart=EventWeek("AddToCart", 100, 100, 0, 200, 80, *[150] * 5)),
    "external_sender": {"theirs": {"Purchase": 240}},
    "native_before_consent": found(Finding.NATIVE_BEFORE_CONSENT, 4),
    "gate_void": found(Finding.GATE_VOID, 4),
    "base_code_twice": found(Finding.BASE_CODE_TWICE, 4),
    "base_code_not_in_head": found(Finding.BASE_CODE_NOT_IN_HEAD, 4),
    "not_counted": {"missing": Missing(9, 5, NOW_MS)},
    "one_sided": {"seen": {Side.BROWSER: NOW_MS}},
    "server_share_down": noted(server_now=(500, 1_000)),
    "server_late": noted({Noting.SERVER_LATE: NoteSum(30, {"EUR": 90_000}, [3, 2])}),
    "value_missing": noted({Noting.VALUE_MISSING: NoteSum(4, {}, [3, 2])}),
    "currency_missing": noted({Noting.CURRENCY_MISSING: NoteSum(4, {}, [3, 2])}),
    "value_zero": noted({Noting.VALUE_ZERO: NoteSum(8, {}, [3, 2])}),
    "value_differs": found(Finding.VALUE_DIFFERS, 60),
    "currency_differs": found(Finding.CURRENCY_DIFFERS, 60),
    "amount_jump": noted(sales=[*YESTERDAYS, DaySales(TODAY, "EUR", 30, 30 * 499_000)]),
    "currency_jump": noted(sales=[*YESTERDAYS, DaySales(TODAY, "JPY", 30, 30 * 49)]),
    "ttclid_lost_at_checkout": events(Purchase=EventWeek("Purchase", 5, 15, 100, 120, 3, *[110] * 5)),
    "ttclid_lost_before_consent": found(Finding.CLICK_LOST, 80),
    "content_ids_unknown": noted(matched=100),
    "placeholder_data": noted({Noting.PLACEHOLDER: NoteSum(4, {"EUR": 20_000}, [3])}),
    "one_email": noted(one_email=Crowd(12, 100)),
    "one_address": noted(one_address=Crowd(90, 100)),
    "checkout_repeated": noted(checkouts=Crowd(120, 30)),
    "name_differs": found(Finding.NAME_DIFFERS, 30),
    "crm_quality_missing": {"crm_silent": True},
    "event_name_invalid": rejected(Rejection.BAD_EVENT_NAME, 12),
    "pixel_id_wrong": rejected(Rejection.FOREIGN_PIXEL, 12),
    "rejected_on_arrival": rejected(Rejection.MISSING_FIELD, 12),
    "event_time_stale": rejected(Rejection.BAD_EVENT_TIME, 12),
    "host_not_listed": week(count("dropped", 30, Reason.FOREIGN_HOST)),
    "currency_unknown": to_mend(ToMend.CURRENCY_UNKNOWN, 0, 12),
    "value_not_number": to_mend(ToMend.VALUE_NOT_NUMBER, 12, 0),
    "email_invalid": to_mend(ToMend.EMAIL_INVALID, 50, 80),
    "phone_invalid": to_mend(ToMend.PHONE_INVALID, 50, 80),
    "address_private": to_mend(ToMend.ADDRESS_PRIVATE, 0, 60),
    "personal_data_in_texts": to_mend(ToMend.PERSONAL_DATA, 60, 0),
    "old_event_name": to_mend(ToMend.OLD_NAME, 60, 0),
    "reserved_event_name": to_mend(ToMend.RESERVED_NAME, 60, 0),
    "unknown_fields": to_mend(ToMend.UNKNOWN_FIELD, 0, 120),
    "match_keys_missing": events(
        Purchase=EventWeek("Purchase", 5, 15, 100, 120, 46, 3, 2, *[110] * 3),
        Lead=EventWeek("Lead", 10, 5, 10, 25, 9, 1, 1, *[20] * 3),
    ),
    "ip_missing": {"events": {name: replace(event, ip=event.ip // 4) for name, event in EVENTS.items()}},
    "cookies_missing": noted(browser_id=(30, 800)),
    "content_ids_missing": noted(content_ids={**SOUND.content_ids, "Purchase": (60, 120)}),
    "fewer_views_than_carts": events(ViewContent=EventWeek("ViewContent", 40, 0, 60, 100, 35, *[90] * 5)),
    "funnel_step_missing": {
        "events": {name: EVENTS[name] for name in ("ViewContent", "Purchase", "Lead")},
        "theirs": {},
    },
    "no_conversion_event": {"events": {name: EVENTS[name] for name in ("ViewContent", "AddToCart", "InitiateCheckout")}}
    | {"theirs": {}},
    "custom_name_likely_standard": events(Purchse=EventWeek("Purchse", 8, 0, 0)),
    "names_look_alike": events(Quiz_Done=EventWeek("Quiz_Done", 8), quizDone=EventWeek("quizDone", 0, 9)),
    "volume_too_low": events(Purchase=EventWeek("Purchase", 1, 1, 5, 7, 3, *[6] * 5)) | {"theirs": {}},
    "test_code_left_on": ruled(test_code="TEST12345", test_until_ms=NOW_MS + 3_600_000),
    "imported_no_events": week(healthy=False) | {"events": {}, "theirs": {}},
    "no_events": week(healthy=False) | {"events": {}, "theirs": {}, "imported": False},
}


def facts_with(changes: Mapping[str, Any]) -> PixelFacts:
    """Give the facts of a healthy pixel in which something is otherwise."""
    return replace(HEALTHY, **changes)
