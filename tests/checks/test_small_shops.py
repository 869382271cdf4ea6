"""What may be chance in a small shop, or is as its owner wants it, is told by no check."""

from typing import Any

import pytest
from msgspec.structs import replace

from planted import EVENTS, HEALTHY, count, events, facts_with, noted, ruled, week
from twinbeam.checks.facts import NO_EVIDENCE, Evidence
from twinbeam.checks.listing import issues
from twinbeam.core.clock import MS_PER_DAY
from twinbeam.core.fleet import EventWeek
from twinbeam.core.outcomes import Reason
from twinbeam.core.pixel_counts import ToMend
from twinbeam.core.story import PixelRow
from twinbeam.core.values import Side
from twinbeam.pipeline.accept.codes import Rejection
from twinbeam.pipeline.record.counters import RECORDED
from twinbeam.pipeline.record.sums import add_up

NEW = PixelRow("shop", "C0NEWPIXELSCODE00001", "web", "Shop", True, 1, HEALTHY.now_ms - MS_PER_DAY)


def only(*events: EventWeek, n: int = 40, **changes: Any) -> dict[str, Any]:
    """Give a week with these events, and no evidence but what is given."""
    counts = add_up([count(RECORDED, n), count("delivered", n)])
    usual = {"week": counts, "events": {it.event: it for it in events}, "theirs": {}, "evidence": NO_EVIDENCE}
    return usual | changes


def seen(name: str, browser: int, server: int = 0, both: int = 0) -> EventWeek:
    return EventWeek(name, browser, server, both)


@pytest.mark.parametrize(
    "quiet",
    [
        # a few products are put into carts from lists; a server alone knows of no views
        only(seen("ViewContent", 12), seen("AddToCart", 19), seen("Purchase", 6)),
        only(seen("ViewContent", 4), seen("AddToCart", 5, 60), seen("Purchase", 0, 60)),
        # the script alone reports views, by its owner's wish
        only(seen("AddToCart", 30), seen("Purchase", 10), **ruled(ways={"ViewContent": "browser"})),
        # few purchases, purchases of a server, a landing page with a checkout and no cart, more names than are told
        only(seen("Purchase", 19)),
        only(seen("Purchase", 0, 90)),
        only(seen("ViewContent", 90), seen("InitiateCheckout", 70), seen("Purchase", 60)),
        only(seen("ViewContent", 90), seen("Purchase", 60), unnamed=3),
        # nobody has bought yet; the pixel is new; the goal is a custom event
        only(seen("ViewContent", 900), seen("AddToCart", 40)),
        only(seen("ViewContent", 9_000), seen("AddToCart", 400), pixel=NEW),
        only(seen("ViewContent", 9_000), seen("Quiz_Done", 2)),
        # slips, and steps of a form, which differ by a digit
        only(seen("Purchse", 4), seen("Purchase", 10)),
        only(seen("Step_1", 50), seen("Step_2", 40), seen("Quiz-Done", 9), seen("QuizDone", 4)),
        # few conversions, whose keys are chance
        only(EventWeek("Purchase", 10, 9, 0, 19), pixel=NEW),
        only(EventWeek("AddToCart", 10, 9, 0, 19), seen("ViewContent", 90)),
        # a translator shows the shop's pages
        only(seen("Purchase", 9)) | week(count(RECORDED, 60), count("dropped", 19, Reason.FOREIGN_HOST), healthy=False),
        # a shop without products; a pixel without TikTok's script; some blockers
        noted(content_ids={"ViewContent": (3, 400), "Purchase": (0, 100)}),
        noted(content_ids={"ViewContent": (300, 310), "Purchase": (1, 20)}),
        noted(browser_id=(0, 800)) | ruled(way="server"),
        noted(browser_id=(0, 49)),
        noted(browser_id=(90, 800)),
        # most visitors let no identifier go
        noted(keyless={"": 900, "Purchase": 110, "Lead": 20})
        | events(**{name: replace(it, email=0, phone=0, ip=it.ip // 10) for name, it in EVENTS.items()}),
        # nothing is accepted for want of a token, and few addresses of many are wrong
        only(n=10_000, evidence=Evidence(to_mend={ToMend.EMAIL_INVALID: (20, 20), ToMend.PHONE_INVALID: (20, 20)})),
        # leads without a CRM
        only(EventWeek("Lead", 900, 0, 0, 900, 300, *[900] * 5)),
    ],
)
def test_what_may_be_chance_or_is_wanted_is_not_called_trouble(quiet):
    assert [it.check for it in issues(facts_with(quiet))] == []


@pytest.mark.parametrize("code", Rejection)
def test_a_few_rejected_events_are_no_issue_and_many_of_a_large_shop_are_one_in_a_hundred(code):
    few = Evidence(rejected={code: 4})
    assert issues(facts_with(only(seen("Purchase", 9, 0, 10), evidence=few))) == []
    assert issues(facts_with(noted(rejected={code: 6}))) == []


@pytest.mark.parametrize("kind", ToMend)
def test_a_few_notices_are_no_issue_and_many_of_a_large_shop_are_a_share(kind):
    few = Evidence(to_mend={kind: (2, 2)})
    assert issues(facts_with(only(seen("Purchase", 9, 0, 10), evidence=few))) == []
    assert issues(facts_with(noted(to_mend={kind: (3, 4)}))) == []


def test_whose_address_is_hidden_by_a_proxy_is_told_another_fix():
    (behind_proxy,) = issues(facts_with(noted(to_mend={ToMend.ADDRESS_PRIVATE: (90, 10)})))
    (of_server,) = issues(facts_with(noted(to_mend={ToMend.ADDRESS_PRIVATE: (10, 90)})))
    assert behind_proxy.fix.startswith("List your proxy in TWINBEAM_TRUSTED_PROXIES")
    assert of_server.fix.startswith("Send the visitor's own address as user.ip")


def test_a_misspelled_event_comes_with_the_command_that_has_it_taken_as_meant():
    (issue,) = issues(facts_with(only(seen("Purchse", 9), seen("Purchase", 9, 0, 10))))
    assert issue.what == "Custom events that look like standard ones: Purchse for Purchase; 9 in 7 days."
    assert issue.command.startswith(f"twinbeam pixels set {HEALTHY.pixel.code} means.Purchse=Purchase")


def test_a_pixel_of_which_all_is_rejected_is_told_so():
    nothing = only(n=0, evidence=Evidence(rejected={Rejection.MISSING_FIELD: 5}), seen=dict.fromkeys(Side, 0))
    assert "rejected_on_arrival" in [it.check for it in issues(facts_with(nothing))]
