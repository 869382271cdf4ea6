"""The checklist before money is spent: each check says ok, not yet or failed, by what was reported."""

from typing import Any

import pytest
from msgspec.structs import replace

from builders import NOW_MS, NOW_S, PIXEL, WORKSPACE
from twinbeam.admin.launch.checks import LATE_SECONDS, Passed, launch_checks, ready
from twinbeam.admin.launch.facts import NO_ORDERS, LaunchFacts
from twinbeam.core.events_api import ApiState, EventsApi
from twinbeam.core.outcomes import Finding, Reason
from twinbeam.core.rules import PixelRules
from twinbeam.core.story import PixelRow, Story
from twinbeam.core.values import Side
from twinbeam.orders.sums import OrderSums

OK, NOT_YET, FAILED, BY_HAND = Passed.OK, Passed.NOT_YET, Passed.FAILED, Passed.BY_HAND
WORKS = EventsApi(ApiState.CONFIGURED, proven=True, sentence="It works.")
BOTH = ["browser", "server"]


def story(number=1, **changes):
    usual: dict[str, Any] = {
        "id": number,
        "workspace": WORKSPACE,
        "pixel": PIXEL,
        "event_source": "web",
        "event": "Purchase",
        "event_id": f"order-{number}",
        "event_time": NOW_S - 10,
        "order_id": str(number),
        "received_ms": NOW_MS - 9_000,
        "state": "delivered",
        "reason": "",
        "value_minor": 2_050,
        "currency": "EUR",
        "channels": BOTH,
        "consent": "",
        "source": "shop",
        "due_ms": None,
        "settled_ms": None,
        "attempts": 1,
    }
    return Story(**usual | changes)


def facts(
    *stories, counts=(), seen=tuple(Side), hosts=("shop.example",), api=WORKS, kind="web", orders=NO_ORDERS, **rules
):
    row = PixelRow(WORKSPACE, PIXEL, kind, "", has_token=True, token_ms=1, created_ms=1, rules=PixelRules(**rules))
    return LaunchFacts(
        row=row,
        api=api,
        counts={tuple(key): n for *key, n in counts},
        seen=dict.fromkeys(seen, NOW_MS),
        sample=stories,
        pair=None,
        hosts=hosts,
        now_ms=NOW_MS,
        orders=orders,
    )


def orders(accepted, ignored, missing):
    total = accepted + sum(ignored.values()) + sum(missing.values())
    return OrderSums(total, accepted, ignored, missing, {})


def found(finding, n=3):
    return ("Purchase", "finding", finding, n)


def check(key, given):
    return next(it for it in launch_checks(given) if it.key == key)


FAILING = EventsApi(ApiState.FAILING, 5, sentence="It is revoked.", advice="Make another.", answer="code 40105")
UNPROVEN = EventsApi(ApiState.CONFIGURED, sentence="Not proven yet.", advice="Turn on the test code.")
NO_TOKEN = EventsApi(ApiState.NOT_CONFIGURED, sentence="No access token is saved.", advice="Paste it.")
LATE = story(event_time=NOW_S - LATE_SECONDS - 60)
ALONE = [story(n, channels=["browser"] if n % 2 else ["server"]) for n in range(1, 11)]

CASES = [
    ("token", facts(), OK, "It works.", 0),
    ("token", facts(api=UNPROVEN), NOT_YET, "Not proven yet.", 0),
    ("token", facts(api=NO_TOKEN), NOT_YET, "No access token is saved.", 0),
    ("token", facts(api=FAILING), FAILED, "It is revoked. code 40105.", 0),
    ("token", facts(api=NO_TOKEN, way="browser"), OK, "way=browser", 0),
    ("allowed", facts(), OK, "No page reported the script before consent", 0),
    ("allowed", facts(seen=[Side.SERVER]), NOT_YET, "No page has reported yet.", 0),
    ("allowed", facts(seen=[Side.SERVER], way="server"), OK, "No browser reports", 0),
    ("allowed", facts(counts=[found(Finding.NATIVE_BEFORE_CONSENT)]), FAILED, "before the visitor's consent: 3", 3),
    ("page_views", facts(counts=[("Pageview", "recorded", "", 12)]), OK, "reached Twinbeam: 12", 12),
    ("page_views", facts(), BY_HAND, "TikTok's script sends page views itself", 0),
    ("page_views", facts(seen=[]), NOT_YET, "No page view has come yet.", 0),
    ("page_views", facts(way="server"), NOT_YET, "No page view has come yet.", 0),
    ("page_views", facts(counts=[found(Finding.BASE_CODE_NOT_IN_HEAD)]), FAILED, "outside the head: 3", 3),
    ("page_views", facts(counts=[found(Finding.BASE_CODE_TWICE)]), FAILED, "twice on one page: 3", 3),
    ("moment", facts(story()), OK, "Of 1 events 0 came late", 1),
    ("moment", facts(), NOT_YET, "No purchase, lead or cart event", 0),
    ("moment", facts(LATE), FAILED, "more than 5 minutes after they happened: 1 of 1", 1),
    ("moment", facts(*[story(n) for n in range(2, 12)], LATE), OK, "Of 11 events 1 came late", 11),
    ("moment", facts(story(), counts=[("Purchase", "expired", Reason.NEVER_CONFIRMED, 4)]), FAILED, "confirmed: 4", 4),
    ("moment", facts(story(), counts=[found(Finding.GATE_VOID)]), FAILED, "before they counted: 3", 3),
    ("value", facts(story()), OK, "All of 1 purchases have both.", 1),
    ("value", facts(story(event="Lead", value_minor=None)), NOT_YET, "No purchase has come yet.", 0),
    ("value", facts(story(), story(2, value_minor=None)), FAILED, "worth 0: 1 of 2", 1),
    ("value", facts(story(value_minor=0)), FAILED, "1 of 1", 1),
    ("value", facts(story(currency="")), FAILED, "1 of 1", 1),
    ("id", facts(story()), OK, "All of 1 events have an id.", 1),
    ("id", facts(), NOT_YET, "No purchase and no lead", 0),
    ("id", facts(story(order_id="")), FAILED, "copies cannot meet: 1 of 1", 1),
    ("id", facts(story(event="Lead", order_id="")), OK, "All of 1", 1),
    ("id", facts(story(event="Lead", event_id="")), FAILED, "1 of 1", 1),
    ("once", facts(story()), OK, "two copies under one id: 1", 1),
    ("once", facts(story(channels=["browser"])), NOT_YET, "No conversion has come from both sides", 0),
    ("once", facts(*ALONE), FAILED, "5 purchases from the browser alone, 5 from the server alone", 10),
    ("once", facts(story(), counts=[found(Finding.SENT_TWICE)]), FAILED, "under two ids: 3", 3),
    ("once", facts(story(), counts=[found(Finding.ID_MISMATCH, 2)]), FAILED, "under two ids: 2", 2),
    ("once", facts(*ALONE, way="server"), OK, "Only Twinbeam reports (way=server)", 0),
    ("once", facts(*ALONE, way="browser"), OK, "Only TikTok's script reports", 0),
    ("tests", facts(counts=[("Purchase", "dropped", Reason.TEST_ORDER, 2)]), OK, "kept out in 7 days: 2", 2),
    ("tests", facts(hosts=()), FAILED, "Any page may report", 0),
    ("tests", facts(hosts=(), kind="offline"), OK, "kept out", 0),
    ("tests", facts(test_code="TEST1", test_until_ms=NOW_MS + 1), NOT_YET, "The test code is still on.", 0),
    ("tests", facts(test_code="TEST1", test_until_ms=NOW_MS), OK, "kept out", 0),
    ("reconciles", facts(story()), NOT_YET, "once orders are imported", 0),
    ("reconciles", facts(story(), orders=orders(9, {}, {"too_old": 1})), OK, "accepted 9, 0 are", 10),
    ("reconciles", facts(story(), orders=orders(0, {"no_consent": 9}, {"too_old": 1})), OK, "9 are deliberately", 10),
    ("reconciles", facts(story(), orders=orders(8, {}, {"too_old": 2})), FAILED, "2 are missing", 2),
    ("diagnostics", facts(story()), BY_HAND, "cannot be read here", 0),
]


@pytest.mark.parametrize(
    ("key", "given", "passed", "evidence", "count"), CASES, ids=[f"{row[0]}-{row[2].value}-{n}" for n, row in enumerate(CASES)]
)  # fmt: skip
def test_each_check_by_what_was_reported(key, given, passed, evidence, count):
    its = check(key, given)
    assert its.passed is passed
    assert evidence in its.evidence
    assert its.count == count
    assert its.evidence.endswith(".")
    assert bool(its.mend) or passed is OK


def test_each_check_that_can_fail_is_seen_to_and_each_is_seen_to_pass():
    seen = {(key, passed) for key, _, passed, *_ in CASES}
    keys = {it.key for it in launch_checks(facts())}
    assert {key for key, _ in seen} == keys
    by_itself = keys - {"diagnostics"}
    assert {(key, passed) for key in by_itself for passed in (OK, NOT_YET, FAILED)} <= seen


def test_a_pixel_is_ready_once_nothing_is_awaited_but_orders():
    good = facts(story(), counts=[("Pageview", "recorded", "", 12)])
    assert ready(launch_checks(good))
    assert ready(launch_checks(replace(good, orders=orders(1, {}, {}))))
    assert not ready(launch_checks(replace(good, orders=orders(0, {}, {"too_old": 1}))))
    assert not ready(launch_checks(facts()))
    assert not ready(launch_checks(facts(story(value_minor=None), counts=[("Pageview", "recorded", "", 12)])))
