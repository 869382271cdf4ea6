"""
Names of pixels by a pattern: brand, domain, market and environment, with underscores between. Pure.

    acme_shop.de_DE_production
"""

import re

from twinbeam.core.accounts import PixelProfile

PATTERN = "brand_domain_market_environment"
ENVIRONMENTS = ("production", "staging")
_DOMAIN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")
_MARKET = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")
MOST_CHARS = 40  #: of a pixel's name at TikTok, when the API makes it (tiktok.md 12.2)


def offered(profile: PixelProfile, environment: str) -> str:
    """Return the name that a pixel would have by the pattern; "" while a part of it is not known."""
    if not (profile.brand and profile.domain and profile.market):
        return ""
    return "_".join((_brand(profile.brand), profile.domain, profile.market, environment))


def why_not(name: str, profile: PixelProfile, environment: str) -> str:
    """Return in what a name leaves the pattern, or differs from what is said of the pixel; "" where it follows it."""
    parts = name.split("_")
    if len(parts) != 4:
        return f"The name does not follow the naming pattern, which has four parts: {PATTERN}."
    brand, domain, market, its = parts
    if not brand or not _DOMAIN.fullmatch(domain):
        return f"The second part is to be a domain, such as shop.de: {PATTERN}."
    if not _MARKET.fullmatch(market):
        return f"The third part is to be a market, such as DE: {PATTERN}."
    if its not in ENVIRONMENTS:
        return "The last part is to be production or staging."
    return _difference(parts, profile, environment)


def _difference(parts: list[str], profile: PixelProfile, environment: str) -> str:
    said = (_brand(profile.brand), profile.domain, profile.market, environment)
    words = ("brand", "domain", "market", "environment")
    for word, part, other in zip(words, parts, said, strict=True):
        if other and part != other:
            return f"The name says {word} {part}, and the pixel's profile {other}."
    return ""


def _brand(brand: str) -> str:
    return re.sub(r"[\s_]+", "-", brand.strip())
