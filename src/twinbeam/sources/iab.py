"""
What the consent strings of the IAB say about the three purposes, and about sale and sharing.

    TCF   https://github.com/InteractiveAdvertisingBureau/GDPR-Transparency-and-Consent-Framework: TC strings, version 2
    GPP   https://github.com/InteractiveAdvertisingBureau/Global-Privacy-Platform: sections 2 and 5 to 22

Only the few bits that are needed are read. Consent to a purpose is its bit; a legitimate interest is no consent.
Which companies were named is not looked at: no public source gives TikTok an id among them.
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from twinbeam.core.consent import Answer
from twinbeam.sources.consent_strings import UNREADABLE, Read, joined, said, us_privacy

_MOST_CHARS = 20_000  #: the longest strings list a thousand companies
_SEGMENT = re.compile(r"[A-Za-z0-9_-]+=*")
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_SIX_BITS = {char: f"{code:06b}" for code, char in enumerate(_ALPHABET)} | {"=": ""}
_FIRST_CHARS = 64  #: all that is needed stands in the first 202 bits of a segment


class _NotReadableError(ValueError):
    """A string is no such string."""


class _Bits:
    """The bits of one segment: six for each character (base64url), read from left to right."""

    def __init__(self, segment: str) -> None:
        if not _SEGMENT.fullmatch(segment):
            raise _NotReadableError
        self._left = "".join(map(_SIX_BITS.__getitem__, segment[:_FIRST_CHARS]))

    def number(self, width: int) -> int:
        """Take the next number of so many bits; raises _NotReadableError behind the end."""
        bits, self._left = self._left[:width], self._left[width:]
        if len(bits) < width:
            raise _NotReadableError
        return int(bits, 2)

    def flags(self, count: int) -> list[bool]:
        """Take the next bits, each for itself."""
        return [self.number(1) == 1 for _ in range(count)]

    def fibonacci(self) -> int:
        """Take the next number in Fibonacci coding, which ends with two ones."""
        value, here, following, last = 0, 1, 2, 0
        while (bit := self.number(1)) == 0 or not last:
            value += here * bit
            here, following, last = following, here + following, bit
        return value


class _Form(NamedTuple):
    """What a TC string looks like: version 6 bits, and how many more stand before its purposes."""

    version: int
    skipped: int
    implies: bool  #: behind the consents stand implied ones, as Canada knows them, and not legitimate interests


#: Created 36, updated 36, CMP 12, its version 12, screen 6, language 12, vendor list 12, policy 6, service specific 1
#: (not in Canada), other stacks 1, special features 12.
_EU, _CANADA = _Form(2, 146, implies=False), _Form(1, 145, implies=True)
_PURPOSES = 24

#: Purpose 1 is to keep and read what lies on a device, 7 to measure ads, 3 and 4 to make and use a profile for them.
#: Google takes them for the same three answers.
_NEEDS: Mapping[str, Sequence[int]] = {"ad_storage": (1,), "ad_user_data": (1, 7), "ad_personalization": (3, 4)}


def tcf(text: str) -> Read:
    """Read a TC string."""
    return _tcf(text, _EU)


def gpp(text: str) -> Read:
    """Read a GPP string; a section that is not known leaves part of it unread."""
    header, *sections = text[:_MOST_CHARS].split("~")
    try:
        ids = _section_ids(header)
    except _NotReadableError:
        return UNREADABLE
    return joined(map(_section, ids, sections)) if len(ids) == len(sections) else UNREADABLE


def _tcf(text: str, form: _Form) -> Read:
    try:
        return _purposes(_Bits(text[:_MOST_CHARS].partition(".")[0]), form)
    except _NotReadableError:
        return UNREADABLE


def _purposes(bits: _Bits, form: _Form) -> Read:
    """Read the purposes; one that was not asked for, or was only implied, leaves the answers that need it open."""
    if bits.number(6) != form.version:
        raise _NotReadableError
    bits.number(form.skipped)
    given, others = bits.flags(_PURPOSES), bits.flags(_PURPOSES)
    unasked = others if form.implies else [bits.number(1) == 1] + [False] * (_PURPOSES - 1)
    return said(**{name: _answer(numbers, given, unasked) for name, numbers in _NEEDS.items()})


def _answer(numbers: Sequence[int], given: Sequence[bool], unasked: Sequence[bool]) -> Answer:
    if all(given[number - 1] for number in numbers):
        return "granted"
    return "" if all(given[number - 1] or unasked[number - 1] for number in numbers) else "denied"


_TCF_EU, _TCF_CANADA, _US_PRIVACY = 2, 5, 6

#: By section of a US state or, as 7, of the nation: which of the numbers of two bits behind the version are opt-outs
#: of sale, of sharing, of targeted advertising. Of later sections several forms are in use.
_OPT_OUTS: Mapping[int, Sequence[int]] = {
    7: (6, 7, 8),
    **dict.fromkeys(
        (8, 9, 10, 12, 13, 14, 15, 16, 17, 19, 20, 21, 22), (3, 4)
    ),  # CA VA CO CT FL MT OR TX DE NE NH NJ TN
    **dict.fromkeys((11, 18), (4, 5)),  # UT IA
}
_NOT_APPLICABLE, _OPTED_OUT, _DID_NOT = 0, 1, 2
_GPP_TYPE, _GPC_TYPE = 3, 1
_MOST_SECTIONS = 64


def _section_ids(header: str) -> list[int]:
    """Read which sections follow: single ones and ranges, each counted on from the one before."""
    bits, ids, last = _Bits(header), list[int](), 0
    if bits.number(6) != _GPP_TYPE:
        raise _NotReadableError
    bits.number(6)  # the header's version
    for _ in range(bits.number(12)):
        is_range = bits.number(1) == 1
        first = last + bits.fibonacci()
        last = first + bits.fibonacci() if is_range else first
        if last > _MOST_SECTIONS:
            raise _NotReadableError
        ids.extend(range(first, last + 1))
    return ids


def _section(id_: int, section: str) -> Read:
    if id_ == _US_PRIVACY:
        return us_privacy(section)
    if id_ in (_TCF_EU, _TCF_CANADA):
        return _tcf(section, _EU if id_ == _TCF_EU else _CANADA)
    try:
        return _opt_out(section, _OPT_OUTS[id_])
    except (KeyError, _NotReadableError):
        return UNREADABLE


def _opt_out(section: str, places: Sequence[int]) -> Read:
    """Read the section of a state: any opt-out counts, and so does Global Privacy Control."""
    core, *others = section.split(".")
    bits = _Bits(core)
    bits.number(6)  # the section's version, none of which moved what stands in front
    numbers = [bits.number(2) for _ in range(max(places) + 1)]
    found = {numbers[place] for place in places}
    if _OPTED_OUT in found or any(map(_global_privacy_control, others)):
        return said(opt_out="denied")
    if not found <= {_NOT_APPLICABLE, _DID_NOT}:
        raise _NotReadableError
    return said(opt_out="granted" if _DID_NOT in found else "")


def _global_privacy_control(segment: str) -> bool:
    bits = _Bits(segment)
    return bits.number(2) == _GPC_TYPE and bits.number(1) == 1
