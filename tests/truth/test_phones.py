"""
Phone numbers of the whole world, as people and shop systems write them: each is hashed as E.164 or left out and told.

The numbers are made from libphonenumber's own patterns, so that each can exist; see phone_numbers.py for the ways.
"""

from hashlib import sha256
from random import Random

import phonenumbers
import pytest

from phone_numbers import REGIONS, numbers_of, written_numbers
from twinbeam.pipeline.identity import phone
from twinbeam.pipeline.identity.national import plain_e164
from twinbeam.pipeline.identity.phone import Phones

MANY = 200_000  #: in `make check-truth`
FEW = 16_000  #: in `make test`
MOST_LEFT_OUT = 0.01


@pytest.mark.truth("phones")
@pytest.mark.slow
def test_no_number_is_hashed_as_another_and_hardly_any_is_left_out(request, record_property):
    count = MANY if request.config.getoption("check", None) else FEW
    phones, wrong, left_out = Phones(None), [], 0
    for written in written_numbers(count, Random(count)):
        digest = phones.hashed(written.text, written.region.lower(), [])
        if digest is None:
            left_out += 1
        elif digest != sha256(written.e164.encode()).hexdigest():
            wrong.append(written)
    record_property("figures", f"phones: {count}, wrong {len(wrong)}, valid left out {left_out} (at most 1 %)")
    assert wrong == []
    assert left_out <= MOST_LEFT_OUT * count


@pytest.mark.truth("phones")
@pytest.mark.slow
def test_what_needs_no_parser_is_valid_and_what_the_parser_says():
    chance = Random(2)
    for written in written_numbers(FEW, chance):
        easy = phone.easy_e164(written.text, written.region) or phone.plain_national_e164(written.text, written.region)
        assert easy in (None, phone.hard_e164(written.text, written.region)), written


@pytest.mark.truth("phones")
@pytest.mark.slow
def test_a_number_that_cannot_exist_is_never_hashed():
    chance = Random(3)
    for region in REGIONS:
        for number in numbers_of(region, 12, chance):
            digits = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
            for near in (digits[:-1], digits + "0", digits[:-4], digits[:3] + "0" + digits[4:]):
                sent = Phones(None).hashed(near, region.lower(), [])
                assert (sent is not None) == _is_valid(near), near


def _is_valid(text: str) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(text, None))
    except phonenumbers.NumberParseException:
        return False


@pytest.mark.truth("phones")
@pytest.mark.slow
def test_the_pattern_of_a_country_code_is_the_librarys_idea_of_a_valid_number():
    chance = Random(4)
    for code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
        for length in range(3, 13):
            for _ in range(6):
                number = f"+{code}" + "".join(chance.choice("0123456789") for _ in range(length))
                assert plain_e164(number) is None or _is_valid(number), number
