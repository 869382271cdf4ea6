"""The dialects of consent: what banners and tag managers write, and what it means to us."""

import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import NOW_MS, NOW_S
from twinbeam.core.values import Item, Rejected
from twinbeam.pipeline.accept.codes import Remark
from twinbeam.sources import events_v1, iab, strict
from twinbeam.sources.consent_dialects import plain_consent

VECTORS = json.loads((Path(__file__).parents[2] / "spec" / "consent.json").read_text(encoding="utf-8"))["vectors"]
ANSWERS = ("ad_storage", "ad_user_data", "ad_personalization", "opt_out")
GRANTED = {"ad_storage": "granted", "ad_user_data": "granted"}


def read(**event):
    """Read one event; gives it with its notices."""
    usual = {"event": "Purchase", "event_time": NOW_S, "event_id": "e-1"}
    reading = events_v1.read(json.dumps({"events": [usual | event]}).encode())
    (item,) = reading.items
    return item, [(notice.field, notice.code) for notice in reading.notices]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: json.dumps(vector["written"])[:60])
def test_every_vector_is_read_as_it_says(vector):
    plain = plain_consent(vector["written"])
    assert {name: plain.members[name] for name in ANSWERS if name in plain.members} == vector["means"], vector["why"]
    item, _ = read(consent=vector["written"])
    assert isinstance(item, Item)
    assert {name: getattr(item.consent, name) for name in vector["means"]} == vector["means"]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: json.dumps(vector["written"])[:60])
def test_what_cannot_be_read_is_told_and_what_was_understood_too(vector):
    if not vector["written"] or vector["written"] in ({"marketing": ""}, {"ad_storage": None, "ad_user_data": ""}):
        return
    codes = {remark.code for remark in plain_consent(vector["written"]).remarks}
    assert (Remark.CONSENT_UNREADABLE in codes) is ("undecided" in vector["means"].values())
    assert codes, "another dialect is never taken in silence"


def test_our_own_words_are_taken_without_remark_in_either_path():
    said = {**GRANTED, "ad_personalization": "denied", "opt_out": True, "at": NOW_S, "region": "US-CA", "source": "b"}
    assert read(consent={**said, "evidence": "x"}) == read(consent={**said, "evidence": "x"}, stage=None)
    plain = plain_consent(said)
    assert (plain.members, plain.remarks) == (said, [])


@pytest.mark.parametrize(
    ("beside", "kept", "code"),
    [
        ({"region": "US_CA"}, {"region": "US-CA"}, "region_understood"),
        ({"region": "USA"}, {"region": "US"}, "region_understood"),
        ({"country": "de"}, {"region": "DE"}, "region_understood"),
        ({"region": "T1"}, {"region": None}, "region_unknown"),
        ({"region": ""}, {"region": None}, "region_unknown"),
        ({"region": 49}, {"region": None}, "region_unknown"),
        ({"region": ["DE"]}, {"region": None}, "region_unknown"),
        ({"region": "D" * 5_000}, {"region": None}, "region_unknown"),
        ({"at": NOW_MS}, {"at": NOW_S}, "consent_understood"),
        ({"timestamp": "2026-09-21T14:13:20Z"}, {"at": NOW_S}, "consent_understood"),
        ({"at": "soon"}, {"at": None}, "consent_part_ignored"),
        ({"at": -5}, {"at": None}, "consent_part_ignored"),
        ({"at": True}, {"at": None}, "consent_part_ignored"),
        ({"source": "x" * 65}, {"source": None}, "consent_part_ignored"),
        ({"source": 5}, {"source": None}, "consent_part_ignored"),
        ({"evidence": 5}, {"evidence": None}, "consent_part_ignored"),
    ],
)
def test_what_is_said_beside_the_answers_never_refuses_the_event(beside, kept, code):
    item, notices = read(consent={**GRANTED, **beside})
    assert not isinstance(item, Rejected)
    assert {name: getattr(item.consent, name) for name in kept} == kept
    assert (item.consent.ad_storage, item.consent.ad_user_data) == ("granted", "granted")
    assert notices == [(f"events[0].consent.{next(iter(beside))}", code)]


def test_evidence_that_is_too_long_is_kept_by_its_hash():
    one, again, other = (read(consent={"evidence": text * 300})[0].consent.evidence for text in ("x", "x", "y"))
    assert one == again != other
    assert len(one) == 64


def test_consent_that_stands_beside_the_consent_of_an_event_is_heard():
    item, notices = read(gcs="G100", consent={"ad_user_data": "granted"})
    assert (item.consent.ad_storage, item.consent.ad_user_data) == ("denied", "granted")
    assert notices == [("events[0].gcs", "consent_understood")]
    assert read(ad_storage="denied")[0].consent.ad_storage == "denied"
    assert read(tcString="?", consent="granted")[0].consent.ad_storage == "undecided"
    assert read(consent_mode={"ad_storage": "denied"})[0].consent.ad_storage == "denied"
    assert read(marketingConsent=False)[0].consent.ad_user_data == "denied"
    assert read(opt_out=True)[0].consent.opt_out is True
    assert read(some_consent_of_ours="?")[0].consent.ad_storage == "undecided"
    assert read(consent_receipt="r", visitor_id="v", stranger=1)[0].consent.ad_storage is None


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ({"limited_data_use": True}, True),
        ({"limited_data_use": "true"}, True),
        ({"limited_data_use": 1}, True),
        ({"limited_data_use": "perhaps"}, True),
        ({"limited_data_use": 0}, False),
        ({"limited_data_use": None}, False),
        ({"limitedDataUse": True}, True),
        ({"limited-data-use": "no"}, False),
        ({"data_processing_options": ["LDU"]}, True),
        ({"data_processing_options": []}, False),
        ({"limited_data_use": False, "limitedDataUse": True}, True),
    ],
)
def test_a_wish_for_limited_data_use_is_heard_in_any_spelling(said, asked):
    item, notices = read(**said)
    assert item.limited_data_use is asked
    assert {code for _, code in notices} <= {"field_mapped"}
    ours = len(said) == 1 and isinstance(said.get("limited_data_use", 0), bool | None)
    assert bool(notices) is not ours


def test_no_answer_is_made_of_more_members_than_anybody_needs():
    many = {f"m{number}": "x" for number in range(150)}
    assert plain_consent({**many, **GRANTED}).members == {"ad_storage": "undecided", "ad_user_data": "undecided"}
    assert plain_consent({**GRANTED, **many}).members == GRANTED


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.sampled_from(["G100", "1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)
MEMBERS = st.sampled_from(
    sorted({name for vector in VECTORS if isinstance(vector["written"], dict) for name in vector["written"]})
)
NEARLY = st.dictionaries(MEMBERS | st.sampled_from(["at", "region", "source", "evidence"]), ANYTHING, max_size=5)


@given(ANYTHING | NEARLY)
def test_whatever_stands_there_becomes_consent_that_is_taken(written):
    plain = plain_consent(written)
    consent = msgspec.convert(plain.members, strict.Consent)
    assert plain_consent(plain.members).members == plain.members
    if consent.region is None or not plain.remarks:
        assert [remark.code for remark in plain_consent(plain.members).remarks] == []


@given(NEARLY, st.sampled_from(["ad_storage", "adStorage", "gcs", "marketing"]))
def test_no_member_takes_back_the_refusal_of_another(written, name):
    refusal = {"gcs": "G100"}.get(name, "denied")
    assert plain_consent({**written, name: refusal}).members["ad_storage"] == "denied"


@given(st.text(), st.text(alphabet="ABCDZabcz019-_~.", max_size=80))
def test_no_text_breaks_the_readers_of_strings(anything, nearly):
    for text in (anything, nearly, f"D{nearly}", f"C{nearly}", f"DBABLA~{nearly}"):
        for reader in (iab.tcf, iab.gpp):
            found = reader(text)
            assert set(found.answers.values()) <= {"granted", "denied"}


def test_a_string_of_any_length_costs_little():
    header = "DBABMA~"
    for text in ("C" * 1_000_000, header + "C" * 1_000_000, "D" * 1_000_000, "~" * 1_000_000):
        assert iab.gpp(text).answers == {} or iab.tcf(text)
