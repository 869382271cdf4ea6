"""Payloads made smaller: nothing is lost, an event shrinks, and what cannot be read says why."""

import hashlib

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from sealing import seal
from twinbeam.core.errors import StorageDamaged
from twinbeam.engines.compact import DICTIONARY, DICTIONARY_ID, Compactor
from twinbeam.engines.keyring import NotOpenedHere

WRITTEN_WITH = "c7dde8d8ebdceadd2ae991ad09099b969cc5966cff48f50432e419d2875f0892"
COMPACTOR = Compactor()


@given(st.binary(max_size=5_000))
def test_what_was_made_smaller_comes_back_as_it_was(content: bytes) -> None:
    assert COMPACTOR.restored(COMPACTOR.compact(content)) == content


def test_an_event_takes_three_fifths_at_most() -> None:
    body = seal(email="jane@shop.example", phone="+4915112345678", first_name="Jane", last_name="Doe").signal.body
    assert body.count(b'"') > 20, "an event with its identifiers"
    assert len(COMPACTOR.compact(body)) < 0.6 * len(body)


@given(st.binary(max_size=200))
def test_what_is_random_hardly_grows(content: bytes) -> None:
    assert len(COMPACTOR.compact(content)) <= len(content) + 16


def test_the_dictionary_is_the_one_that_payloads_were_written_with() -> None:
    assert hashlib.sha256(DICTIONARY.read_bytes()).hexdigest() == WRITTEN_WITH, (
        "a new one needs a file and id of its own"
    )
    assert zstandard.get_frame_parameters(COMPACTOR.compact(b"content")).dict_id == DICTIONARY_ID


@given(st.binary(max_size=200))
def test_what_was_never_made_smaller_is_damage(junk: bytes) -> None:
    with pytest.raises(StorageDamaged) as refused:
        COMPACTOR.restored(junk)
    assert not isinstance(refused.value, NotOpenedHere)


@given(st.integers(min_value=0))
def test_what_was_cut_short_is_damage(length: int) -> None:
    compact = COMPACTOR.compact(b"an event with a good deal to say" * 4)
    with pytest.raises(StorageDamaged):
        COMPACTOR.restored(compact[: length % len(compact)])


def test_what_another_release_made_smaller_is_not_lost() -> None:
    samples = [b"%d: other words in other places" % n for n in range(2_000)]
    other = zstandard.train_dictionary(1_024, samples, dict_id=DICTIONARY_ID + 1)
    with pytest.raises(NotOpenedHere):
        COMPACTOR.restored(zstandard.ZstdCompressor(dict_data=other).compress(samples[0] * 4))
