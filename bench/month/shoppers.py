"""
The buyers of a month, drawn from a seed: the truth that everything else is measured by.

Nothing here knows what any set-up makes of them.
"""

import random
import string
from collections.abc import Iterator
from enum import StrEnum

from msgspec import Struct

from month import assumptions as assumed
from month.assumptions import HOUR_SECONDS, Platform

_ALNUM = string.ascii_uppercase + string.digits
FIRST_ORDER = 5_100_000_000


class Browser(StrEnum):
    """What stands between a buyer's pages and those who would report them."""

    OPEN = "open"
    STOPS_SCRIPT = "blocker"  #: an ad blocker that knows TikTok's script
    STOPS_ALL = "blocker of everything"  #: one that knows the shop's gateway and consent banner as well
    PRIVATE = "privacy browser"  #: stops TikTok's script, and nothing of the shop's own
    PAGE_LOST = "page never shown"  #: the buyer paid and left
    SCRIPT_FAILED = "script failed"  #: TikTok's script alone did not load


class Webhook(StrEnum):
    """What becomes of the shop's message to its server."""

    ON_TIME = "on time"
    LATE = "late"  #: later than TikTok's 48 hours
    LOST = "lost"


class Shopper(Struct, frozen=True, kw_only=True):
    """One purchase and who made it; times in seconds since the month began, money in the currency's minor unit."""

    n: int
    country: str
    platform: Platform
    browser: Browser
    looks_sent: bool  #: a blocker lets TikTok's request begin and then drops it
    att_refused: bool
    answer: bool | None  #: to the banner; None: none was given
    visit_at: float
    ordered_at: float
    webhook: Webhook
    webhook_seconds: float  #: from the order on
    minor: int
    page_minor: int  #: what the thank-you page states
    token: str  #: nobody else has it: visitor, checkout, click and browser id are made of it
    phone: str
    address: str

    @property
    def order_id(self) -> str:
        """The shop's number of the order."""
        return str(FIRST_ORDER + self.n)

    @property
    def email(self) -> str:
        """What was typed at the checkout."""
        return f"buyer.{self.token.lower()}@meadow.example"

    @property
    def visitor_id(self) -> str:
        """The token of the visit that the shop's own tag drew."""
        return f"v-{self.token}"

    @property
    def checkout_token(self) -> str:
        """The token that checkout page and order share."""
        return f"c-{self.token}"

    @property
    def ttclid(self) -> str:
        """The click on the ad."""
        return f"E.C.P.{self.token}"

    @property
    def ttp(self) -> str:
        """TikTok's id of the browser."""
        return f"{self.token:0>26}_.tt.1"

    @property
    def currency(self) -> str:
        """ISO 4217."""
        return assumed.BY_CODE[self.country].currency

    @property
    def decimals(self) -> int:
        """Digits of the currency's minor unit."""
        return assumed.BY_CODE[self.country].decimals

    @property
    def permitted(self) -> bool:
        """Whether anybody may report the purchase to TikTok: silence is permission where the law does not ask first."""
        return self.answer is True or (self.answer is None and not assumed.PLACES[self.country].asks_first)

    @property
    def euros(self) -> float:
        """What was paid, for sums."""
        return self.major(self.minor) * assumed.EUROS[self.currency]

    def major(self, minor: int) -> float:
        """Return an amount in whole units of the currency."""
        return minor / 10.0**self.decimals


def shoppers(seed: int, conversions: int) -> Iterator[Shopper]:
    """Draw the buyers of a month in the order of their orders; the same seed gives the same month."""
    rng = random.Random(seed)
    latest = assumed.DAYS * 24 * HOUR_SECONDS
    moments = sorted(rng.uniform(HOUR_SECONDS, latest) for _ in range(conversions))
    for n, moment in enumerate(moments):
        yield _shopper(rng, n, moment)


def _shopper(rng: random.Random, n: int, ordered_at: float) -> Shopper:
    country = rng.choices(list(assumed.PLACES), [place.weight for place in assumed.PLACES.values()])[0]
    platform = rng.choices(list(assumed.PLATFORMS), list(assumed.PLATFORMS.values()))[0]
    browser = _browser(rng, platform)
    webhook, seconds = _webhook(rng)
    minor = max(1, round(rng.lognormvariate(0, 0.6) * _usual_minor(country)))
    differs = rng.random() < assumed.PAGE_VALUE_DIFFERS
    return Shopper(
        n=n,
        country=country,
        platform=platform,
        browser=browser,
        looks_sent=browser is Browser.STOPS_SCRIPT and rng.random() < assumed.LOOKS_SENT,
        att_refused=platform is Platform.IOS and rng.random() < assumed.ATT_REFUSED,
        answer=_answer(rng, country, browser),
        visit_at=ordered_at - rng.uniform(180, 2_400),
        ordered_at=ordered_at,
        webhook=webhook,
        webhook_seconds=seconds,
        minor=minor,
        page_minor=round(minor * (1 - rng.uniform(*assumed.LEFT_OUT))) if differs else minor,
        token="".join(rng.choices(_ALNUM, k=20)),
        phone=_phone(rng, country),
        address=f"2001:db8:{rng.randrange(0x1_0000):x}:{rng.randrange(0x1_0000):x}::{n % 9 + 1}",
    )


def _browser(rng: random.Random, platform: Platform) -> Browser:
    blockers, private = assumed.BLOCKERS[platform], assumed.PRIVATE[platform]
    shares = {
        Browser.STOPS_ALL: blockers * assumed.HIDES_ALL,
        Browser.STOPS_SCRIPT: blockers * (1 - assumed.HIDES_ALL),
        Browser.PRIVATE: private,
        Browser.PAGE_LOST: assumed.FAILURES * assumed.PAGE_LOST,
        Browser.SCRIPT_FAILED: assumed.FAILURES * (1 - assumed.PAGE_LOST),
    }
    shares[Browser.OPEN] = 1 - sum(shares.values())
    return rng.choices(list(shares), list(shares.values()))[0]


def _answer(rng: random.Random, country: str, browser: Browser) -> bool | None:
    """Draw what a buyer says to the banner: nothing where it was stopped, and mostly nothing where it need not ask."""
    place, drawn = assumed.PLACES[country], rng.random()
    if browser is Browser.STOPS_ALL:
        return None
    if drawn < place.refuses:
        return False
    return True if place.asks_first and drawn < 1 - assumed.UNANSWERED else None


def _webhook(rng: random.Random) -> tuple[Webhook, float]:
    drawn = rng.random()
    if drawn < assumed.WEBHOOKS_LOST:
        return Webhook.LOST, 0.0
    if drawn < assumed.WEBHOOKS_LOST + assumed.WEBHOOKS_LATE:
        return Webhook.LATE, rng.uniform(*assumed.LATE_HOURS) * HOUR_SECONDS
    return Webhook.ON_TIME, min(rng.lognormvariate(1.5, 1.2), 1_800.0)


def _usual_minor(country: str) -> float:
    """Return what orders come to in most cases, about 50 euros, in the minor unit of a country's currency."""
    there = assumed.BY_CODE[country]
    return float(50 / assumed.EUROS[there.currency] * 10**there.decimals)


def _phone(rng: random.Random, country: str) -> str:
    there = assumed.BY_CODE[country]
    rest = "".join(rng.choices(string.digits, k=there.digits - len(there.mobile)))
    return f"+{there.dial}{there.mobile}{rest}"
