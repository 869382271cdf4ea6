"""Joining what one visit said never depends on the order, and a later word or a refusal always wins."""

import json

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from door import House
from signals import a_signal
from twinbeam.core.consent import (
    ADDRESS,
    BANNER,
    EDGE,
    NOTHING_SAID,
    NOWHERE,
    SILENCE,
    ConsentRecord,
    DatedAnswer,
    Region,
    latest,
    same_answers,
)
from twinbeam.core.rules import ConsentRules, PixelRules
from twinbeam.core.values import Decision, Facts
from twinbeam.pipeline.consent.gate import judge
from twinbeam.pipeline.record.effective_consent import ConsentStatus, effective_consent_of
from twinbeam.pipeline.record.policy import Terms
from twinbeam.pipeline.record.visits import agree

MOMENTS = st.integers(0, 4)  # few, so that words of one moment are common
STATEMENTS = st.just(SILENCE) | st.builds(DatedAnswer, MOMENTS, st.sampled_from(["granted", "denied", "undecided"]))
PLACES = st.sampled_from(["DE", "US", "US-CA"])
REGIONS = st.just(NOWHERE) | st.builds(Region, PLACES, st.sampled_from([BANNER, ADDRESS]))
SEEN = st.just(NOWHERE) | st.builds(Region, PLACES, st.just(EDGE))
RECORDS = st.builds(
    ConsentRecord,
    STATEMENTS,
    STATEMENTS,
    STATEMENTS,
    STATEMENTS,
    REGIONS,
    st.sampled_from(["", "banner", "tag"]),
    st.sampled_from(["", "a1", "b2"]),
    SEEN,
)
RULES = st.builds(
    ConsentRules,
    st.sampled_from(["by_region", "require", "not_required"]),
    st.just({}) | st.just({"US": "opt_in", "DE": "opt_out"}),
    st.sampled_from(["drop", "strip"]),
    st.sampled_from(["limit", "drop"]),
    st.sampled_from(["limit", "drop"]),
)
#: What an arrival says, and what its visit has said: anything, or the same from another place.
MET = RECORDS.flatmap(
    lambda said: (
        st.tuples(st.just(said), RECORDS | REGIONS.map(lambda region: replace(said, region=region)))
        | st.tuples(st.just(said), SEEN.map(lambda seen: replace(said, seen=seen)))
    )
)
SPOKEN = ("ad_storage", "ad_user_data", "ad_personalization", "opt_out")


@given(RECORDS, RECORDS)
def test_joining_is_commutative(one, other):
    assert latest(one, other) == latest(other, one)


@given(RECORDS, RECORDS, RECORDS)
def test_joining_is_associative(one, two, three):
    assert latest(latest(one, two), three) == latest(one, latest(two, three))


@given(RECORDS, RECORDS)
def test_joining_is_idempotent(one, other):
    joined = latest(one, other)
    assert latest(one, one) == one
    assert latest(joined, one) == latest(joined, other) == joined


@given(RULES, MET)
def test_an_arrival_stands_where_all_that_its_visit_said_puts_it(rules, met):
    said, visit = met
    signal = a_signal("e-1", consent=said, permission=judge(rules, said, "web"))
    effective = effective_consent_of(signal, visit, Terms(PixelRules(consent=rules)), judge)
    expected = judge(rules, latest(said, visit), "web")
    if signal.permission.decision is Decision.DROPPED:
        assert effective.status is ConsentStatus.REFUSED
    else:
        told = (effective.basis, effective.reason, effective.limited, effective.bare)
        assert told == (expected.basis, expected.reason, expected.limited, expected.bare)
        assert (effective.status is ConsentStatus.REFUSED) == (expected.decision is Decision.DROPPED)
        assert (effective.status is ConsentStatus.ALLOWED) == (expected.decision is Decision.ALLOWED)


@given(RECORDS, RECORDS)
def test_a_visit_answers_as_the_join_of_all_that_it_said(known, said):
    agreed = agree(Facts(consent=known, ttclid="click"), said).consent
    assert same_answers(agreed, latest(known, said))


@given(RECORDS)
def test_silence_changes_nothing(record):
    joined = latest(record, NOTHING_SAID)
    assert [getattr(joined, name) for name in SPOKEN] == [getattr(record, name) for name in SPOKEN]
    assert (joined.region, joined.seen) == (record.region, record.seen)


@given(RECORDS, RECORDS)
def test_of_two_words_the_later_counts_and_in_one_moment_the_refusal(one, other):
    joined = latest(one, other)
    for name in SPOKEN:
        words = [word for word in (getattr(one, name), getattr(other, name)) if word.answer]
        newest = max((word.at_ms for word in words), default=0)
        answers = {word.answer for word in words if word.at_ms == newest}
        expected = next((answer for answer in ("denied", "undecided", "granted") if answer in answers), "")
        assert getattr(joined, name) == (DatedAnswer(newest, expected) if words else SILENCE)


@given(RULES, RECORDS)
def test_whatever_is_allowed_rests_on_no_refusal_of_what_is_needed(rules, record):
    permission = judge(rules, record, "web")
    if permission.decision is not Decision.DROPPED:
        assert record.ad_storage.answer != "denied"
        impersonal = "denied" in (record.ad_personalization.answer, record.opt_out.answer)
        assert (permission.limited or permission.bare) or not impersonal
        assert not (permission.limited and permission.bare)
        assert permission.bare or record.ad_user_data.answer != "denied"
        assert permission.bare or not impersonal or record.region.code == "US-CA" or record.seen.code == "US-CA"
        if permission.decision is Decision.ALLOWED:
            assert "undecided" not in [getattr(record, name).answer for name in SPOKEN]


@given(RULES, RECORDS, SEEN)
def test_what_the_network_sees_beside_the_banner_never_permits_more(rules, record, seen):
    banner = replace(record, region=Region(record.region.code, BANNER), seen=NOWHERE)
    order = [Decision.DROPPED, Decision.UNDECIDED, Decision.ALLOWED]
    before, after = judge(rules, banner, "web"), judge(rules, replace(banner, seen=seen), "web")
    assert order.index(after.decision) <= order.index(before.decision) or rules.opted_out == "drop"
    assert after.bare or not before.bare or after.decision is Decision.DROPPED


@given(RULES, RECORDS)
def test_offline_and_crm_events_are_permitted_no_more_than_those_of_the_web(rules, record):
    web, offline, crm = (judge(rules, record, source) for source in ("web", "offline", "crm"))
    assert offline.decision is web.decision
    assert (offline.limited, crm.limited, crm.bare) == (False, False, False)
    assert offline.bare or not (web.bare or web.limited)
    assert crm.decision is (Decision.DROPPED if offline.bare else offline.decision)


@given(RULES, RECORDS, st.sampled_from(SPOKEN))
def test_one_refusal_more_never_permits_more(rules, record, name):
    order = [Decision.DROPPED, Decision.UNDECIDED, Decision.ALLOWED]
    refusing = latest(record, ConsentRecord(**{name: DatedAnswer(9, "denied")}, region=record.region))
    before, after = judge(rules, record, "web"), judge(rules, refusing, "web")
    if name in ("ad_storage", "ad_user_data") and rules.user_data_denied == "drop":
        assert after.decision is Decision.DROPPED
    if name != "ad_user_data":
        assert order.index(after.decision) <= order.index(before.decision)


TEXTS = st.text(st.characters(exclude_categories=())) | st.sampled_from(["\0", "\ud83d", "granted", "denied", "DE"])
SCALARS = st.none() | st.booleans() | st.integers() | st.sampled_from([10**30, 1e308]) | TEXTS
NAMES = st.sampled_from([*SPOKEN, "at", "region", "source", "evidence", "visitor_id", "cart_token", "consent"]) | TEXTS
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=10
)
NEARLY = st.dictionaries(NAMES, ANYTHING, max_size=3).map(
    lambda changes: {"visitor_id": "ada", "consent": {"ad_storage": "denied"}} | changes
)


@given(st.lists(NEARLY | ANYTHING, min_size=1, max_size=4))
def test_whatever_is_stated_has_one_fate_and_is_never_our_fault(statements):
    house = House()
    answered = house.post(json.dumps({"statements": statements}).encode(), path="/v1/consent")
    assert answered.status < 500
    assert [served.surprise for served in house.served] == [""]
    if answered.status == 202:
        told = answered.json
        fates = sorted([it["index"] for it in told["rejected"]] + [it.index for it in house.corridor.arrivals])
        assert fates == list(range(len(statements)))
        assert told["accepted"] + len(told["rejected"]) == len(told["receipts"])


@given(st.binary(max_size=500))
def test_no_bytes_instead_of_statements_are_our_fault(body):
    house = House()
    assert house.post(body, path="/v1/consent").status < 500
    assert [served.surprise for served in house.served] == [""]
