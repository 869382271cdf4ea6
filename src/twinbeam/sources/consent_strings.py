"""The short strings in which consent travels: Google's `gcs` and `gcd`, and the US Privacy string."""

import re
from collections.abc import Iterable, Mapping

from msgspec import Struct

from twinbeam.core.consent import Answer


class Read(Struct, frozen=True, gc=False):
    """What was read, by purpose; what is not said is left out."""

    answers: Mapping[str, Answer] = {}
    unread: bool = False  #: some of it could not be read, and might be a refusal


UNREADABLE = Read(unread=True)

_RANK: Mapping[Answer, int] = {"": 0, "granted": 1, "undecided": 2, "denied": 3}

_GCS = re.compile(r"G1([01-])[01-]", re.IGNORECASE)
_GCS_WORDS: Mapping[str, Answer] = {"1": "granted", "0": "denied", "-": ""}

_GCD = re.compile(r"[0-9]{2}([a-z])[0-9]([a-z])[0-9]([a-z])[0-9]([a-z])[0-9][0-9a-z]*", re.IGNORECASE)
_GRANTED, _DENIED, _NOT_SET = frozenset("trnv"), frozenset("pqmu"), "l"

_US_PRIVACY = re.compile(r"1[YN-]([YN-])[YN-]", re.IGNORECASE)
_SOLD: Mapping[str, Answer] = {"Y": "denied", "N": "granted", "-": ""}


def gcs(text: str) -> Read:
    """Read Google's `gcs`, such as `G111`: storage for ads, then for analytics."""
    found = _GCS.fullmatch(text)
    return said(ad_storage=_GCS_WORDS[found[1]]) if found else UNREADABLE


def gcd(text: str) -> Read:
    """Read Google's `gcd`, such as `11r1p1t1q5`: storage for ads, for analytics, user data, personalization."""
    found = _GCD.fullmatch(text)
    if found is None:
        return UNREADABLE
    storage, _analytics, user_data, personal = map(_letter, found.groups())
    return said(ad_storage=storage, ad_user_data=user_data, ad_personalization=personal)


def us_privacy(text: str) -> Read:
    """Read a US Privacy string such as `1YNN`, whose third character is the opt-out of sale."""
    found = _US_PRIVACY.fullmatch(text)
    return said(opt_out=_SOLD[found[1].upper()]) if found else UNREADABLE


def said(**answers: Answer) -> Read:
    """Return answers, less those that say nothing."""
    return Read({name: answer for name, answer in answers.items() if answer})


def joined(read: Iterable[Read]) -> Read:
    """Put together what several members or strings say: of two answers the refusal counts."""
    answers, unread = dict[str, Answer](), False
    for one in read:
        unread = unread or one.unread
        for name, answer in one.answers.items():
            answers[name] = max(answer, answers.get(name, ""), key=_RANK.__getitem__)
    return Read(answers, unread)


def _letter(letter: str) -> Answer:
    """Read one purpose of a `gcd`: what was set by default and then by the visitor."""
    low = letter.lower()
    if low in _GRANTED:
        return "granted"
    if low in _DENIED:
        return "denied"
    return "" if low == _NOT_SET else "undecided"
