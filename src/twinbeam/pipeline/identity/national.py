"""
The numbering plans of libphonenumber's data, for phone numbers that can be read in one way only.

The library takes 30 to 100 us to consider everything a number could be and to tell whether it can exist. Most numbers
are plain: digits after a country code, or a region's own digits behind its trunk prefix. This module repeats the
library's decisions for those and leaves every other number to it; tests compare the two for all regions.
"""

import re
from functools import cache
from typing import NamedTuple

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, SUPPORTED_REGIONS, PhoneMetadata
from phonenumbers.phonemetadata import PhoneNumberDesc

_PLAIN = re.compile(r"\(?[0-9][0-9 ().\-/]*[0-9]")
_NOT_DIGITS = str.maketrans("", "", " ().-/")
_NEVER = re.compile(r"(?!)")
_EARTH = "001"  #: the library's region of numbers without a country, such as +800
_LONGEST_CODE = 3
#: The kinds of number a plan may have, the usual ones first; what is of none of them cannot exist.
_KINDS = (
    "mobile",
    "fixed_line",
    "voip",
    "toll_free",
    "shared_cost",
    "premium_rate",
    "personal_number",
    "pager",
    "uan",
    "voicemail",
)


class _Plan(NamedTuple):
    """How numbers behind one country code are read, and which of them can exist."""

    calling_code: str
    trunk: re.Pattern[str]  #: dialled before a number inside the country
    rewrites: bool  #: whether what the trunk pattern captures is put into another form
    abroad: re.Pattern[str]  #: dialled to leave the country: what follows is no national number
    number: re.Pattern[str]  #: what the region takes for a number of its own before it looks closer
    valid: re.Pattern[str]  #: the same as the library's `is_valid_number`, for a number without its country code


def plain_e164(number: str) -> str | None:
    """Return a number written as '+' and digits if it needs no second look and can exist, or None."""
    for length in range(2, 2 + _LONGEST_CODE):
        plan = _plan_behind(number[1:length])
        if plan is not None:
            rest = number[length:]
            plain = not rest.startswith("0") and not plan.trunk.match(rest) and plan.valid.match(rest)
            return number if plain else None
    return None


def plain_national_e164(text: str, region: str | None) -> str | None:
    """Return the E.164 form of a number that can be read in one way only and can exist, or None."""
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
    if number.startswith("0") or not plan.number.fullmatch(number) or not plan.valid.match(number):
        return None
    return f"+{plan.calling_code}{number}"


def calling_code_of(region: str | None) -> str:
    """Return a region's country code, such as 49 for DE, or an empty text."""
    plan = _plan_of(region) if region else None
    return plan.calling_code if plan else ""


def trunk_of(region: str) -> str:
    """Return what is dialled before a number inside a region, such as 0 in DE, or an empty text."""
    known = PhoneMetadata.metadata_for_region(region) if region in SUPPORTED_REGIONS else None
    return (known and known.national_prefix) or ""


def dials_00(digits: str, region: str) -> bool:
    """Return whether the 00 that these digits begin with is a region's prefix for calls abroad, and nothing else."""
    plan = _plan_of(region)
    found = plan.abroad.match(digits) if plan else None
    if plan is None or found is None or found.end() != len("00"):
        return False
    trunk = plan.trunk.match(digits)
    return not plan.valid.match(digits[trunk.end() :] if trunk else digits)


@cache
def _plan_of(region: str) -> _Plan | None:
    """Read a region's plan from libphonenumber's data."""
    known = PhoneMetadata.metadata_for_region(region) if region in SUPPORTED_REGIONS else None
    return None if known is None else _plan(known)


@cache
def _plan_behind(calling_code: str) -> _Plan | None:
    """Read the plan of a country code's main region; None where there is no such code."""
    regions = COUNTRY_CODE_TO_REGION_CODE.get(int(calling_code)) if calling_code.isdecimal() else None
    known = _metadata(calling_code, regions[0]) if regions and not calling_code.startswith("0") else None
    return None if known is None else _plan(known)


def _plan(known: PhoneMetadata) -> _Plan:
    general = known.general_desc.national_number_pattern if known.general_desc else None
    return _Plan(
        calling_code=str(known.country_code),
        trunk=_pattern(known.national_prefix_for_parsing),
        rewrites=bool(known.national_prefix_transform_rule),
        abroad=_pattern(known.international_prefix),
        number=_pattern(general),
        valid=_valid(str(known.country_code)),
    )


@cache
def _valid(calling_code: str) -> re.Pattern[str]:
    """
    Build one pattern for all that can exist behind a country code.

    Of several regions the first that claims a number by its leading digits decides about it alone; without such
    digits each region is asked in turn. That is the library's order.
    """
    ways, claimed = [], ""
    for region in COUNTRY_CODE_TO_REGION_CODE[int(calling_code)]:
        known = _metadata(calling_code, region)
        if known is None or known.general_desc is None:
            continue
        leading = known.leading_digits if region != _EARTH else None
        kinds = "|".join(_described(getattr(known, kind)) for kind in _KINDS)
        claim = f"(?={leading})" if leading else ""
        ways.append(f"{claimed}{claim}(?={_described(known.general_desc)})(?:{kinds})")
        claimed += f"(?!{leading})" if leading else ""
    return re.compile("|".join(ways) or "(?!)")


def _described(desc: PhoneNumberDesc | None) -> str:
    """Write what the library calls matching a description as one pattern, lengths included."""
    if desc is None or not desc.national_number_pattern:
        return "(?!)"
    lengths = "|".join(rf"\d{{{length}}}" for length in desc.possible_length if length > 0)
    length = rf"(?=(?:{lengths})\Z)" if lengths else ""
    return rf"{length}(?:{desc.national_number_pattern})\Z" if lengths or not desc.possible_length else "(?!)"


def _metadata(calling_code: str, region: str) -> PhoneMetadata | None:
    return PhoneMetadata.metadata_for_region_or_calling_code(int(calling_code), region)


def _pattern(written: str | None) -> re.Pattern[str]:
    return re.compile(written) if written else _NEVER
