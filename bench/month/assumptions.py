"""What the simulated month assumes: who comes to the shop, and what gets lost on the way."""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

from twinbeam.demo.countries import COUNTRIES, Country

START_S = 1_803_859_200  #: when the month begins: 2027-03-01, 0:00 UTC
DAYS = 30
HOUR_SECONDS = 3_600
#: How late a late webhook is, in hours: behind TikTok's 48 hours, and before its 7 days are over (tiktok.md 2.8, 7.1).
LATE_HOURS = (49.0, 120.0)
#: What a page leaves out that states another value than the shop, such as shipping: a part of the order.
LEFT_OUT = (0.03, 0.10)
#: Where a blocker lets a request begin and then drops it, it looks sent: a part of those that stop TikTok's alone.
LOOKS_SENT = 0.05
#: Buyers whose banner is there and who never answer it, of those who do not refuse.
UNANSWERED = 0.05


class Platform(StrEnum):
    """What a buyer holds in the hand."""

    IOS = "iOS"
    ANDROID = "Android"
    DESKTOP = "desktop"


class Place(Struct, frozen=True):
    """A country of the shop's buyers."""

    weight: int  #: of 100 buyers
    in_eu: bool
    asks_first: bool  #: without an answer nothing may be sent
    refuses: float  #: the part of its buyers that says no to the banner


class Range(Struct, frozen=True):
    """A share that the month keeps to, and where the figure is from."""

    what: str
    low: float
    high: float
    source: str


#: The part of the buyers of a platform who use it, have it, or meet it.
PLATFORMS: Mapping[Platform, float] = {Platform.IOS: 0.40, Platform.ANDROID: 0.38, Platform.DESKTOP: 0.22}
BLOCKERS: Mapping[Platform, float] = {Platform.IOS: 0.17, Platform.ANDROID: 0.22, Platform.DESKTOP: 0.30}
HIDES_ALL = 0.5  #: of the blockers: they stop the shop's gateway and its consent banner as well
PRIVATE: Mapping[Platform, float] = {Platform.IOS: 0.06, Platform.ANDROID: 0.07, Platform.DESKTOP: 0.10}
ATT_REFUSED = 0.45  #: of the iPhones
FAILURES = 0.035  #: half of them the thank-you page, half TikTok's script alone
PAGE_LOST = 0.5
WEBHOOKS_LOST = 0.01
WEBHOOKS_LATE = 0.01
PAGE_VALUE_DIFFERS = 0.04

PLACES: Mapping[str, Place] = {
    "DE": Place(22, in_eu=True, asks_first=True, refuses=0.45),
    "AT": Place(5, in_eu=True, asks_first=True, refuses=0.38),
    "FR": Place(14, in_eu=True, asks_first=True, refuses=0.33),
    "SE": Place(6, in_eu=True, asks_first=True, refuses=0.26),
    "GB": Place(10, in_eu=False, asks_first=True, refuses=0.30),
    "CH": Place(3, in_eu=False, asks_first=True, refuses=0.30),
    "BR": Place(4, in_eu=False, asks_first=True, refuses=0.20),
    "JP": Place(4, in_eu=False, asks_first=True, refuses=0.20),
    "US": Place(32, in_eu=False, asks_first=False, refuses=0.08),
}
BY_CODE: Mapping[str, Country] = {country.code: country for country in COUNTRIES}
#: For sums of money only, which the report gives in euros: what one unit is worth in it, rounded.
EUROS: Mapping[str, float] = {
    "EUR": 1.0,
    "SEK": 0.09,
    "GBP": 1.15,
    "CHF": 1.05,
    "BRL": 0.16,
    "JPY": 0.006,
    "USD": 0.90,
}

_OWN = "no public count known; assumed"
RANGES: tuple[Range, ...] = (
    Range(
        "ad blockers, of all buyers",
        0.15,
        0.30,
        "[18.5 % of internet users](https://adsheads.com/blog/ad-block-rises-27-04-2020-20-10-36/) by Blockthrough and "
        "PageFair, [30 % of one agency's desktop traffic](https://rye.agency/blog/the-problem-with-ios-9-content-blockers)",
    ),
    Range("of them, those that stop gateway and banner too", 0.45, 0.55, _OWN),
    Range(
        "privacy browsers, of all buyers",
        0.05,
        0.10,
        "[Firefox 6.7 % of desktops and 3.2 % of phones, Brave 1.2 and 0.8 %]"
        "(https://www.aversusb.net/browser-comparison-2026) by StatCounter; not all of them stop TikTok's script",
    ),
    Range(
        "tracking refused, of iPhones",
        0.42,
        0.48,
        "a low one: [54 % of those who are asked](https://www.marketingcharts.com/customer-centric/"
        "privacy-and-security-225814) by AppsFlyer",
    ),
    Range(
        "consent refused, in the EU",
        0.20,
        0.50,
        "[21 studies](https://ignite.video/en/articles/basics/cookie-consent-studies): below 10 % where refusing is "
        "hidden, 50 % and more where it is as easy as accepting",
    ),
    Range("thank-you page never shown, or TikTok's script failed", 0.02, 0.05, _OWN),
    Range(
        "webhooks lost, or later than 48 hours",
        0.01,
        0.03,
        "assumed; that they are not guaranteed [Shopify says itself]"
        "(https://learn.mechanic.dev/core/shopify/events/reconciling-missing-events)",
    ),
    Range("pages that state another value than the shop", 0.03, 0.05, _OWN),
)
"""What a month of 20,000 conversions is tested to keep to."""
