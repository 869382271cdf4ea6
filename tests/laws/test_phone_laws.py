"""A national number is read the same with and without libphonenumber's parser, whatever its region."""

import phonenumbers
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from twinbeam.pipeline.identity.national import plain_national_e164
from twinbeam.pipeline.identity.phone import hard_e164

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
KINDS = (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE)
GAPS = st.sampled_from(["", "", "", "", " ", "-", ".", "/", "(", ")", ") ", "  "])


@st.composite
def numbers(draw):
    """A region, and digits that are a number there, nearly one, or anything; with signs between them."""
    region = draw(st.sampled_from(REGIONS))
    digits = draw(st.one_of(st.text("0123456789", min_size=1, max_size=17), _near_a_number(region)))
    gaps = draw(st.lists(GAPS, min_size=len(digits), max_size=len(digits)))
    return "".join(gap + digit for gap, digit in zip(gaps, digits, strict=True)).strip(), region


@st.composite
def _near_a_number(draw, region):
    sample = phonenumbers.example_number_for_type(region, draw(st.sampled_from(KINDS)))
    digits = list(str(sample.national_number)) if sample else list("123456789")
    for _ in range(draw(st.integers(0, 4))):
        digits[draw(st.integers(0, len(digits) - 1))] = draw(st.sampled_from("0123456789"))
    known = phonenumbers.PhoneMetadata.metadata_for_region(region)
    fronts = ["", "0", "1", "00", str(known.country_code), known.national_prefix or ""]
    return draw(st.sampled_from(fronts)) + "".join(digits) + draw(st.sampled_from(["", "", "7"]))


@given(numbers())
@example(("0151 2345678", "DE"))
@example(("(213) 373-4253", "US"))
@example(("090-1234-5678", "JP"))
@example(("0 11 91234-5678", "BR"))
@example(("06 1234 5678", "IT"))
def test_what_the_plan_of_a_region_settles_is_what_libphonenumber_says(number):
    text, region = number
    plain = plain_national_e164(text, region)
    assert plain is None or plain == hard_e164(text, region)


@pytest.mark.parametrize("region", REGIONS)
def test_a_number_as_people_write_it_in_its_own_country_is_read_alike(region):
    for kind in KINDS:
        sample = phonenumbers.example_number_for_type(region, kind)
        if sample is None:
            continue
        text = phonenumbers.format_number(sample, phonenumbers.PhoneNumberFormat.NATIONAL)
        plain = plain_national_e164(text, region)
        assert plain is None or plain == hard_e164(text, region)


@pytest.mark.parametrize(
    ("text", "region", "expected"),
    [
        ("0151 23456789", "DE", "+4915123456789"),
        ("07911 123456", "GB", "+447911123456"),
        ("06 12 34 56 78", "FR", "+33612345678"),
        ("(213) 373-4253", "US", "+12133734253"),
        ("612 345 678", "ES", "+34612345678"),
        ("090-1234-5678", "JP", "+819012345678"),
        ("11 96123-4567", "BR", "+5511961234567"),
    ],
)
def test_usual_numbers_need_no_parser(text, region, expected):
    assert plain_national_e164(text, region) == expected


@pytest.mark.parametrize(
    ("text", "region"),
    [("0151 23456789", None), ("0151", "DE"), ("0151 23456789 ext 3", "DE"), ("06 698 12345", "IT"), ("+4915", "DE")],
)
def test_what_is_not_certain_is_left_to_the_parser(text, region):
    assert plain_national_e164(text, region) is None
