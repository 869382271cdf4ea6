"""
National phone numbers that libphonenumber's data settles without its parser.

The parser takes about 30 us to consider everything a number could be. Most numbers are plain: digits that fit their
region's plan once the trunk prefix is gone, and nothing else they could mean. This module repeats the parser's
decisions for those and leaves every other number to it; tests compare the two for all regions.
"""

import re
from functools import cache
from typing import NamedTuple

from phonenumbers import SUPPORTED_REGIONS, PhoneMetadata, country_code_for_region, region_code_for_country_code

_PLAIN = re.compile(r"\(?[0-9][0-9 ().\-/]*[0-9]")
_NOT_DIGITS = str.maketrans("", "", " ().-/")
_NEVER = re.compile(r"(?!)")


class _Plan(NamedTuple):
    """How numbers of one region are written and read."""

    calling_code: str
    trunk: re.Pattern[str]  #: dialled before a number inside the country
    rewrites: bool  #: whether what the trunk pattern captures is put into another form
    abroad: re.Pattern[str]  #: dialled to leave the country: what follows is no national number
    number: re.Pattern[str]
    lengths: frozenset[int]


def plain_national_e164(text: str, region: str | None) -> str | None:
    """Give the E.164 form of a number that can be read in one way only, or None where the parser has to look."""
    plan = _plan_of(region) if region else None
    if plan is None or not _PLAIN.fullmatch(text):
        return None
    dialled = text.translate(_NOT_DIGITS)
    if dialled.startswith(plan.calling_code) or plan.abroad.match(dialled):
        return None
    trunk = plan.trunk.match(dialled)
    if trunk and plan.rewrites and trunk.lastindex:
        return None
    number = dialled[trunk.end() :] if trunk else dialled
    if len(number) not in plan.lengths or number.startswith("0") or not plan.number.fullmatch(number):
        return None
    return f"+{plan.calling_code}{number}"


@cache
def _plan_of(region: str) -> _Plan | None:
    """Read a region's plan from libphonenumber's data."""
    known = PhoneMetadata.metadata_for_region(region) if region in SUPPORTED_REGIONS else None
    if known is None or known.general_desc is None or not known.general_desc.national_number_pattern:
        return None
    return _Plan(
        calling_code=str(known.country_code),
        trunk=_pattern(known.national_prefix_for_parsing),
        rewrites=bool(known.national_prefix_transform_rule),
        abroad=_pattern(known.international_prefix),
        number=re.compile(known.general_desc.national_number_pattern),
        lengths=_lengths(region) & _lengths(region_code_for_country_code(country_code_for_region(region))),
    )


def _pattern(written: str | None) -> re.Pattern[str]:
    return re.compile(written) if written else _NEVER


def _lengths(region: str) -> frozenset[int]:
    """Give the lengths of whole numbers; shorter ones that work inside one town are left to the parser."""
    known = PhoneMetadata.metadata_for_region(region)
    if known is None or known.general_desc is None:
        return frozenset()
    return frozenset(known.general_desc.possible_length) - frozenset(known.general_desc.possible_length_local_only)
