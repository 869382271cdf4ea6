"""The names and values in which banners, tag managers and other senders say consent, and what they mean to us."""

import re
from collections.abc import Mapping

from twinbeam.core.consent import PURPOSES, Answer

#: What `consent` has in our own dialect.
OURS = frozenset({*PURPOSES, "opt_out", "at", "region", "source", "evidence"})

PURPOSE_NAMES: Mapping[str, str] = {
    "adstorage": "ad_storage",
    "aduserdata": "ad_user_data",
    "adpersonalization": "ad_personalization",
    "adpersonalisation": "ad_personalization",
}
"""The purposes of Google's consent mode by their squeezed names."""

_SWITCHES = """
    marketing advertising advertisement advertisements adverts ads targeting targetedadvertising c0004 tiktok
    marketingconsent adconsent adsconsent consent status granted accepted given all
"""
SWITCHES = frozenset(_SWITCHES.split())
"""Switches that answer all three purposes: a banner's marketing category, or one answer to everything."""

OPT_OUTS: Mapping[str, bool] = {
    **dict.fromkeys(("optout", "optedout", "donotsell", "donotsellorshare", "gpc", "globalprivacycontrol"), True),
    "saleofdata": False,
}
"""Switches about sale and sharing, and whether being on is the opt-out."""

_STRINGS = {
    "gcs": "gcs",
    "gcd": "gcd",
    "tcf": "tcf tcfstring tcstring tcfconsent tcdata iabtcf iabtcftcstring gdprconsent consentstring euconsent "
    "euconsentv2",
    "gpp": "gpp gppstring gppdata gppconsent iabgpp iabgpphdrgppstring",
    "us_privacy": "usprivacy usprivacystring iabusprivacystring usp uspstring ccpa",
}
STRINGS: Mapping[str, str] = {name: kind for kind, names in _STRINGS.items() for name in names.split()}
"""Members that hold a consent string, and which one."""

STILL_ASKING: Mapping[str, str] = {"eventstatus": "cmpuishown", "signalstatus": "notready"}
"""What a banner says while it is open: its string holds no answer yet, though it reads like a refusal."""

CATEGORIES = frozenset({"categorypreferences", "categories"})
ALLOWED_IDS = frozenset({"allowedconsentids", "groups", "onetrustactivegroups", "activegroups"})
DENIED_IDS = frozenset({"deniedconsentids"})

_BESIDE = {
    "at": "at timestamp time date updatedat capturedat givenat lastupdated",
    "region": "region country countrycode",
    "source": "source",
    "evidence": "evidence",
}
BESIDE: Mapping[str, str] = {name: field for field, names in _BESIDE.items() for name in names.split()}
"""What is said beside the answers, by the names others give it."""

_ASIDE = """
    analyticsstorage functionalitystorage personalizationstorage personalisationstorage securitystorage
    necessary essential strictlynecessary functional functionality preferences performance statistics analytics
    c0001 c0002 c0003 c0005 waitforupdate adsdataredaction urlpassthrough dma dmacps gcu
    method version type model strategy cmp cmpid cmpversion cmpname cmpstatus provider platform vendor lang language
    id consentid gdpr gdprapplies eventstatus signalstatus tcfpolicyversion listenerid applicablesections gppversion
"""
ASIDE = frozenset(_ASIDE.split())
"""Members that tell nothing of advertising: other purposes, and what describes the banner."""

_GRANTED_WORDS = """
    granted grant yes y true on 1 accepted accept allowed allow optin optedin given enabled consented
"""
_DENIED_WORDS = """
    denied deny no n false off 0 rejected reject declined decline refused refuse disallowed disallow optout optedout
    withdrawn revoked disabled none
"""
_WORDS: Mapping[str, Answer] = {
    **dict.fromkeys(_GRANTED_WORDS.split(), "granted"),
    **dict.fromkeys(_DENIED_WORDS.split(), "denied"),
}
_LONGEST_WORD = 40


def squeezed(name: str) -> str:
    """Return a name or a word without its style of writing: `adStorage`, `AD-STORAGE` and `ad_storage` are one."""
    return re.sub(r"[^a-z0-9]", "", name[:_LONGEST_WORD].lower())


def answer_of(value: object) -> Answer:
    """Read an answer; what is there and is none is "undecided"."""
    match value:
        case None | "":
            return ""
        case bool() | 0 | 1:
            return "granted" if value else "denied"
        case str():
            return _WORDS.get(squeezed(value), "undecided") if value.strip() else ""
        case _:
            return "undecided"


def asks_to_limit(name: str, value: object) -> bool | None:
    """Return whether a member of an event asks for limited data use, or None where it is about something else."""
    if value is None:
        return None
    match squeezed(name):
        case "limiteddatause":
            return answer_of(value) not in ("denied", "")
        case "dataprocessingoptions":  # Meta's interface: ["LDU"]
            return isinstance(value, list) and any(it == "LDU" for it in value)
        case _:
            return None


def refuses(value: object) -> bool:
    """Return whether a value, whatever it is about, is a refusal or holds one."""
    match value:
        case dict():
            return any(answer_of(inner) == "denied" for inner in value.values())
        case list():
            return any(answer_of(inner) == "denied" for inner in value)
        case _:
            return answer_of(value) == "denied"
