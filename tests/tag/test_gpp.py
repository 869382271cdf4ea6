"""GPP by the IAB's own library: opt-outs of the United States, purposes of Europe, and nothing before its signal."""

import json
import subprocess
from functools import lru_cache
from pathlib import Path

import pytest

pytestmark = [pytest.mark.journey, pytest.mark.tag("gpp")]

TAG = Path(__file__).parents[2] / "tag"
PLATFORM = Path(__file__).with_name("gpp_platform.js")
VIEW = "ttq.track('ViewContent', {content_id: 'hat', value: 20, currency: 'EUR'})"
UNITED_STATES = {"law": "by_region", "region": "US"}


@lru_cache(maxsize=1)
def platform():
    """Bundle the library for a page."""
    done = subprocess.run(
        [TAG / "node_modules" / ".bin" / "esbuild", "--bundle", "--format=iife", "--loader=js", "--log-level=error"],
        input=PLATFORM.read_text(),
        cwd=TAG,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.replace("</script", "<\\/script")


def opened_page(corner, **how):
    corner.page("/hat", VIEW, before=platform(), **how)
    page = corner.visit("/hat")
    page.wait_for_function("!!twinbeam.gpp")
    page.wait_for_timeout(400)
    assert corner.web.bodies == []
    assert corner.counted(pageviews=True) == []
    return page


def answer(corner, page, sections, *fields):
    corner.allowed = True
    page.evaluate(f"banner({json.dumps(sections)}, {json.dumps(fields)})")


@pytest.mark.parametrize(
    ("section", "number", "field"),
    [
        ("usnat", 7, "SaleOptOut"),
        ("usnat", 7, "TargetedAdvertisingOptOut"),
        ("usca", 8, "SharingOptOut"),
        ("ustx", 16, "TargetedAdvertisingOptOut"),
        ("usnat", 7, "Gpc"),
    ],
)
def test_an_opt_out_of_a_state_or_of_the_nation_limits_both_sides(corner, section, number, field):
    page = opened_page(corner, **UNITED_STATES)
    answer(corner, page, [number], [section, field, True if field == "Gpc" else 1])
    corner.until(corner.sent, "the gateway's copy")
    (event,) = [each for each in corner.sent() if each["event"] == "ViewContent"]
    state = {"usnat": "US", "usca": "US-CA", "ustx": "US-TX"}[section]
    assert (event["consent"]["opt_out"], event["consent"]["region"]) == (True, state)
    calls = [call for call in corner.tiktok.requests(body=1, pixel=corner.codes[0]) if call["path"] == "/api/v2/pixel"]
    assert calls
    assert all('"limited_data_use":true' in call["body"] for call in calls)


def test_who_did_not_opt_out_is_sent_in_full_where_the_law_is_opt_out(corner):
    # The second rule shows that both are known.
    corner.rule("consent.policy=by_region", "page_view_as=ViewContent", shows='"view"')
    page = opened_page(corner, **UNITED_STATES)
    answer(corner, page, [8], ["usca", "SaleOptOut", 2], ["usca", "SharingOptOut", 2])
    corner.expect(("ViewContent", "both"))
    (event,) = [each for each in corner.sent() if each["event"] == "ViewContent"]
    assert "opt_out" not in event["consent"]


def test_where_the_law_is_opt_in_no_opt_out_is_no_permission(corner):
    page = opened_page(corner)
    page.evaluate("banner([7], [['usnat', 'SaleOptOut', 2]])")
    page.wait_for_timeout(700)
    assert corner.web.bodies == []


@pytest.mark.parametrize("granted", [True, False])
def test_the_european_section_is_asked_by_its_purposes(corner, granted):
    page = opened_page(corner, vendor="986")
    purposes = [granted and number in (1, 3, 4, 7) for number in range(1, 25)]
    corner.allowed = granted
    answered = [["tcfeuv2", "PurposeConsents", purposes], ["tcfeuv2", "VendorConsents", [986]]]
    page.evaluate(f"banner([2], {json.dumps(answered)})")
    if granted:
        corner.expect(("ViewContent", "both"))
    else:
        page.wait_for_timeout(700)
        assert corner.counted(pageviews=True) == []
        assert corner.sent() == []
