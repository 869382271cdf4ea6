"""What is wrong with a pixel, in words."""

import pytest
from msgspec.structs import replace

from builders import NOW_MS, PIXEL, WORKSPACE
from planted import HEALTHY, ROW, SOUND, count, facts_with, week
from twinbeam.admin.events_api import events_api
from twinbeam.checks.contract import Ends, Weight
from twinbeam.checks.facts import PixelFacts
from twinbeam.checks.listing import BY_ID, issues
from twinbeam.checks.sides import Silence
from twinbeam.core.clock import MS_PER_DAY
from twinbeam.core.outcomes import Finding, Reason
from twinbeam.core.rules import PixelRules
from twinbeam.core.story import Flow, LastAnswer, PixelRow, Stopped, Total
from twinbeam.core.values import Side
from twinbeam.pipeline.record.counters import FINDING, RECORDED
from twinbeam.pipeline.record.sums import add_up


def a_count(outcome, n=1, reason=""):
    return Total(WORKSPACE, PIXEL, "Purchase", outcome, reason, n)


def facts(*found, seen=(Side.BROWSER, Side.SERVER), silence=None, **pixel):
    usual = {"workspace": WORKSPACE, "code": PIXEL, "event_source": "web", "name": ""}
    row = PixelRow(**usual | {"has_token": True, "token_ms": 1, "created_ms": 1} | pixel)
    times = dict.fromkeys(Side, NOW_MS - 8 * MS_PER_DAY) | dict.fromkeys(seen, NOW_MS)
    return PixelFacts(
        row, add_up([a_count(RECORDED, 100), *found]), times, events_api(row, None), silence=silence, now_ms=NOW_MS
    )


def test_a_pixel_that_works_has_nothing_to_mend():
    assert issues(facts(a_count("delivered", 100))) == []


@pytest.mark.parametrize(
    ("given_facts", "weight", "says"),
    [
        (facts(a_count("ready", 3), has_token=False), Weight.BROKEN, "conversions that wait for it: 3"),
        (facts(has_token=False), Weight.IDLE, "No access token."),
        (facts(a_count("refused", 2)), Weight.LOSING, "Rejected by TikTok in the last 7 days: 2"),
        (facts(a_count("expired", 2)), Weight.LOSING, "Expired unsent in the last 14 days: 2"),
        (facts(a_count("dropped", 60, Reason.CONSENT_NOT_SAID)), Weight.LOSING, "60 of 100."),
        (facts(a_count("held", 60, Reason.CONSENT_NOT_SAID)), Weight.LOSING, "60 of 100."),
        (facts(a_count("held", 2, Reason.RESTORED)), Weight.LOSING, "since the store was restored"),
        (facts(a_count("expired", 60, Reason.CONSENT_NEVER_SAID)), Weight.LOSING, "60 of 100."),
        (facts(a_count("expired", 2, Reason.NEVER_CONFIRMED)), Weight.LOSING, "no server confirmed: 2"),
        (facts(a_count(FINDING, 2, Finding.ID_MISMATCH)), Weight.LOSING, "under another id"),
        (facts(a_count(FINDING, 2, Finding.NATIVE_BEFORE_CONSENT)), Weight.LOSING, "before the visitor gave consent"),
        (facts(a_count(FINDING, 2, Finding.GATE_VOID)), Weight.LOSING, "purchases that do not count yet"),
        (facts(a_count(FINDING, 2, Finding.BASE_CODE_TWICE)), Weight.LOSING, "twice on one page"),
        (facts(a_count(FINDING, 2, Finding.BASE_CODE_NOT_IN_HEAD)), Weight.LOSING, "not in the page's head"),
        (facts(seen=[Side.SERVER]), Weight.LOSING, "the browser has not for 7 days or more"),
        (facts(seen=[Side.BROWSER]), Weight.LOSING, "the server has not for 7 days or more"),
        (facts(a_count(RECORDED, -100)), Weight.IDLE, "No event in the last 7 days"),
    ],
)
def test_each_issue_says_what_is_wrong_and_what_to_do(given_facts, weight, says):
    (issue,) = issues(given_facts)
    assert issue.weight is weight
    assert says in issue.what
    assert issue.fix


@pytest.mark.parametrize(
    "quiet",
    [
        facts(a_count(RECORDED, -81), seen=[Side.SERVER]),
        facts(seen=[Side.SERVER], event_source="crm"),
        facts(a_count("dropped", 20, Reason.CONSENT_NOT_SAID)),
        facts(a_count("dropped", 90, Reason.NO_CONSENT)),
        facts(a_count("held", 90, Reason.NOT_CONFIRMED)),
        facts(a_count("expired", 9, Reason.ORDER_CANCELLED), a_count("expired", 9, Reason.JOINED)),
        facts(a_count("expired", 9, Reason.DISCARDED)),
        facts(a_count(FINDING, 9, Finding.ID_HEALED)),
        facts(a_count(FINDING, 9, Finding.CLICK_LOST)),
        facts(a_count(FINDING, 9, Finding.SEVERAL_PIXELS)),
    ],
)
def test_what_is_no_trouble_is_not_called_so(quiet):
    assert issues(quiet) == []


def test_a_side_that_is_told_to_have_stopped_is_not_told_twice():
    silence = Silence(Side.SERVER, "Purchase", NOW_MS - 8 * MS_PER_DAY, 90)
    (issue,) = issues(facts(seen=[Side.BROWSER], silence=silence))
    assert issue.what == "The server stopped reporting Purchase 192 h ago; since then 90 came without it."


@pytest.mark.parametrize(("way", "missed"), [("both", Side), ("browser", [Side.BROWSER]), ("server", [Side.SERVER])])
def test_a_side_that_has_nothing_to_report_is_not_missed(way, missed):
    rules = PixelRules(way=way)
    for side, other in (tuple(Side), tuple(Side)[::-1]):
        silence = Silence(side, "Purchase", NOW_MS - MS_PER_DAY, 50)
        assert bool(issues(facts(silence=silence, rules=rules))) is (side in missed)
        assert bool(issues(facts(seen=[other], rules=rules))) is (side in missed)


def test_of_a_stopped_pixel_the_tag_is_not_missed_and_of_a_paused_one_no_delivery():
    stopped = {"stopped": Stopped(NOW_MS, "ada", "")}
    silence = Silence(Side.BROWSER, "Purchase", NOW_MS - MS_PER_DAY, 50)
    for found in (facts(silence=silence, **stopped), facts(seen=[Side.SERVER], **stopped)):
        assert [issue.check for issue in issues(found)] == ["stopped"]
    (issue,) = issues(facts(a_count("ready", 100), flow=Flow("draining", NOW_MS, "ada")))
    assert (issue.check, issue.count, issue.is_alarm) == ("paused", 100, True)
    assert issue.command == f"twinbeam pixels resume {PIXEL} --workspace {WORKSPACE}"


def test_a_pixel_that_is_left_to_the_browser_needs_no_token():
    assert issues(facts(has_token=False, rules=PixelRules(way="browser"))) == []


def test_a_pixel_that_was_just_added_has_no_event_yet_and_the_first_one_ends_that_at_once():
    week_ms = 7 * 86_400_000
    young, old = (
        replace(it, pixel=replace(it.pixel, created_ms=it.now_ms - age_ms))
        for it in [facts(a_count(RECORDED, -100))]
        for age_ms in (week_ms - 1, week_ms)
    )
    assert [it.what for it in issues(young)] == ["No event yet."]
    assert [it.what for it in issues(old)] == ["No event in the last 7 days."]
    assert [it.what for it in issues(replace(young, imported=True))] == ["Imported, but no event came yet."]
    for check in ("no_events", "imported_no_events"):
        assert BY_ID[check].ends is Ends.AT_ONCE


def closed(n=40, per_second=0, **until):
    rules = PixelRules(requests_per_second=per_second)
    return facts_with(week(count("waiting", n)) | {"pixel": replace(ROW, rules=rules)} | until)


def test_a_pixel_that_was_asked_for_too_often_says_until_when_and_proposes_fewer_requests():
    until_ms = NOW_MS - NOW_MS % MS_PER_DAY + 14 * 3_600_000 + 5 * 60_000
    (issue,) = issues(closed(closed_until_ms=until_ms))
    assert issue.what == (
        "TikTok takes no requests for this pixel until 14:05 UTC: too many were made. Conversions waiting: 40."
    )
    assert (issue.count, issue.listed, issue.is_alarm) == (40, "waiting", True)
    assert issue.command == f"twinbeam pixels set {PIXEL} requests_per_second=20 --workspace {WORKSPACE}"
    (fewer,) = issues(closed(per_second=7, closed_until_ms=until_ms))
    assert "requests_per_second=3 " in fewer.command
    for in_force, proposed in ((100, 20), (30, 15), (5, 2)):
        known = replace(SOUND, pixel_per_second=in_force)
        (by_setting,) = issues(closed(closed_until_ms=until_ms, evidence=known))
        assert f"requests_per_second={proposed} " in by_setting.command
    (fewest,) = issues(closed(per_second=1, closed_until_ms=until_ms))
    assert (fewest.command, "what else uses its token" in fewest.fix) == ("", True)
    (stopped,) = issues(replace(closed(closed_until_ms=until_ms), pixel=replace(ROW, stopped=Stopped(1, "ada", ""))))
    assert stopped.check == "stopped"


def test_where_tiktok_takes_none_for_any_pixel_those_say_so_that_have_something_waiting():
    (issue,) = issues(closed(all_closed_until_ms=NOW_MS + 300_000))
    assert "no requests for any pixel until" in issue.what
    assert ("TWINBEAM_REQUESTS_PER_SECOND" in issue.fix, issue.command) == (True, "")
    assert issues(closed(n=0, all_closed_until_ms=NOW_MS + 300_000)) == []


@pytest.mark.parametrize("code", [0, 40002, 40105, 40131, 50001])
def test_an_answer_that_is_described_is_no_unknown_one(code):
    answer = LastAnswer(WORKSPACE, PIXEL, NOW_MS, code, "said")
    assert "answer_unknown" not in {it.check for it in issues(replace(HEALTHY, answer=answer))}


def test_an_answer_that_nobody_has_described_is_an_alarm_with_tiktoks_words():
    (issue,) = issues(replace(HEALTHY, answer=LastAnswer(WORKSPACE, PIXEL, NOW_MS, 77_777, "Unheard of.")))
    assert (issue.check, issue.is_alarm) == ("answer_unknown", True)
    assert "77777 Unheard of. Conversions waiting" in issue.what
