"""What is found out of pixels for the checks, over a real store."""

from contextlib import closing

import pytest
from msgspec.structs import replace

from builders import PIXEL, WORKSPACE
from showroom import Showroom, bought, seen_in_browser
from twinbeam.admin.evidence import find_evidence
from twinbeam.admin.issues import all_facts
from twinbeam.checks.listing import issues
from twinbeam.core.clock import MS_PER_DAY, day_of
from twinbeam.core.pixel_counts import ToMend
from twinbeam.core.values import Decision, Permission
from twinbeam.pipeline.accept.directory import place
from twinbeam.web.weeks import weeks_now

CRM = "C0CRMSETOFTHESHOP001"


@pytest.fixture
def room(tmp_path):
    with closing(Showroom(tmp_path / "data")) as room:
        room.add_pixel()
        yield room


def weeks(room):
    return weeks_now(room.reader, room.clock.now_ms()).pixels


def found(room, rejected=None):
    """Give the evidence of each pixel that has some, by its code."""
    its = find_evidence(room.reader, weeks(room), rejected or {}, room.clock.now_ms())
    return {it.pixel: it for it in its}


def crm_is_silent(room):
    facts = all_facts(room.reader, weeks(room), room.clock.now_ms())
    return {it.pixel.code: it.crm_silent for it in facts}[PIXEL]


def test_what_was_rejected_within_the_week_is_added_up_by_code_also_where_nothing_was_taken(room):
    today = day_of(room.clock.now_ms())
    told = {f"{today}/no_route": 2, f"{today - 6}/no_route": 3, f"{today - 7}/no_route": 9, f"{today}/wrong_type": 1}
    (evidence,) = found(room, {place(WORKSPACE, PIXEL): told}).values()
    assert (evidence.workspace, evidence.pixel) == (WORKSPACE, PIXEL)
    assert evidence.rejected == {"no_route": 5, "wrong_type": 1}
    room.record(bought("1"))
    (again,) = found(room, {place(WORKSPACE, PIXEL): told}).values()
    assert again.rejected == evidence.rejected


def test_what_was_rejected_earlier_alone_is_none(room):
    assert found(room, {place(WORKSPACE, PIXEL): {f"{day_of(room.clock.now_ms()) - 7}/no_route": 9}}) == {}


def test_what_expired_seven_days_after_it_came_is_told_though_its_week_is_over(room):
    room.record(bought("1"))
    room.clock.advance(ms=7 * MS_PER_DAY + 60_000)
    assert found(room) == {}
    room.store.end_stale(room.clock.now_ms(), limit=9)
    evidence = found(room)[PIXEL]
    assert (evidence.expired, evidence.of_state("expired").worth) == ({"too_old": 1}, {"EUR": 2_050})
    room.store.issues.keep_evidence([evidence])
    (facts,) = all_facts(room.reader, weeks(room), room.clock.now_ms())
    assert "Expired unsent in the last 14 days: 1." in [it.what for it in issues(facts)]


def test_notices_are_told_by_side_and_end_with_their_week(room):
    room.record(replace(bought("1"), told=["user.email", "email_invalid"]))
    room.record(replace(seen_in_browser("2", spelling="CompletePayment"), told=["", "connection_not_public"]))
    told = {ToMend.EMAIL_INVALID: (0, 1), ToMend.ADDRESS_PRIVATE: (1, 0), ToMend.OLD_NAME: (1, 0)}
    assert found(room)[PIXEL].to_mend == told
    room.clock.advance(ms=7 * MS_PER_DAY)
    room.record(bought("3", received_ms=room.clock.now_ms()))
    assert found(room)[PIXEL].to_mend == {}


def test_product_ids_and_the_browser_id_are_counted_of_what_tiktok_accepted(room):
    hat = {"event": "ViewContent", "properties": {"contents": [{"content_id": "hat"}]}}
    room.record(bought("1", **hat), bought("2", event="ViewContent"), seen_in_browser("4", **hat))
    room.record(seen_in_browser("3", event="ViewContent", user={"ttp": "t"}))
    room.clock.advance(seconds=20)
    room.deliver()
    room.look_at_delivered()
    evidence = found(room)[PIXEL]
    assert evidence.content_ids == {"ViewContent": (2, 4)}
    assert evidence.browser_id == (1, 2)


def test_what_consent_let_go_without_identifiers_is_known_and_missed_by_no_check(room):
    bare = Permission(Decision.ALLOWED, "", bare=True)
    room.record(*(seen_in_browser(str(n), permission=bare, user={"ip": "203.0.113.9", "ttp": "t"}) for n in range(90)))
    room.record(*(seen_in_browser(f"whole {n}", user={"ip": "203.0.113.9", "ttp": "t"}) for n in range(10)))
    room.clock.advance(seconds=20)
    room.deliver()
    evidence = found(room)[PIXEL]
    assert (evidence.keyless, evidence.browser_id) == ({"": 90, "Purchase": 90}, (10, 10))
    room.store.issues.keep_evidence([evidence])
    (facts,) = all_facts(room.reader, weeks(room), room.clock.now_ms())
    assert (facts.accepted, facts.identifiable(), facts.identifiable("Purchase", "Lead")) == (100, 10, 10)
    missed = {"ip_missing", "match_keys_missing", "cookies_missing"}
    assert not missed & {it.check for it in issues(facts)}


def test_a_crm_is_expected_a_week_after_somebody_made_its_event_set(room):
    assert not crm_is_silent(room)
    room.add_pixel(CRM, event_source="crm")
    assert not crm_is_silent(room)
    room.clock.advance(ms=7 * MS_PER_DAY)
    assert crm_is_silent(room)
    room.record(bought("1", pixel=CRM, event_source="crm", event="Lead", received_ms=room.clock.now_ms()))
    assert not crm_is_silent(room)
