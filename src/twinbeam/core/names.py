"""
TikTok's event names: the standard ones, the renamed and the reserved ones, and the rules for custom ones.

Source: tiktok.md 5.1 (standard events), 5.2 (renames), 5.3 (reserved names), 2.9 (custom names).
"""

import re
from collections.abc import Mapping
from functools import lru_cache

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
    "PageView": "Pageview",
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

#: tiktok.md 2.9: letters, Arabic digits, underscore and dash, starting with a letter, at most 50 characters.
_CUSTOM = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,49}")

CUSTOM_RULE = "a standard TikTok event, or 1-50 letters, digits, '_' or '-', starting with a letter"


@lru_cache(maxsize=1024)
def canonical(name: str) -> str | None:
    """Give the one name all spellings of an event share, or None if TikTok would refuse the name."""
    if name in STANDARD:
        return name
    if name in RENAMED:
        return RENAMED[name]
    return name if _CUSTOM.fullmatch(name) else None


#: How renamed events were written before 2025-05-01 (tiktok.md 5.2); TikTok still takes both.
FORMER: Mapping[str, str] = {"Purchase": "CompletePayment", "Lead": "SubmitForm"}


def wire_name(event: str, rule: str, seen: str) -> str:
    """
    Give the spelling in which a canonical event is sent; `seen` is how the browser writes it, empty if nobody knows.

    TikTok does not say whether it translates names before it drops repeats (tiktok.md 5.2), so both sides must write
    the same: `follow` the browser, unless its owner says `new` or `old`.
    """
    if rule == "old":
        return FORMER.get(event, event)
    return seen if rule == "follow" and seen else event
