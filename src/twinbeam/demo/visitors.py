"""
Who comes to the shop, and how they type: identifiers as a checkout form and a database really hold them.

Each visitor has one clean identity and two spellings of it, one per channel, which must hash to the same values.
Names have at least 8 letters and phones at least 9 digits, so that a find on disk is never an accident.
"""

import random
import string

from msgspec import Struct

from twinbeam.demo.countries import COUNTRIES, Country

_HEADS = ("Grün", "Björn", "Özker", "Kelm", "Thal", "Vest", "Éloi", "Ramm", "Señor", "Wolf", "Zwirn", "Çelik")
_MIDDLES = ("wal", "dor", "hild", "ster", "mun", "lich", "ber", "kvist")
_TAILS = ("dine", "garth", "hoven", "linde", "møller", "quist", "stroem", "wardt")
_DOMAINS = ("kestrel", "lantern", "harbour", "meadow", "quarry")
_BROWSERS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 Version/18.6 Safari/604.1",
    "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0",
)
_ALNUM = string.ascii_uppercase + string.digits


class Typed(Struct, frozen=True):
    """One spelling of a visitor's identifiers, as it stands in one channel's copy."""

    email: str
    phone: str
    first_name: str
    last_name: str


class Visitor(Struct, frozen=True):
    """A person with one identity, and a spelling of it per channel."""

    visitor_id: str
    consented: bool  #: False for those who refuse whatever they are asked: nothing of theirs may ever leave
    country: Country
    email: str  #: clean: what every spelling must come to
    phone: str  #: clean: E.164
    external_id: str
    ttclid: str
    ttp: str
    ip: str
    user_agent: str
    in_browser: Typed
    on_server: Typed


def letters(rng: random.Random, count: int) -> str:
    """Draw upper-case letters and digits, the alphabet of the demo's ids."""
    return "".join(rng.choices(_ALNUM, k=count))


def draw_visitor(rng: random.Random, *, consented: bool) -> Visitor:
    """Draw one visitor; the same rng state gives the same person."""
    country = rng.choice(COUNTRIES)
    national = country.mobile + "".join(rng.choices(string.digits, k=country.digits - len(country.mobile)))
    handle = letters(rng, 10).lower()
    email = f"{handle}.{letters(rng, 4).lower()}@{rng.choice(_DOMAINS)}.example"
    names = (_name(rng), _name(rng))
    return Visitor(
        visitor_id=f"v-{letters(rng, 10).lower()}",
        consented=consented,
        country=country,
        email=email,
        phone=f"+{country.dial}{national}",
        external_id=f"customer-{letters(rng, 10).lower()}",
        ttclid=f"E.C.P.{letters(rng, 40)}",
        ttp=letters(rng, 27),
        ip=_address(rng),
        user_agent=rng.choice(_BROWSERS),
        in_browser=_spell(rng, email, national, country, names),
        on_server=_spell(rng, email, national, country, names),
    )


def _name(rng: random.Random) -> str:
    return rng.choice(_HEADS) + rng.choice(_MIDDLES) + rng.choice(_TAILS)


def _address(rng: random.Random) -> str:
    """Draw from the ranges set aside for documentation, so that no real host is ever named."""
    if rng.random() < 0.2:
        return f"2001:db8:{rng.randrange(1, 0xFFFF):x}:{rng.randrange(1, 0xFFFF):x}::1"  # a network of its own
    return f"{rng.choice(('192.0.2', '198.51.100', '203.0.113'))}.{rng.randrange(1, 255)}"


def _spell(rng: random.Random, email: str, national: str, country: Country, names: tuple[str, str]) -> Typed:
    first, last = names
    return Typed(
        email=_spell_words(rng, email),
        phone=_spell_phone(rng, national, country),
        first_name=_spell_words(rng, first),
        last_name=_spell_words(rng, last),
    )


def _spell_words(rng: random.Random, text: str) -> str:
    """Return a text as people and form fillers leave it: other cases, stray blanks around."""
    return rng.choice((text, text.lower(), text.upper(), f" {text} ", f"{text.upper()}\t", f"  {text.title()}"))


def _spell_phone(rng: random.Random, national: str, country: Country) -> str:
    """Return one of the ways a number is written at home or abroad; each must parse with the visitor's country."""
    mark = rng.choice((" ", "-", ".", ""))
    split = mark.join((national[:3], national[3:6], national[6:]))
    ways = [f"+{country.dial}{national}", f"+{country.dial} {split}", f" +{country.dial}-{split} "]
    if country.exit:
        ways.append(f"{country.exit}{country.dial} {split}")
    if len(country.trunk + national) >= 10:
        ways += [f"{country.trunk}{split}", f"({country.trunk}{national[:3]}) {national[3:]}"]
    if country.trunk:
        ways.append(f"+{country.dial} ({country.trunk}){split}")
    return rng.choice(ways)
