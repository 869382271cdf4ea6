"""Phone numbers of every region, made from libphonenumber's own patterns, and the ways in which people write them."""

from collections.abc import Iterator, Sequence
from random import Random
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser as sre_parser  # type: ignore[attr-defined]
from typing import Any, NamedTuple

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumber, PhoneNumberFormat

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
KINDS = ("mobile", "mobile", "mobile", "fixed_line", "fixed_line", "voip", "toll_free", "personal_number")


class Written(NamedTuple):
    """One number in one way to write it, with the country that its sender names beside it."""

    text: str
    region: str
    e164: str
    way: str


def numbers_of(region: str, count: int, chance: Random) -> Iterator[PhoneNumber]:
    """Give valid numbers of a region; fewer where its plan has hardly any."""
    known = PhoneMetadata.metadata_for_region(region)
    for _ in range(count * 20 + 2_000):
        desc = getattr(known, chance.choice(KINDS))
        if desc is None or not desc.national_number_pattern:
            continue
        digits = "".join(_matching(sre_parser.parse(desc.national_number_pattern), chance))
        number = _number(known.country_code, digits)
        if number is not None and phonenumbers.is_valid_number_for_region(number, region):
            count -= 1
            yield number
        if not count:
            return


def _number(code: int, digits: str) -> PhoneNumber | None:
    zeros = len(digits) - len(digits.lstrip("0"))
    if not digits.isdecimal() or zeros == len(digits):
        return None
    leading = {"italian_leading_zero": True, "number_of_leading_zeros": zeros} if zeros else {}
    number = PhoneNumber(country_code=code, national_number=int(digits), **leading)
    return number if phonenumbers.is_valid_number(number) else None


def ways(number: PhoneNumber, region: str) -> list[Written]:
    """Write a number in the eight ways in which shops get it."""
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    digits, code = e164[1:], str(number.country_code)
    own = phonenumbers.national_significant_number(number)
    trunk = PhoneMetadata.metadata_for_region(region).national_prefix or ""
    national = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
    written = {
        "E.164": e164,
        "international": phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL),
        "00": f"00{code} {own}",
        "no plus": digits,
        "brackets": f"(+{code}) {own[:3]}-{own[3:]}",
        "tel": phonenumbers.format_number(number, PhoneNumberFormat.RFC3966),
        "national": national if national.startswith(trunk) else f"{trunk}{own}",
        "national digits": trunk + own,
    }
    return [Written(text, region, e164, way) for way, text in written.items()]


def written_numbers(count: int, chance: Random, regions: Sequence[str] = REGIONS) -> Iterator[Written]:
    """Give so many written numbers, of all regions in turn."""
    ways_each = 8
    each = -(-count // (len(regions) * ways_each)) + 1
    pools = {region: list(numbers_of(region, each, chance)) for region in regions}
    given = 0
    while given < count:
        for region, pool in pools.items():
            number = pool.pop() if pool else next(numbers_of(region, 1, chance))
            for written in ways(number, region):
                if given < count:
                    given += 1
                    yield written


def _matching(pattern: Any, chance: Random) -> Iterator[str]:
    """Make up a text that a pattern of digits matches; what looks ahead is left to whoever checks the result."""
    for op, argument in pattern:
        if op is sre.LITERAL:
            yield chr(argument)
        elif op is sre.IN:
            yield chance.choice(_choices(argument))
        elif op is sre.BRANCH:
            yield from _matching(chance.choice(argument[1]), chance)
        elif op is sre.SUBPATTERN:
            yield from _matching(argument[-1], chance)
        elif op in {sre.MAX_REPEAT, sre.MIN_REPEAT}:
            least, most, inner = argument
            for _ in range(chance.randint(least, min(most, 15))):
                yield from _matching(inner, chance)


def _choices(members: Any) -> list[str]:
    found: list[str] = []
    for op, argument in members:
        if op is sre.LITERAL:
            found.append(chr(argument))
        elif op is sre.RANGE:
            found += map(chr, range(argument[0], argument[1] + 1))
        elif op is sre.CATEGORY:
            found += "0123456789"
    return found
