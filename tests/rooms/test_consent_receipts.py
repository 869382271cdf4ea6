"""Receipts: what they carry, and that nothing but a whole, fresh receipt of this very place ever permits."""

import string
from base64 import urlsafe_b64decode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from builders import NOW_MS, an_arrival
from twinbeam.core.consent import SILENCE, ConsentRecord, DatedAnswer, Region
from twinbeam.core.keys import visit
from twinbeam.core.values import Decision, Notice
from twinbeam.engines.keyring import KeyRing
from twinbeam.pipeline.consent import receipts as room
from twinbeam.pipeline.consent.gate import gate
from twinbeam.pipeline.consent.receipts import LASTS_MS, NO_RECEIPT, PURPOSE, ReceiptContent, Receipts, Refusal

RECEIPTS = Receipts([b"k" * 32])
ADA, BOB = (visit("visitor", "default", name) for name in ("ada", "bob"))
GRANTED = DatedAnswer(NOW_MS - 1_000, "granted")
SAID = ConsentRecord(GRANTED, GRANTED, region=Region("DE", 0), source="banner")
RECEIPT = RECEIPTS.sign(SAID, ADA, "default", NOW_MS)
SILENT = {"ad_storage": None, "ad_user_data": None}
URL_SAFE = set(string.ascii_letters + string.digits + "-_.")

ANSWERS = st.just(SILENCE) | st.builds(DatedAnswer, st.integers(1, NOW_MS), st.sampled_from(["granted", "denied"]))
RECORDS = st.builds(ConsentRecord, ANSWERS, ANSWERS, ANSWERS, ANSWERS, st.just(Region("US-CA", 1)), st.just("b" * 64))


def verify(text, *, workspace="default", visitor=ADA, now_ms=NOW_MS, receipts=RECEIPTS):
    return receipts.verify(text, workspace, visitor, now_ms)


@given(RECORDS)
def test_a_receipt_says_what_was_said(record):
    assert verify(RECEIPTS.sign(record, ADA, "default", NOW_MS)) == record


@given(RECORDS)
def test_a_receipt_fits_metadata_and_urls(record):
    receipt = RECEIPTS.sign(record, ADA, "default", NOW_MS)
    assert len(receipt) <= 500
    assert set(receipt) <= URL_SAFE


def test_a_receipt_holds_no_token_no_evidence_and_no_name_of_a_workspace():
    visitor = visit("visitor", "client-of-ours", "visitor-7")
    receipt = RECEIPTS.sign(replace(SAID, evidence="evidence-hash"), visitor, "client-of-ours", NOW_MS)
    claims = urlsafe_b64decode(receipt.removeprefix("tbc1_").partition(".")[0] + "==")
    assert b"banner" in claims
    assert not any(secret in claims for secret in (b"visitor-7", b"client-of-ours", b"evidence-hash"))
    assert verify(receipt, workspace="client-of-ours", visitor=visitor) == SAID


@given(st.integers(0, len(RECEIPT) * 7 - 1))
def test_a_receipt_with_any_bit_flipped_says_nothing(bit):
    place, mask = bit // 7, 1 << bit % 7
    forged = RECEIPT[:place] + chr(ord(RECEIPT[place]) ^ mask) + RECEIPT[place + 1 :]
    assert isinstance(verify(forged), Refusal)


@given(st.integers(0, len(RECEIPT)), st.characters())
def test_a_receipt_with_a_character_more_or_less_says_nothing(place, more):
    assert isinstance(verify(RECEIPT[:place] + more + RECEIPT[place:]), Refusal)
    assert place == len(RECEIPT) or isinstance(verify(RECEIPT[:place] + RECEIPT[place + 1 :]), Refusal)


@given(st.text() | st.text().map("tbc1_".__add__) | st.text().map(lambda text: f"tbc1_{text}.{text}"))
def test_whatever_is_sent_instead_of_a_receipt_says_nothing(text):
    assert isinstance(verify(text), Refusal)


def test_the_claims_of_one_receipt_do_not_go_with_the_signature_of_another():
    other = RECEIPTS.sign(replace(SAID, ad_storage=replace(GRANTED, at_ms=1)), ADA, "default", NOW_MS)
    mixed = f"{RECEIPT.partition('.')[0]}.{other.partition('.')[2]}"
    assert verify(mixed) is Refusal.ALTERED


@pytest.mark.parametrize(
    ("circumstances", "found"),
    [
        ({}, SAID),
        ({"visitor": None}, SAID),
        ({"now_ms": NOW_MS + LASTS_MS}, SAID),
        ({"now_ms": NOW_MS + LASTS_MS + 1}, Refusal.EXPIRED),
        ({"workspace": "another"}, Refusal.FOREIGN),
        ({"visitor": BOB}, Refusal.FOREIGN),
        ({"workspace": "another", "visitor": None}, Refusal.FOREIGN),
        ({"receipts": Receipts([b"x" * 32])}, Refusal.ALTERED),
    ],
)
def test_a_receipt_is_good_in_its_own_place_and_time_only(circumstances, found):
    assert verify(RECEIPT, **circumstances) == found


def test_a_receipt_of_signed_nonsense_is_unreadable():
    body = "tbc1_AAAA"
    assert verify(f"{body}.{room._signature(b'k' * 32, body)}") is Refusal.UNREADABLE


class TestRing:
    """Receipts and the key ring they hang on."""

    def test_a_receipt_outlives_a_new_key_in_front_of_the_ring(self):
        old, new = ("old", b"o" * 32), ("new", b"n" * 32)
        receipt = Receipts(KeyRing([old]).derived(PURPOSE)).sign(SAID, ADA, "default", NOW_MS)
        rotated = Receipts(KeyRing([new, old]).derived(PURPOSE))
        assert verify(receipt, receipts=rotated) == SAID
        fresh = rotated.sign(SAID, ADA, "default", NOW_MS)
        assert verify(fresh, receipts=Receipts(KeyRing([new]).derived(PURPOSE))) == SAID

    def test_a_receipt_of_another_ring_says_nothing(self):
        receipt = Receipts(KeyRing([("k1", b"1" * 32)]).derived(PURPOSE)).sign(SAID, ADA, "default", NOW_MS)
        assert verify(receipt, receipts=Receipts(KeyRing([("k1", b"2" * 32)]).derived(PURPOSE))) is Refusal.ALTERED

    def test_a_derived_key_is_neither_the_rings_nor_that_of_another_purpose(self):
        ring = KeyRing([("k1", b"1" * 32)])
        (one,), (other,) = ring.derived(PURPOSE), ring.derived(b"something else")
        assert len({one, other, b"1" * 32}) == 3
        assert ring.derived(PURPOSE) == [one]


class TestHeard:
    """A receipt on its way with an event."""

    def test_an_event_without_a_receipt_hears_nothing(self):
        assert RECEIPTS.heard(an_arrival()) is NO_RECEIPT

    def test_a_good_receipt_permits_what_the_event_does_not_speak_of(self):
        arrival = an_arrival(consent_receipt=RECEIPT, **SILENT)
        permission, record = gate(arrival, RECEIPTS.heard(arrival).record)
        assert permission.decision is Decision.ALLOWED
        assert record.ad_storage == GRANTED

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"consent_receipt": RECEIPT + "A"}, "receipt_altered"),
            ({"consent_receipt": "eyJhbGciOiJub25lIn0"}, "receipt_unreadable"),
            ({"consent_receipt": RECEIPT, "workspace": "another"}, "receipt_foreign"),
            ({"consent_receipt": RECEIPT, "visitor_id": "bob"}, "receipt_foreign"),
            ({"consent_receipt": RECEIPT, "received_ms": NOW_MS + LASTS_MS + 1}, "receipt_expired"),
        ],
    )
    def test_a_bad_receipt_is_a_notice_and_never_a_permission(self, changes, code):
        heard = RECEIPTS.heard(an_arrival(index=3, **changes, **SILENT))
        assert isinstance(heard, Notice)
        assert (heard.index, heard.field, heard.code) == (3, "consent_receipt", code)
        assert changes["consent_receipt"] not in heard.message

    def test_the_event_may_name_the_visitor_of_its_receipt(self):
        assert RECEIPTS.heard(an_arrival(consent_receipt=RECEIPT, visitor_id="ada")) == ReceiptContent(SAID, ADA)


@pytest.mark.parametrize("refusal", Refusal)
def test_every_refusal_says_what_to_do(refusal):
    assert "ignored; " in refusal.sentence
