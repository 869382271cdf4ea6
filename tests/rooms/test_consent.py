"""Room 2: whose permission is needed where, and what a partial one does."""

from itertools import product

import msgspec
import pytest
from msgspec.structs import replace

from builders import NOW_MS, NOW_S, an_arrival, an_item
from twinbeam.core.consent import (
    ADDRESS,
    BANNER,
    EDGE,
    NOTHING_SAID,
    NOWHERE,
    ConsentRecord,
    DatedAnswer,
    Region,
    latest,
)
from twinbeam.core.outcomes import Reason
from twinbeam.core.places import place_of
from twinbeam.core.rules import ConsentRules, PixelRules
from twinbeam.core.values import Channel, Decision, Permission
from twinbeam.pipeline.consent.gate import gate, judge
from twinbeam.pipeline.consent.records import record_of
from twinbeam.pipeline.consent.regions import JURISDICTIONS, law_at

WORDS = {"granted": "granted", "denied": "denied", "-": ""}

#: ad_storage, ad_user_data, then the decision for ad_personalization granted, denied and not said.
#: A: allowed, B: allowed without identifiers, U: undecided, b: undecided likewise, D: dropped.
SILENCE_IS_PERMISSION = """
    granted granted  A B A
    granted denied   D D D
    granted -        A B A
    denied  granted  D D D
    denied  denied   D D D
    denied  -        D D D
    -       granted  A B A
    -       denied   D D D
    -       -        A B A
"""
TRUTH = {
    "opt_in": """
        granted granted  A B A
        granted denied   D D D
        granted -        U b U
        denied  granted  D D D
        denied  denied   D D D
        denied  -        D D D
        -       granted  U b U
        -       denied   D D D
        -       -        U b U
    """,
    "opt_out": SILENCE_IS_PERMISSION,
    "not_required": SILENCE_IS_PERMISSION,
}
MEANING = {
    "A": (Decision.ALLOWED, False, False),
    "L": (Decision.ALLOWED, True, False),
    "B": (Decision.ALLOWED, False, True),
    "U": (Decision.UNDECIDED, False, False),
    "b": (Decision.UNDECIDED, False, True),
    "D": (Decision.DROPPED, False, False),
}
SPOKEN = ("ad_storage", "ad_user_data", "ad_personalization", "opt_out")
GRANTED = {"ad_storage": "granted", "ad_user_data": "granted"}


def a_record(region="", **answers):
    """A record of these answers, all of one moment, in a place that a banner named."""
    spoken = {purpose: DatedAnswer(1, answer) for purpose, answer in answers.items() if answer}
    return ConsentRecord(**spoken, region=Region(region, 0) if region else NOWHERE)


def under(law, **rules):
    return ConsentRules(regions={"XA": law}, **rules)


def meaning_of(permission):
    return permission.decision, permission.limited, permission.bare


def cells():
    for law, table in TRUTH.items():
        for row in filter(None, map(str.split, table.splitlines())):
            storage, user_data, *answers = row
            for personal, answer in zip(WORDS, answers, strict=True):
                yield law, WORDS[storage], WORDS[user_data], WORDS[personal], answer


def test_the_truth_table_holds_every_cell_once():
    assert len({cell[:4] for cell in cells()}) == 3 * 3 * 3 * 3


@pytest.mark.parametrize(("law", "storage", "user_data", "personal", "letter"), list(cells()))
def test_every_cell_is_judged_as_the_table_says(law, storage, user_data, personal, letter):
    said = a_record("XA", ad_storage=storage, ad_user_data=user_data, ad_personalization=personal)
    permission = judge(under(law), said, "web")
    assert meaning_of(permission) == MEANING[letter]
    assert permission.reason is (Reason.NO_CONSENT if letter == "D" else None)


#: What is refused, the owner's decision, and the meaning where the law is opt_in, opt_out and not_required.
PARTIAL = [
    ({"ad_storage": "denied"}, {}, "DDD"),
    ({"ad_storage": "denied"}, {"user_data_denied": "strip"}, "DDD"),
    ({"ad_user_data": "denied"}, {"user_data_denied": "drop"}, "DDD"),
    ({"ad_user_data": "denied"}, {"user_data_denied": "strip"}, "BBB"),
    ({"ad_user_data": "denied", "ad_storage": ""}, {"user_data_denied": "strip"}, "bBB"),
    ({"ad_user_data": "denied", "ad_storage": "denied"}, {"user_data_denied": "strip"}, "DDD"),
    ({"ad_user_data": "denied", "ad_personalization": "denied"}, {"user_data_denied": "strip"}, "BBB"),
    ({"ad_personalization": "denied"}, {"personalization_denied": "limit"}, "BBB"),
    ({"ad_personalization": "denied"}, {"personalization_denied": "drop"}, "DDD"),
    ({"ad_personalization": "denied"}, {"opted_out": "drop"}, "BBB"),
    ({"opt_out": "denied"}, {"opted_out": "limit"}, "BBB"),
    ({"opt_out": "denied"}, {"opted_out": "drop"}, "BDB"),
    ({"opt_out": "denied"}, {"personalization_denied": "drop"}, "DBD"),
    ({"opt_out": "denied", "ad_personalization": "granted"}, {}, "BBB"),
    ({"opt_out": "denied", "ad_storage": ""}, {}, "bBB"),
    ({"opt_out": "granted"}, {"opted_out": "drop", "personalization_denied": "drop"}, "AAA"),
]


@pytest.mark.parametrize(("refused", "rules", "letters"), PARTIAL)
def test_a_partial_refusal_does_what_the_owner_decided(refused, rules, letters):
    said = a_record("XA", **GRANTED | refused)
    found = [meaning_of(judge(under(law, **rules), said, "web")) for law in TRUTH]
    assert found == [MEANING[letter] for letter in letters]


@pytest.mark.parametrize("policy", ["require", "not_required", "by_region"])
@pytest.mark.parametrize("purpose", ["ad_storage", "ad_user_data"])
def test_a_spoken_refusal_of_what_is_needed_counts_under_every_policy(policy, purpose):
    permission = judge(ConsentRules(policy=policy), a_record("US", **GRANTED | {purpose: "denied"}), "web")
    assert (permission.decision, permission.reason) == (Decision.DROPPED, Reason.NO_CONSENT)


def test_every_record_that_lacks_a_needed_grant_fails_closed_where_the_law_is_opt_in():
    for answers in product(WORDS.values(), repeat=4):
        said = a_record("DE", **dict(zip(SPOKEN, answers, strict=True)))
        allowed = judge(ConsentRules(), said, "web").decision is Decision.ALLOWED
        assert allowed is (answers[:2] == ("granted", "granted"))


@pytest.mark.parametrize(
    ("rules", "place", "law"),
    [
        ({}, "DE", "opt_in"),
        ({}, "GB", "opt_in"),
        ({}, "CH", "opt_in"),
        ({}, "NO", "opt_in"),
        ({}, "US", "opt_out"),
        ({}, "US-CA", "opt_out"),
        ({}, "AQ", "opt_in"),
        ({}, "", "opt_in"),
        ({"US": "opt_in"}, "US-CA", "opt_in"),
        ({"US": "opt_in", "US-CA": "not_required"}, "US-CA", "not_required"),
        ({"US-CA": "opt_in"}, "US-TX", "opt_out"),
        ({"JP": "not_required"}, "JP", "not_required"),
        ({"JP": "not_required"}, "JP-13", "not_required"),
        ({"JP": "not_required"}, "", "opt_in"),
        ({}, "AU", "opt_out"),
        ({}, "NZ", "opt_out"),
        ({}, "JP", "opt_in"),
        *(({}, code, "opt_out") for code in ("PR", "GU", "VI", "AS", "MP")),
        ({}, "CA-QC", "opt_in"),
        ({}, "CA-ON", "opt_in"),
        ({"CA": "opt_out"}, "CA-ON", "opt_out"),
        ({"CA": "opt_out"}, "CA-QC", "opt_in"),
        ({"CA": "opt_out", "CA-QC": "opt_out"}, "CA-QC", "opt_out"),
    ],
)
def test_the_law_of_a_place_is_the_owners_word_then_the_table_then_opt_in(rules, place, law):
    assert law_at(rules, place) == law
    silent = judge(ConsentRules(regions=rules), a_record(place), "web")
    assert silent.decision is (Decision.UNDECIDED if law == "opt_in" else Decision.ALLOWED)


@pytest.mark.parametrize("code", ["us", "USA", "US-", "us-CA", "California", ""])
def test_an_owners_word_on_a_place_that_no_visitor_can_be_in_is_refused(code):
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(msgspec.json.encode({"regions": {code: "opt_in"}}), type=ConsentRules)


def test_no_place_stands_in_the_table_twice():
    codes = [code for each in JURISDICTIONS.values() for code in each.codes.split()]
    assert len(codes) == len(set(codes))


def test_every_place_of_the_table_exists_and_has_its_source():
    for each in JURISDICTIONS.values():
        assert all(place_of(code) == code for code in each.codes.split())
        assert each.source


def test_all_of_the_european_union_is_listed():
    assert len(JURISDICTIONS["European Union"].codes.split()) == 27


@pytest.mark.parametrize(
    ("rules", "region", "said", "basis"),
    [
        ({"policy": "require"}, "US", GRANTED, "ad_storage=granted, ad_user_data=granted"),
        (
            {"policy": "require"},
            "US",
            GRANTED | {"ad_personalization": "denied"},
            "ad_storage=granted, ad_user_data=granted, ad_personalization=denied",
        ),
        ({"policy": "require"}, "US", {"ad_storage": "granted"}, "ad_user_data=unsaid"),
        ({"policy": "require"}, "US", {}, "ad_storage=unsaid, ad_user_data=unsaid"),
        ({"policy": "require"}, "US", {"ad_storage": "denied"}, "ad_storage=denied"),
        (
            {"policy": "not_required"},
            "DE",
            {"ad_storage": "denied", "ad_user_data": "denied"},
            "ad_storage=denied, ad_user_data=denied",
        ),
        ({"policy": "not_required"}, "DE", {}, "policy=not_required"),
        ({}, "DE", {}, "ad_storage=unsaid, ad_user_data=unsaid, law=opt_in, region=DE"),
        ({}, "", {}, "ad_storage=unsaid, ad_user_data=unsaid, law=opt_in, region=unknown"),
        ({}, "US-CA", {}, "law=opt_out, region=US-CA"),
        ({}, "US", {"opt_out": "denied"}, "law=opt_out, region=US, opt_out=denied"),
        ({"opted_out": "drop"}, "US", {"opt_out": "denied"}, "opt_out=denied, law=opt_out, region=US"),
        ({}, "DE", GRANTED, "ad_storage=granted, ad_user_data=granted"),
        (
            {"user_data_denied": "strip"},
            "DE",
            {"ad_storage": "granted", "ad_user_data": "denied"},
            "ad_storage=granted, ad_user_data=denied",
        ),
    ],
)
def test_the_basis_names_what_the_decision_rests_on(rules, region, said, basis):
    assert judge(ConsentRules(**rules), a_record(region, **said), "web").basis == basis


GRANTED_BUT_PERSONAL = GRANTED | {"ad_personalization": "denied"}
OPTED_OUT = {"opt_out": "denied"}


@pytest.mark.parametrize("refused", [GRANTED_BUT_PERSONAL, GRANTED | OPTED_OUT])
@pytest.mark.parametrize(
    ("place", "seen", "acts"),
    [
        ("US-CA", "", True),
        ("US-VA", "US", True),
        ("US-CO", "US-CO", True),
        ("US-CT", "", True),
        ("US-UT", "", True),
        ("US-TX", "", False),
        ("US", "", False),
        ("US-CA", "DE", False),
        ("US-CA", "US-TX", False),
        ("DE", "", False),
        ("", "", False),
        ("", "US", False),
    ],
)
def test_a_refusal_of_personal_use_limits_where_tiktok_acts_on_it_and_bares_elsewhere(refused, place, seen, acts):
    said = replace(a_record(place, **refused), seen=Region(seen, EDGE) if seen else NOWHERE)
    permission = judge(ConsentRules(), said, "web")
    assert meaning_of(permission) == (Decision.ALLOWED, acts, not acts)


@pytest.mark.parametrize("place", ["US-CA", "US", "DE"])
@pytest.mark.parametrize("refused", [GRANTED_BUT_PERSONAL, GRANTED | OPTED_OUT])
def test_a_refusal_of_personal_use_bares_an_offline_event_and_drops_one_of_the_crm(place, refused):
    said = a_record(place, **refused)
    assert meaning_of(judge(ConsentRules(), said, "offline")) == (Decision.ALLOWED, False, True)
    dropped = judge(ConsentRules(), said, "crm")
    assert (dropped.decision, dropped.reason) == (Decision.DROPPED, Reason.NO_CONSENT)
    assert "event_source=crm" in dropped.basis


def test_a_crm_event_is_never_bared_whatever_was_refused():
    rules = ConsentRules(policy="not_required", user_data_denied="strip")
    assert judge(rules, a_record(ad_user_data="denied"), "crm").decision is Decision.DROPPED
    assert judge(rules, a_record(ad_user_data="denied"), "offline").bare


@pytest.mark.parametrize(
    ("event_source", "meaning"),
    [
        ("web", (Decision.ALLOWED, True, False)),
        ("offline", (Decision.ALLOWED, False, True)),
        ("crm", (Decision.DROPPED, False, False)),
    ],
)
def test_an_events_own_limited_data_use_does_what_its_source_can(event_source, meaning):
    arrival = an_arrival(event_source=event_source, limited_data_use=True)
    assert meaning_of(gate(arrival)[0]) == meaning
    refused = gate(an_arrival(event_source=event_source, limited_data_use=True, ad_storage="denied"))[0]
    assert refused.decision is Decision.DROPPED


@pytest.mark.parametrize("purpose", SPOKEN)
@pytest.mark.parametrize("place", ["DE", "US", "US-CA", ""])
@pytest.mark.parametrize("policy", ["by_region", "require", "not_required"])
def test_a_word_that_nobody_could_read_permits_nothing_under_any_law(purpose, place, policy):
    said = a_record(place, **GRANTED | {purpose: "undecided"})
    permission = judge(ConsentRules(policy=policy), said, "web")
    assert permission.decision is Decision.UNDECIDED
    assert f"{purpose}=undecided" in permission.basis
    assert judge(ConsentRules(), a_record(place, ad_storage="denied", ad_user_data="undecided"), "web").reason


@pytest.mark.parametrize(
    ("stated", "seen", "law", "region"),
    [
        (Region("US", BANNER), "DE", "opt_in", "DE"),
        (Region("DE", BANNER), "US", "opt_in", "DE"),
        (Region("US-CA", BANNER), "US", "opt_out", "US-CA"),
        (Region("US", BANNER), "", "opt_out", "US"),
        (NOWHERE, "US", "opt_out", "US"),
        (NOWHERE, "DE", "opt_in", "DE"),
        (Region("DE", ADDRESS), "US", "opt_out", "US"),
        (Region("US", ADDRESS), "DE", "opt_in", "DE"),
        (Region("US", ADDRESS), "", "opt_out", "US"),
    ],
)
def test_the_stricter_of_the_banners_place_and_the_networks_counts_unless_all_is_granted(stated, seen, law, region):
    silent = ConsentRecord(region=stated, seen=Region(seen, EDGE) if seen else NOWHERE)
    permission = judge(ConsentRules(), silent, "web")
    assert permission.basis.endswith(f"law={law}, region={region}")
    assert permission.decision is (Decision.ALLOWED if law == "opt_out" else Decision.UNDECIDED)
    granted = replace(silent, ad_storage=DatedAnswer(1, "granted"), ad_user_data=DatedAnswer(1, "granted"))
    assert judge(ConsentRules(), granted, "web").decision is Decision.ALLOWED


def test_of_two_places_whose_network_saw_different_countries_none_is_known():
    one, other = (ConsentRecord(region=Region("US", BANNER), seen=Region(code, EDGE)) for code in ("US", "CA"))
    assert judge(ConsentRules(), latest(one, other), "web").decision is Decision.UNDECIDED


def test_an_arrival_that_ends_is_dropped_for_that_reason_whatever_was_said():
    for said, teaches in ((GRANTED, True), ({"ad_storage": "denied"}, False)):
        permission, record = gate(replace(an_arrival(**said), drop_reason=Reason.LEFT_TO_BROWSER))
        ended = Permission(Decision.DROPPED, "ends=left_to_browser", Reason.LEFT_TO_BROWSER, teaches=teaches)
        assert permission == ended
        assert record.ad_storage.answer == said["ad_storage"]


def test_the_rules_of_the_pixel_are_those_that_count():
    arrival = an_arrival(ad_storage=None, ad_user_data=None)
    assert gate(arrival)[0].decision is Decision.UNDECIDED
    free = PixelRules(consent=ConsentRules(policy="not_required"))
    assert gate(replace(arrival, rules=free))[0].decision is Decision.ALLOWED


def test_a_receipt_speaks_where_the_event_is_silent_and_the_later_word_wins():
    silent = an_arrival(ad_storage=None, ad_user_data=None)
    earlier = a_record(**GRANTED)
    assert gate(silent, earlier)[0].decision is Decision.ALLOWED
    refusing = an_arrival(ad_storage="denied")
    assert gate(refusing, earlier)[0].decision is Decision.DROPPED
    later = replace(earlier, ad_storage=DatedAnswer(NOW_MS + 1, "denied"))
    assert gate(an_arrival(), later)[0].decision is Decision.DROPPED


@pytest.mark.parametrize("opted_out", ["drop", "limit"])
def test_the_browsers_opt_out_is_said_now_however_old_the_banners_answer_is(opted_out):
    days = 86_400
    arrival = an_arrival(
        event="ViewContent",
        channel=Channel.BROWSER,
        privacy_control=True,
        region="US",
        at=NOW_S - 30 * days,
        rules=PixelRules(consent=ConsentRules(opted_out=opted_out)),
    )
    visit = ConsentRecord(opt_out=DatedAnswer((NOW_S - 10 * days) * 1_000, "granted"))
    permission, record = gate(arrival, visit)
    assert record.opt_out == DatedAnswer(NOW_MS, "denied")
    assert record.ad_storage.at_ms == (NOW_S - 30 * days) * 1_000
    assert permission.bare is (opted_out == "limit")
    assert permission.decision is (Decision.DROPPED if opted_out == "drop" else Decision.ALLOWED)


class TestRecord:
    """What is kept of what an event says."""

    def test_a_word_of_the_browser_without_its_own_time_was_said_with_the_request(self):
        for answer in ("granted", "denied"):
            said = an_arrival(channel=Channel.BROWSER, ad_storage=answer)
            assert record_of(said).ad_storage == DatedAnswer(NOW_MS, answer)

    def test_a_grant_that_waited_in_the_browser_is_as_old_as_its_event_and_a_refusal_is_not(self):
        waited = {"channel": Channel.BROWSER, "age_ms": 90_500}
        assert record_of(an_arrival(**waited)).ad_storage == DatedAnswer(NOW_MS - 90_500, "granted")
        assert record_of(an_arrival(**waited, ad_storage="denied")).ad_storage == DatedAnswer(NOW_MS, "denied")

    def test_a_grant_of_a_server_without_its_own_time_is_older_than_any_other_word(self):
        record = record_of(an_arrival())
        assert record.ad_storage == DatedAnswer(0, "granted")
        for said in (DatedAnswer(1, "denied"), DatedAnswer(1, "undecided"), DatedAnswer(0, "denied")):
            assert latest(record, ConsentRecord(ad_storage=said)).ad_storage == said

    def test_a_refusal_of_a_server_without_its_own_time_is_as_old_as_the_event(self):
        assert record_of(an_arrival(ad_storage="denied")).ad_storage == DatedAnswer((NOW_S - 5) * 1_000 + 999, "denied")
        assert record_of(an_arrival(opt_out=True)).opt_out == DatedAnswer((NOW_S - 5) * 1_000 + 999, "denied")

    def test_of_one_second_a_refusal_is_later_than_a_grant(self):
        refused = record_of(an_arrival(ad_storage="denied", ad_user_data="denied", at=NOW_S - 5))
        within = DatedAnswer((NOW_S - 5) * 1_000 + 400, "granted")
        assert latest(refused, ConsentRecord(within, within)).ad_storage.answer == "denied"

    def test_a_word_with_its_own_time_keeps_it(self):
        for channel in (Channel.BROWSER, Channel.SERVER):
            said = an_arrival(at=NOW_S - 900, channel=channel)
            assert record_of(said).ad_storage.at_ms == (NOW_S - 900) * 1_000

    def test_no_word_is_later_than_the_request_that_brought_it(self):
        assert record_of(an_arrival(at=NOW_S + 9_999)).ad_storage.at_ms == NOW_MS
        assert record_of(an_arrival(event_time=NOW_S + 600, ad_storage="denied")).ad_storage.at_ms == NOW_MS

    def test_silence_has_no_time(self):
        silent = an_arrival(an_item(ad_storage=None, ad_user_data=None, source=None))
        assert record_of(silent) == NOTHING_SAID

    @pytest.mark.parametrize(
        ("header", "said", "answer"),
        [
            (True, None, "denied"),
            (True, False, "denied"),
            (False, True, "denied"),
            (False, False, "granted"),
            (False, None, ""),
        ],
    )
    def test_an_opt_out_comes_from_the_browser_or_the_page_and_either_is_enough(self, header, said, answer):
        assert record_of(an_arrival(privacy_control=header, opt_out=said)).opt_out.answer == answer

    @pytest.mark.parametrize(
        ("banner", "country", "state", "region"),
        [
            ("de", "FR", None, Region("DE", BANNER)),
            ("us-ca", None, None, Region("US-CA", BANNER)),
            ("US_CA", None, None, Region("US-CA", BANNER)),
            ("USA", None, None, Region("US", BANNER)),
            ("XX", "FR", None, Region("FR", ADDRESS)),
            ("EN", None, None, NOWHERE),
            (None, "us", "ca", Region("US-CA", ADDRESS)),
            (None, "US", "US-CA", Region("US-CA", ADDRESS)),
            (None, "US", "California", Region("US", ADDRESS)),
            (None, "US", "New J", Region("US", ADDRESS)),
            (None, "UK", None, Region("GB", ADDRESS)),
            (None, "USA", "CA", Region("US-CA", ADDRESS)),
            (None, "Ruritania", None, NOWHERE),
            (None, None, "CA", NOWHERE),
        ],
    )
    def test_the_sender_says_the_place_by_its_banner_or_else_by_an_address(self, banner, country, state, region):
        arrival = an_arrival(region=banner, edge_country="FR", country=country, state=state)
        assert record_of(arrival).region == region

    @pytest.mark.parametrize(
        ("edge", "seen"), [("us", Region("US", EDGE)), ("XX", NOWHERE), ("T1", NOWHERE), (None, NOWHERE)]
    )
    def test_what_the_delivery_network_sees_is_kept_apart(self, edge, seen):
        assert record_of(an_arrival(region="DE", edge_country=edge)).seen == seen

    @pytest.mark.parametrize(
        "source", ["ada@shop.example", "+44 7911 123456", "447911123456", "x447911123456", "a.447-911.123-456", "a b"]
    )
    def test_what_a_sender_writes_freely_is_not_kept_where_it_could_name_a_person(self, source):
        permission, record = gate(an_arrival(an_item(source=source, evidence=source)))
        assert record.source == ""
        assert source not in repr((permission, record))

    @pytest.mark.parametrize("source", ["banner", "Cookiebot", "one_trust.v2", "tcf-2.2", "shopify:customer-privacy"])
    def test_the_name_of_a_banner_is_kept(self, source):
        assert record_of(an_arrival(an_item(source=source))).source == source

    def test_evidence_is_kept_as_a_hash_that_can_be_compared(self):
        one, again, other = (record_of(an_arrival(evidence=text)).evidence for text in ("CP1", "CP1", "CP2"))
        assert one == again != other
