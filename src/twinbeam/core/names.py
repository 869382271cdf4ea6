"""
TikTok's event names: the standard ones, the renamed and the reserved ones, and the rules for custom ones.

A name that only looks like one of them would become a custom event that nobody optimises for, so it is mapped, and
whoever sent it is told. Source: tiktok.md 5.1 (standard events), 5.2 (renames), 5.3 (reserved names), 2.9 (custom
names); what others call them is in foreign_names.py.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from unicodedata import category

from msgspec import Struct

from twinbeam.core.foreign_names import APP_ONLY, ENUMS, LOOSE

#: tiktok.md 5.1, and the pixel-only page view.
STANDARD: frozenset[str] = frozenset(
    {
        "AddPaymentInfo",
        "AddToCart",
        "AddToWishlist",
        "ApplicationApproval",
        "CompleteRegistration",
        "Contact",
        "CustomizeProduct",
        "Download",
        "FindLocation",
        "InitiateCheckout",
        "Lead",
        "Purchase",
        "Schedule",
        "Search",
        "StartTrial",
        "SubmitApplication",
        "Subscribe",
        "ViewContent",
        "Pageview",
        "ClickButton",  # soft-deprecated, works until 2027 (tiktok.md 5.2)
        "PlaceAnOrder",  # soft-deprecated, works until 2027 (tiktok.md 5.2)
    }
)

#: Names TikTok itself converts: two sides that spell one event differently mean the same conversion.
RENAMED: Mapping[str, str] = {
    "CompletePayment": "Purchase",
    "SubmitForm": "Lead",
    "AddBilling": "AddPaymentInfo",
    "Browse": "Pageview",
    "Checkout": "PlaceAnOrder",
    "ClickForm": "Lead",
    "ClickInDownloadPage": "ClickButton",
    "ClickToDownload": "Download",
    "Consult": "Contact",
    "ConsultByPhone": "Contact",
    "Registration": "CompleteRegistration",
    "StartCheckout": "InitiateCheckout",
    "ViewConsultationPage": "ViewContent",
    "ViewDownloadPage": "ViewContent",
    "ViewForm": "ViewContent",
}

SPELLED_TWICE = frozenset(RENAMED.values())  #: what a browser may write otherwise than a server

#: tiktok.md 2.9: letters, Arabic digits, underscore and dash, starting with a letter, at most 50 characters.
_CUSTOM = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,49}")

#: Only CRM sets take names in other languages (tiktok.md 5.7), whose words have blanks between them.
_LONGEST_NAME = 50
_SIGNS = frozenset("_- ")

CUSTOM_RULE = "a standard TikTok event, or 1-50 letters, digits, '_' or '-', starting with a letter"


class Name(Struct, frozen=True, gc=False):
    """What the name of an event was understood as."""

    canonical: str  #: the one name that all spellings share
    spelling: str = ""  #: TikTok's own other name for it, where the sender wrote that one
    mapped: bool = False  #: it only looked like a name of TikTok's, so its sender should be told
    likely: str = ""  #: the standard event that a custom one is probably a misspelling of


class AppOnly(Struct, frozen=True, gc=False):
    """The name of an event that only an app can report."""


APP_EVENT = AppOnly()


@lru_cache(maxsize=1024)
def understood(name: str, source: str = "web") -> Name | AppOnly | None:
    """Understand the name of an event of a source, or give None if TikTok would refuse it."""
    if name in STANDARD:
        return Name(name)
    if name in RENAMED:
        return Name(RENAMED[name], spelling=name)

    short = loose(name)
    if short in _APP_ONLY:
        return APP_EVENT
    meant = ENUMS.get(name) or _LOOKALIKES.get(short)
    if meant is not None:
        return Name(meant, mapped=True)
    takes = _CUSTOM.fullmatch(name) is not None or (source == "crm" and _is_crm_name(name))
    return Name(name, likely=_likely(short)) if takes else None


def _is_crm_name(name: str) -> bool:
    """Return whether a CRM set may call an event so: up to 50 letters and digits of any script, blanks between them."""
    if len(name) > _LONGEST_NAME or not name[:1].isalpha() or name.endswith(" "):
        return False
    return all(char in _SIGNS or category(char)[0] in "LMN" for char in name)


def canonical(name: str) -> str | None:
    """Return the one name all spellings of an event share, or None if no event can have this name."""
    found = understood(name)
    return found.canonical if isinstance(found, Name) else None


_SEPARATORS = re.compile(r"[\s_\-./:]+")


def loose(name: str) -> str:
    """Return what is left of a name when case and separators are nothing."""
    return _SEPARATORS.sub("", name).lower()


_APP_ONLY = frozenset(map(loose, APP_ONLY))

#: TikTok's own names come last: where a table of others uses one of them, TikTok's meaning counts.
_LOOKALIKES: Mapping[str, str] = {
    loose(name): meant
    for table in (*LOOSE.values(), RENAMED, {name: name for name in STANDARD})
    for name, meant in table.items()
}


_LEAST_LIKE = 6  #: letters; in shorter names another letter makes another word: Load is no Lead


def _shortened(loose: str) -> list[str]:
    """Return what is left of a name when any one letter of it is missing."""
    return [loose[:place] + loose[place + 1 :] for place in range(len(loose))]


def _likely(loose: str) -> str:
    """
    Guess the standard event of which this is a misspelling: one letter more, less or other, or two that changed places.

    Each such slip leaves both names alike when a letter is taken from one or both of them, so dictionary look-ups do:
    at most 7 us. difflib, which guesses fields for complaints, takes 85 to 170 us, more than all else an event costs
    the intake, and anybody who has a page's key may send names in thousands.
    """
    if loose in _SLIPS:
        return _SLIPS[loose]
    if len(loose) > _LONGEST_LIKE:
        return ""
    return next((_SLIPS[shorter] for shorter in _shortened(loose) if shorter in _SLIPS), "")


_MEANT: dict[str, str] = {
    loose(name): meant for table in (RENAMED, {name: name for name in STANDARD}) for name, meant in table.items()
}

#: TikTok's names, and what is left of the longer ones without one letter.
_SLIPS: Mapping[str, str] = {
    shorter: meant for name, meant in _MEANT.items() if len(name) >= _LEAST_LIKE for shorter in _shortened(name)
} | _MEANT

_LONGEST_LIKE = max(map(len, _SLIPS)) + 1


#: How renamed events were written before 2025-05-01 (tiktok.md 5.2); TikTok still takes both.
FORMER: Mapping[str, str] = {"Purchase": "CompletePayment", "Lead": "SubmitForm"}


def wire_name(event: str, rule: str, seen: str) -> str:
    """
    Return the spelling in which a canonical event is sent; `seen` is how the browser writes it, empty if nobody knows.

    TikTok does not say whether it translates names before it drops repeats (tiktok.md 5.2), so both sides must write
    the same: `follow` the browser, unless its owner says `new` or `old`.
    """
    if rule == "old":
        return FORMER.get(event, event)
    return seen if rule == "follow" and seen else event
