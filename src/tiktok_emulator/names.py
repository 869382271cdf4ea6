"""
Event names: which are standard, which were renamed or are reserved, and what a custom name may look like.

Sources: tiktok.md 2.9, 5.1, 5.2, 5.3 and 5.5.
The app list is its own: there `Registration` and `Checkout` are standard.
"""

import re
from enum import StrEnum
from functools import lru_cache
from unicodedata import category, combining

WEB_STANDARD = frozenset(
    {
        "AddPaymentInfo", "AddToCart", "AddToWishlist", "ApplicationApproval", "CompleteRegistration", "Contact",
        "CustomizeProduct", "Download", "FindLocation", "InitiateCheckout", "Lead", "Purchase", "Schedule", "Search",
        "StartTrial", "SubmitApplication", "Subscribe", "ViewContent",
    }
)  # fmt: skip

PAGE_VIEW = "Pageview"

#: Accepted and converted by the backend since 2025-05-01 (tiktok.md 5.2).
RENAMED = {"CompletePayment": "Purchase", "SubmitForm": "Lead"}

#: Work until 2027, no longer documented (tiktok.md 5.2).
RETIRING = frozenset({"ClickButton", "PlaceAnOrder"})

#: Mapped automatically and closed to custom events (tiktok.md 5.3); `ClickForm` ends at `Lead` in both copies.
RESERVED = {
    "AddBilling": "AddPaymentInfo",
    "Browse": PAGE_VIEW,
    "PageView": PAGE_VIEW,
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

APP_STANDARD = frozenset(
    {
        "AchieveLevel", "AddPaymentInfo", "AddToCart", "AddToWishlist", "Checkout", "CompleteTutorial", "CreateGroup",
        "CreateRole", "GenerateLead", "InAppADClick", "InAppADImpr", "InstallApp", "JoinGroup", "LaunchAPP",
        "LoanApplication", "LoanApproval", "LoanDisbursal", "Login", "Purchase", "Rate", "Registration", "Search",
        "SpendCredits", "StartTrial", "Subscribe", "UnlockAchievement", "ViewContent",
    }
)  # fmt: skip

MAX_CUSTOM_NAME = 50
_CUSTOM = re.compile(r"[A-Za-z](?:[A-Za-z0-9_\- ]*[A-Za-z0-9_\-])?")


class Kind(StrEnum):
    """What TikTok makes of an event name."""

    STANDARD = "standard"
    RENAMED = "renamed"
    RETIRING = "retiring"
    RESERVED = "reserved"
    CUSTOM = "custom"
    INVALID = "invalid"  #: Neither known nor a name a custom event may have.


@lru_cache(maxsize=4_096)
def kind_of(name: str, source: str) -> Kind:
    """Return what an event name is for an event source (`web`, `app`, `offline` or `crm`)."""
    if source == "app":
        return Kind.STANDARD if name in APP_STANDARD else _custom(name)
    if name in WEB_STANDARD or name == PAGE_VIEW:
        return Kind.STANDARD
    if name in RENAMED:
        return Kind.RENAMED
    if name in RETIRING:
        return Kind.RETIRING
    if name in RESERVED:
        return Kind.RESERVED
    return Kind.CUSTOM if source == "crm" and _may_be_foreign(name) else _custom(name)


def _may_be_foreign(name: str) -> bool:
    """Return whether a CRM set takes a name, which may be in another language (tiktok.md 5.7)."""
    if len(name) > MAX_CUSTOM_NAME or not name[:1].isalpha() or name.endswith(" "):
        return False
    return all(char in "_- " or char.isalnum() or combining(char) or category(char) in {"Mc", "Mn"} for char in name)


def _custom(name: str) -> Kind:
    fits = len(name) <= MAX_CUSTOM_NAME and _CUSTOM.fullmatch(name)
    return Kind.CUSTOM if fits else Kind.INVALID


@lru_cache(maxsize=4_096)
def canonical(name: str, source: str) -> str:
    """Return the name under which reports show an event: renamed and reserved names become the current one."""
    if source == "app":
        return name
    return RENAMED.get(name) or RESERVED.get(name, name)
